"""`python -m bot VERB`: the command line and its exit codes.

0 fine, 1 mistakes found, 2 wrong usage, 130 Ctrl-C. Every verb imports what it needs when it runs: --help and `health`
answer at once.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TextIO, TypeVar

import click

from bot import __version__
from bot.errors import BotError, ConfigError, LexiconError, Mistake

if TYPE_CHECKING:
    from bot.analyse import Analyse
    from bot.config import Settings

T = TypeVar("T")

FINE: Final = 0
MISTAKES: Final = 1
INTERRUPTED: Final = 130

log = logging.getLogger(__name__)


class Verbs(click.Group):
    """The verbs' common end: our own errors become a list on stderr, Ctrl-C an exit code; neither a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            count, where = len(error.mistakes), "lexicons" if isinstance(error, LexiconError) else "settings"
            click.echo(f"{count} mistake{'s' if count > 1 else ''} in the {where}:", err=True)
            for mistake in error.mistakes:
                click.echo(f"  {mistake}", err=True)
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
    settings = _settings()
    from bot import app
    from bot.config import load_settings

    # The settings file is followed while the bot runs. The lexicons are not: the names are those of its start.
    reread = partial(load_settings, os.environ, **_names()[0])
    _finish(_leaving(app.run(settings, reread=reread)))


@cli.command()
def demo() -> None:
    """Show alerts from sample feeds, with no network and no settings."""
    from bot import app
    from bot.log import setup_logging

    setup_logging()
    _finish(app.demo())


@cli.command()
def once() -> None:
    """Poll every feed once, post what is owed, and exit: for cron."""
    settings = _settings()
    from bot import app

    if _finish(app.once(settings)):
        sys.exit(MISTAKES)


@cli.command()
def check() -> None:
    """Check settings and lexicons, and reach every feed."""
    settings = _settings()
    from bot import app

    if _finish(app.check(settings)):
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
def feed() -> None:
    """Look at the feeds."""


@feed.command("list")
@click.argument("words", nargs=-1)
@click.option("--state", type=click.Choice(["failing", "gone", "new", "ok"]), help="Only feeds in this state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and feed, with every figure.")
def list_feeds(words: tuple[str, ...], *, state: str | None, as_json: bool) -> None:
    """Tell how each feed fares, the ailing first.

    WORDS: only feeds whose name, publisher or host holds them all.
    """
    from bot.config import load_database_url, passwords
    from bot.log import setup_logging

    url = load_database_url(os.environ)
    setup_logging("WARNING", passwords(url))
    from bot import app
    from bot.listing import show_json, show_table
    from bot.service.conditions import Condition, chosen

    known = _finish(app.feeds(url))
    found = chosen(known, words=" ".join(words), condition_=Condition(state) if state else None)
    if as_json:
        show_json(found, sys.stdout)
    else:
        show_table(found, sys.stdout, now=datetime.now(UTC))


@feed.command()
@click.argument("name")
def revive(name: str) -> None:
    """Have a feed that is gone for good (410) asked again at once."""
    from bot.config import load_database_url, passwords
    from bot.log import setup_logging

    url = load_database_url(os.environ)
    setup_logging("WARNING", passwords(url))
    from bot import app

    if not _finish(app.revive(url, name)):
        click.echo(f'no feed called "{name}" is gone for good; `feed list --state gone` tells which are', err=True)
        sys.exit(MISTAKES)
    click.echo(f"{name}: asked again within seconds of the bot's next look")


@cli.group()
def opml() -> None:
    """Exchange the feeds of feeds.toml with feed readers."""


@opml.command("import")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Show what would be added, and change nothing.")
@click.option("--skip-bad", is_flag=True, help="Add the good feeds though the file has mistakes.")
def import_feeds(file: str, *, dry_run: bool, skip_bad: bool) -> None:
    """Add the feeds of an OPML file to feeds.toml, below the last feed; what stands there already is left alone."""
    from bot.config import load_feeds
    from bot.exchange import take_in, write
    from bot.settings.opml import LARGEST

    before = load_feeds(os.environ)
    with click.open_file(file, "rb") as stream:
        body = stream.read(LARGEST + 1)
    merged, mistakes = take_in(before, body, source=Path(file).name)
    if mistakes and not skip_bad:
        raise ConfigError(mistakes)
    for line in [*map(str, mistakes), *merged.notes]:
        click.echo(line, err=True)
    if dry_run:
        click.echo(merged.block)
    elif merged.added:
        write(before, merged)
    feeds = "1 feed" if merged.added == 1 else f"{merged.added} feeds"
    click.echo(f"{before.path.name}: {feeds} {'would be added' if dry_run else 'added'}", err=dry_run)


@opml.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-", metavar="[FILE|-]")
def export_feeds(file: TextIO) -> None:
    """Write the feeds of feeds.toml as OPML 2.0."""
    from bot.config import load_feeds
    from bot.settings.opml import write_opml

    file.write(write_opml(load_feeds(os.environ).feeds, now=datetime.now(UTC)))


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

    applied = _finish(upgrade_database(url.reveal()))
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
    from bot.lexicons import lexicon_with, own_files

    try:
        lexicon = lexicon_with(own_files(load_lexicons(os.environ)))
    except LexiconError as error:
        return {}, error.mistakes
    except ConfigError:
        return {}, ()  # the settings tell of it themselves
    default = [id_ for id_, topic in lexicon.topics.items() if not topic.optional]
    return {"topics": lexicon.topics, "conflicts": lexicon.conflicts, "default_topics": default}, ()


async def _leaving(work: Coroutine[Any, Any, None]) -> None:
    """End the process once the bot has closed everything: a hanging name look-up is a thread that nobody can cancel."""
    await work
    logging.shutdown()
    sys.stdout.flush()
    os._exit(FINE)


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. An unexpected fault is told by the log, which masks secrets, not by Python's own printer."""
    try:
        return asyncio.run(work)
    except (BotError, BrokenPipeError):
        raise
    except Exception:
        log.critical("unexpected fault", exc_info=True)
        sys.exit(MISTAKES)


if __name__ == "__main__":
    cli(prog_name="python -m bot")
