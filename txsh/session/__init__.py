"""Runs a plan on a backend and returns a trace."""
