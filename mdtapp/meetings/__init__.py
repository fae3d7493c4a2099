"""The board as an event: agenda, attendance, quorum, decision, dissent."""
