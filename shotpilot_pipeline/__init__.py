"""shotpilot: YAML shot lists in, pictures out; planned, priced, rehearsed for nothing, paid once."""

__version__ = "0.1.0"
