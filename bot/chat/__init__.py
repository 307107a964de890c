"""EDGE: the platforms people read alerts on."""
