"""Carries out a plan: when each task may start (pure), one roll, the run on this machine. Never prints."""
