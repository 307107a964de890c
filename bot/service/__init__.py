"""USE CASES: async; they know Protocols, no outside library."""
