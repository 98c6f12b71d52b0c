"""Recorded QMP schemas and the visitor that checks arguments by them."""
