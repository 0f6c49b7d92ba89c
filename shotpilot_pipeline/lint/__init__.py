"""The linter: what usually goes wrong in a shot list, told before it costs anything. Pure: values in, problems out."""
