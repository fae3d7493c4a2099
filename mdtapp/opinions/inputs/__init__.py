"""One discipline's own judgement on a case, signed by its author."""
