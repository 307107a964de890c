"""Which chat platforms are connected."""

from bot.config import Settings
from bot.domain.subscription import Platform
from bot.service.catalog import Catalog
from bot.service.ports import Messenger


def wanted_messengers(settings: Settings, catalog: Catalog) -> list[Messenger]:
    """The platforms that are wanted; a chat library is imported only where its token is set (each takes a second)."""
    wanted: list[Messenger] = []
    if any(s.channel.platform is Platform.CONSOLE for s in settings.subscriptions):
        wanted.append(console_messenger())
    if settings.discord_token is not None:
        from bot.chat.discord import DiscordMessenger

        wanted.append(DiscordMessenger(settings.discord_token.reveal(), catalog=catalog, api=settings.discord_api))
    if settings.slack_bot_token is not None and settings.slack_app_token is not None:
        from bot.chat.slack import SlackMessenger

        secret = settings.slack_signing_secret
        wanted.append(
            SlackMessenger(
                settings.slack_bot_token.reveal(),
                settings.slack_app_token.reveal(),
                catalog=catalog,
                signing_secret=secret.reveal() if secret is not None else None,
                api=settings.slack_api,
            )
        )
    return wanted


def console_messenger() -> Messenger:
    """The terminal."""
    from bot.chat.console import ConsoleMessenger

    return ConsoleMessenger()
