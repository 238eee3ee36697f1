"""Consents: what events say about consent, proven in the ledger and on the suppression list."""
