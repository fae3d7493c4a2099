"""Who uses the system, with which role and disciplines."""
