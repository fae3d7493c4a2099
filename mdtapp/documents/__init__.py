"""How a frozen opinion becomes paper."""
