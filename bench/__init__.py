"""Measurements that print figures and judge nothing. `scripts/bench` runs them all."""
