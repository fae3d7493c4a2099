"""The event log: append-only, hash-chained, written in the change's own transaction."""
