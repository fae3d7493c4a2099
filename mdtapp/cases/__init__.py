"""A case is one referral of one condition of one patient to this centre."""
