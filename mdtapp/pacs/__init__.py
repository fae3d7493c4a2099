"""The hospital's PACS: which there are, fetching studies from one, sending documents to one."""
