"""The lying queue: faults of the service and of the network, as a plan says. Does not know the client under trial."""
