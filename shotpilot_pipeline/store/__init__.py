"""The bought bytes by their hash, the records beside them, and the names people see."""
