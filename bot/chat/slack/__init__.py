"""EDGE: Slack, through slack-bolt."""

from bot.chat.slack.client import SlackMessenger

__all__ = ["SlackMessenger"]
