"""Records that arrive for a case: received durably, recognised, filed by a person's decision."""
