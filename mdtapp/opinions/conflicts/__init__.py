"""Rules that name contradictions between inputs. Pure Python."""
