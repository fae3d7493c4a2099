"""How separate inputs become one signed opinion."""
