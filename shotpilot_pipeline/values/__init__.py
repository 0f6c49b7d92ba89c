"""The values that flow through the trip: frozen, comparable, without any I/O."""
