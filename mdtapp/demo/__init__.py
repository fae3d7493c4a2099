"""Invented patients only; nothing but the command line imports this package."""
