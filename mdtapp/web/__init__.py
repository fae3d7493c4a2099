"""The plumbing every view shares: guards, transactions, errors, language."""
