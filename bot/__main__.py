"""`python -m bot VERB`: the command line and its exit codes.

0 fine, 1 mistakes found, 2 wrong usage, 130 Ctrl-C. Every verb imports what it needs when it runs: --help and `health`
answer at once.
"""

import gc
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from bot import __version__
from bot.errors import BotError, ConfigError, LexiconError, Mistake
from bot.feedverbs import feed, opml
from bot.finish import FINE, INTERRUPTED, MISTAKES, finish, tell_mistakes

if TYPE_CHECKING:
    from bot.analyse import Analyse
    from bot.config import Settings


class Verbs(click.Group):
    """The verbs' common end: our own errors become a list on stderr, Ctrl-C an exit code; neither a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            tell_mistakes(error)
            sys.exit(MISTAKES)
        except BotError as error:
            click.echo(f"parley: {error}", err=True)
            sys.exit(MISTAKES)
        except BrokenPipeError:
            # The reader has had enough (head): end without a word, also from the interpreter's last flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(FINE)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="parley")
def cli() -> None:
    """Parley watches news feeds and tells who said what about a ceasefire or a territory.

    Settings are read from feeds.toml and from PARLEY_* variables; see README.md.
    """


@cli.command()
def run() -> None:
    """Poll the feeds, post alerts and answer, until stopped."""
    # Until the bot listens for it, a request to reload would end it; it begins by reading its settings anyway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    gc.disable()  # until all is built (see app): it stays, and to look through it again and again is a sixth of a start
    settings = _settings()
    from bot import app
    from bot.config import load_settings

    # The settings file is followed while the bot runs. The lexicons are not: the names are those of its start.
    reread = partial(load_settings, os.environ, **_names()[0])
    finish(_leaving(app.run(settings, reread=reread)))


@cli.command()
def demo() -> None:
    """Show alerts from sample feeds, with no network and no settings."""
    from bot import app
    from bot.log import setup_logging

    setup_logging()
    finish(app.demo())


@cli.command()
def once() -> None:
    """Poll every feed once, post what is owed, and exit: for cron."""
    gc.disable()  # as in run()
    settings = _settings()
    from bot import app

    if finish(app.once(settings)):
        sys.exit(MISTAKES)


def _address(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    from bot.settings import values
    from bot.settings.words import shown

    if value is None:
        return None
    try:
        return values.address(value)
    except values.WrongError as error:
        raise click.BadParameter(f"{shown(value)} {error.what} ({error.mend})", ctx, param) from None


@cli.command()
@click.argument("address", required=False, callback=_address)
def check(address: str | None) -> None:
    """Check settings and lexicons, and reach every feed.

    ADDRESS: try that one alone as if it stood in feeds.toml, and tell what it holds.
    """
    settings = _settings()
    if address is not None:
        from bot.tryout import try_out

        failed = not finish(try_out(settings, address))
    else:
        from bot.check import check as check_all

        failed = bool(finish(check_all(settings)))
    if failed:
        sys.exit(MISTAKES)


@cli.command()
@click.argument("file", type=click.File("rb"), default="-", metavar="[FILE|-]")
@click.option("--explain", is_flag=True, help="Show one article (a JSON line or plain text) marked, with the reasons.")
@click.option(
    "--lexicons",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The folder of your own lexicon files. If left out, the one that `run` reads.",
)
def analyse(file: BinaryIO, *, explain: bool, lexicons: Path | None) -> None:
    """Judge articles: JSON lines in, JSON lines out.

    A line in: {"id": …, "title": …, "text": …, "lang"?, "published"?, "source"?}. A line out, in the same order: the
    topics the article is flagged for, its statements, and the reasons; or an "error".
    """
    from bot.analyse import answers, dumped
    from bot.config import load_lexicons
    from bot.lexicons import default_engine, own_files

    engine = default_engine(own_files(lexicons or load_lexicons(os.environ)))
    if explain:
        _explain(file, engine.analyse)
        return
    out = sys.stdout.buffer
    if file.isatty():
        click.echo('waiting for articles, one {"id", "title", "text"} a line; Ctrl-D ends', err=True)
    bad = False
    for answer in answers(file, engine.analyse):
        out.write(dumped(answer))
        out.flush()
        bad = bad or "error" in answer
    if bad:
        sys.exit(MISTAKES)


def _explain(file: BinaryIO, read: "Analyse") -> None:
    from bot.analyse import LONGEST, BadLineError, article
    from bot.explain import show

    try:
        document = article(file.read(LONGEST))
    except BadLineError as error:
        raise click.ClickException(str(error)) from None
    show(document, read(document), sys.stdout)


@cli.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema (run and once do so by themselves)."""
    from bot.config import load_database_url, passwords
    from bot.log import setup_logging

    url = load_database_url(os.environ)
    setup_logging("WARNING", passwords(url))
    from bot.storage import upgrade as upgrade_database

    applied = finish(upgrade_database(url.reveal()))
    for revision in applied:
        click.echo(f"applied {revision}")
    if not applied:
        click.echo("up to date")


@cli.command()
def health() -> None:
    """Ask a running bot how it is: exit code 0 or 1, for Docker."""
    from bot.config import load_http
    from bot.probe import ask

    http = load_http(os.environ)
    if http is None:
        click.echo("PARLEY_HTTP is off: there is nobody to ask")
        sys.exit(MISTAKES)
    well, words = ask(*http)
    click.echo(words)
    if not well:
        sys.exit(MISTAKES)


def _settings() -> "Settings":
    """Settings checked against the lexicons' names, and the log set up. Raises ConfigError with every mistake."""
    from bot.config import load_settings
    from bot.log import setup_logging

    names, mistakes = _names()
    try:
        settings = load_settings(os.environ, **names)
    except ConfigError as error:
        raise ConfigError([*error.mistakes, *mistakes]) from None
    if mistakes:
        raise LexiconError(mistakes)
    setup_logging(settings.log_level, settings.secrets)
    return settings


def _names() -> tuple[dict[str, Any], Sequence[Mistake]]:
    """What settings may name, as load_settings() takes it, and the mistakes in the lexicons that say so."""
    from bot.config import load_lexicons
    from bot.lexicons import held_lexicon, own_files

    try:
        lexicon = held_lexicon(own_files(load_lexicons(os.environ)))
    except LexiconError as error:
        return {}, error.mistakes
    except ConfigError:
        return {}, ()  # the settings tell of it themselves
    names = {"topics": lexicon.topics, "conflicts": lexicon.conflicts, "default_topics": lexicon.default_topics}
    return names, ()


async def _leaving(work: Coroutine[Any, Any, None]) -> None:
    """End the process once the bot has closed everything: a hanging name look-up is a thread that nobody can cancel."""
    await work
    logging.shutdown()
    sys.stdout.flush()
    os._exit(FINE)


cli.add_command(feed)
cli.add_command(opml)


if __name__ == "__main__":
    cli(prog_name="python -m bot")
