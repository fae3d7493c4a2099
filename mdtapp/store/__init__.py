"""How state is kept: one database, one folder of content-addressed files."""
