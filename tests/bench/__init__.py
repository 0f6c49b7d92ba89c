"""The benchmarks behind docs/performance.md: `make bench`. Knows the command line, not what stands behind it."""
