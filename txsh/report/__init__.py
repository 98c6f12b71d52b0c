"""Renders traces and diagnostics; decides nothing."""
