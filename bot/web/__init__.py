"""EDGE: health and metrics over HTTP."""
