"""An outlet as of a moment -> the bytes of its feed: RSS 2.0, Atom or RDF (RSS 1.0)."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from bot.demo.script import Outlet, Sample, Version

ATOM = "http://www.w3.org/2005/Atom"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS1 = "http://purl.org/rss/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
ABOUT = "Made-up articles for Parley's demo. None of this is news."


@dataclass(frozen=True, slots=True)
class Shown:
    """One article as it stands in the feed now: title and body are HTML, `published` None for an undated one."""

    sample: Sample
    title: str
    body: str
    published: datetime | None
    updated: datetime


def render(outlet: Outlet, *, started: datetime, now: datetime) -> bytes:
    """The feed's bytes (UTF-8 XML), newest article first."""
    shown = sorted(_shown(outlet, started, now), key=lambda s: s.updated, reverse=True)
    draw = {"rss": _rss, "atom": _atom, "rdf": _rdf}[outlet.format]
    xml: bytes = ET.tostring(draw(outlet, shown), encoding="utf-8", xml_declaration=True)
    return xml


def _shown(outlet: Outlet, started: datetime, now: datetime) -> Iterator[Shown]:
    for sample in outlet.samples:
        version = sample.as_of(now - started)
        if version is not None:
            title, body = (version.title, version.text) if sample.raw else _as_html(version)
            published = started + sample.versions[0].at if sample.dated else None
            yield Shown(sample, title, body, published, started + version.at)


def _as_html(version: Version) -> tuple[str, str]:
    paragraphs = [" ".join(p.split()) for p in version.text.split("\n\n")]
    return html.escape(version.title, quote=False), "".join(f"<p>{html.escape(p, quote=False)}</p>" for p in paragraphs)


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _home(outlet: Outlet) -> str:
    return f"https://{outlet.slug}.example/"


def _rss(outlet: Outlet, shown: list[Shown]) -> ET.Element:
    root = ET.Element("rss", version="2.0")
    channel = _add(root, "channel")
    for tag, text in (
        ("title", outlet.name),
        ("link", _home(outlet)),
        ("description", ABOUT),
        ("language", outlet.language),
    ):
        _add(channel, tag, text)
    for s in shown:
        item = _add(channel, "item")
        _add(item, "title", s.title)
        _add(item, "link", s.sample.link)
        _add(item, "guid", s.sample.id, isPermaLink="false")
        if s.published:
            _add(item, "pubDate", format_datetime(s.published, usegmt=True))
        _add(item, "description", s.body)
    return root


def _atom(outlet: Outlet, shown: list[Shown]) -> ET.Element:
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": outlet.language})
    _add(root, "title", outlet.name)
    _add(root, "subtitle", ABOUT)
    _add(root, "id", f"tag:{outlet.slug}.example,2026:feed")
    _add(root, "link", href=_home(outlet))
    if shown:
        _add(root, "updated", shown[0].updated.isoformat())
    for s in shown:
        entry = _add(root, "entry")
        _add(entry, "title", s.title, type="html")
        _add(entry, "link", href=s.sample.link)
        _add(entry, "id", f"tag:{outlet.slug}.example,2026:{s.sample.id}")
        if s.published:
            _add(entry, "published", s.published.isoformat())
            _add(entry, "updated", s.updated.isoformat())
        _add(entry, "content", s.body, type="html")
    return root


def _rdf(outlet: Outlet, shown: list[Shown]) -> ET.Element:
    root = ET.Element("rdf:RDF", {"xmlns:rdf": RDF, "xmlns": RSS1, "xmlns:dc": DC})
    channel = _add(root, "channel", **{"rdf:about": _home(outlet)})
    _add(channel, "title", outlet.name)
    _add(channel, "link", _home(outlet))
    _add(channel, "description", ABOUT)
    _add(channel, "dc:language", outlet.language)
    sequence = _add(_add(channel, "items"), "rdf:Seq")
    for s in shown:
        _add(sequence, "rdf:li", **{"rdf:resource": s.sample.link})
    for s in shown:
        item = _add(root, "item", **{"rdf:about": s.sample.link})
        _add(item, "title", s.title)
        _add(item, "link", s.sample.link)
        _add(item, "description", s.body)
        if s.published:
            _add(item, "dc:date", s.published.isoformat())
    return root
