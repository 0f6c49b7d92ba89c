"""The language: YAML shot lists read, checked, expanded and compiled into tasks."""
