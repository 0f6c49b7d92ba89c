"""The ledger: every paid request, written down before it is sent, until its charge is known."""
