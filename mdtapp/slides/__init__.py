"""Slides in the browser: their tiles, and the regions people draw on them and cite."""
