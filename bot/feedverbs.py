"""The verbs about feeds: `feed list`, `feed revive`, `opml import`, `opml export`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from bot.errors import OpmlError
from bot.finish import MISTAKES, finish, tell_mistakes


@click.group()
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
    from bot import archive
    from bot.listing import show_json, show_table
    from bot.service.conditions import Condition, chosen

    known = finish(archive.feeds(url))
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
    from bot import archive

    if not finish(archive.revive(url, name)):
        click.echo(f'no feed called "{name}" is gone for good; `feed list --state gone` tells which are', err=True)
        sys.exit(MISTAKES)
    click.echo(f"{name}: asked again within seconds of the bot's next look")


@click.group()
def opml() -> None:
    """Exchange the feeds of feeds.toml with feed readers."""


@opml.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True), metavar="FILE")
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
    feeds = "1 feed" if merged.added == 1 else f"{merged.added} feeds"
    if mistakes and not skip_bad:
        tell_mistakes(OpmlError(mistakes))
        if merged.added:
            click.echo(f"{before.path.name}: nothing is added; --skip-bad leaves these out and adds {feeds}", err=True)
        sys.exit(MISTAKES)
    for line in [*map(str, mistakes), *merged.notes]:
        click.echo(line, err=True)
    if dry_run:
        click.echo(merged.block)
    elif merged.added:
        write(before, merged)
    click.echo(f"{before.path.name}: {feeds} {'would be added' if dry_run else 'added'}", err=dry_run)


@opml.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-", metavar="[FILE|-]")
def export_feeds(file: TextIO) -> None:
    """Write the feeds of feeds.toml as OPML 2.0."""
    from bot.config import load_feeds
    from bot.settings.opml import write_opml

    written = write_opml(load_feeds(os.environ).feeds, now=datetime.now(UTC))
    # Not before all is well: the file is emptied when it is first touched, and may be all that is left of the feeds.
    file.write(written)
