"""NOUNS: frozen dataclasses and the pure rules that belong to them."""
