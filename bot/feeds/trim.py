"""Leave known items out of a feed before the costly parser reads it.

feedparser is exact and slow, lxml fast and ignorant of feeds. So lxml finds the items, those whose bytes were seen at
the last poll are cut out, and feedparser reads what is left: ten times cheaper on an ordinary poll, with every field
of the remaining entries as if it had read the whole (tests/feeds/test_trim.py holds it to that).
"""

import hashlib
from dataclasses import dataclass

from lxml import etree

from bot.domain.pace import Said
from bot.errors import ParseError
from bot.feeds.said import said_in

# Far beyond any real feed (the largest known have some hundreds); it bounds memory, not the deadline.
MAX_ITEMS = 5_000


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A feed's document without its known items.

    `body` None: nothing was cut, the document stands as it came. `items` holds every item's digest, known or not;
    `said` is what the feed's head says.
    """

    body: bytes | None
    kept: int
    skipped: int
    items: frozenset[bytes]
    said: Said


def trim(document: bytes, known: frozenset[bytes]) -> Trimmed | None:
    """Cut known items out of a UTF-8 document.

    None: this document is not one to be cut (not well-formed, with a DOCTYPE, or of a shape where item and feed
    cannot be told apart), so read it whole. Raises ParseError where it declares entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None:
        if dtd.entities():  # type: ignore[union-attr]  # the stubs do not know it
            raise ParseError("the feed declares XML entities, which are refused")
        return None
    items = list(root.iter("{*}item", "{*}entry"))
    if not all(_is_home(parent, root) for parent in {item.getparent() for item in items}):
        return None
    return _cut(root, items, known)


def _is_home(parent: etree._Element | None, root: etree._Element) -> bool:
    """Whether items under `parent` sit where items belong: right under the root, or under a channel that does."""
    if parent is None or parent is root:
        return parent is root
    return parent.getparent() is root and etree.QName(parent).localname == "channel"


def _cut(root: etree._Element, items: list[etree._Element], known: frozenset[bytes]) -> Trimmed:
    said = said_in(root)
    digests: set[bytes] = set()
    contexts: dict[etree._Element, bytes] = {}
    kept = skipped = 0
    for n, item in enumerate(items):
        parent = item.getparent()
        assert parent is not None  # _is_home
        if n >= MAX_ITEMS:
            parent.remove(item)
            continue
        if parent not in contexts:
            contexts[parent] = _context(parent)
        digest = hashlib.blake2b(etree.tostring(item, with_tail=False), digest_size=8, key=contexts[parent]).digest()
        digests.add(digest)
        if digest in known:
            skipped += 1
            parent.remove(item)
        else:
            kept += 1
    cut = kept < len(items)
    body = etree.tostring(root, encoding="utf-8", xml_declaration=True) if cut and kept else None
    return Trimmed(body, kept, skipped, frozenset(digests), said)


def _context(parent: etree._Element) -> bytes:
    """What gives an item's bytes their meaning from outside: names and attributes (xml:base, xml:lang, version) above.

    Namespaces need no place here: lxml writes those in scope into the item's own bytes. Nor does the feed's address,
    against which relative links resolve: a feed that moves would else tell all its items again.
    """
    above = [(e.tag, sorted(e.attrib.items())) for e in (parent, *parent.iterancestors())]
    return hashlib.blake2b(repr(above).encode("utf-8", "surrogatepass"), digest_size=16).digest()
