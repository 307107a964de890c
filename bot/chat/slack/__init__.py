"""EDGE: Slack, through slack-bolt."""
