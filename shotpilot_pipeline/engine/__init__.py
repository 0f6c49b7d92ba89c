"""Carries out a plan: a pure schedule, one task, and the local run."""
