"""The merge desk: who is there, comments, where sentences come from, versions compared."""
