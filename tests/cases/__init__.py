"""Cases: a bad shot list, and word for word what `shotpilot check` says of it."""
