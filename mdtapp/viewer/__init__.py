"""OHIF as a part of this site: its prebuilt files, its page, and the links that open it at a place."""
