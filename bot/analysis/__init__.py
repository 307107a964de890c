"""RULES: pure reading of articles; no await, no clock, no files."""
