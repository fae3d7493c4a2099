"""How the opinion reaches its reader, and how we know it did."""
