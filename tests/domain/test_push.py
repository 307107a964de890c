import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.push import LEASE, LONGEST_LEASE, Offer, Signature, asked_again, granted, offer_of, renewal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HUB, OTHER = (
    Offer("https://hub.example/", "https://wire.example/rss"),
    Offer("https://other.example/", "https://b.example/"),
)


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [
        ("3600", timedelta(hours=1)),
        ("1", timedelta(seconds=1)),
        ("9999999999", LONGEST_LEASE),
        ("0", LEASE),
        (None, LEASE),
        ("", LEASE),
        ("-5", LEASE),
        ("1e9", LEASE),
        ("٣", LEASE),
        ("9" * 5_000, LEASE),
    ],
)
def test_the_lease_is_the_hubs_within_reason(seconds: str | None, lease: timedelta) -> None:
    assert granted(seconds) == lease


@given(st.timedeltas(min_value=timedelta(minutes=2), max_value=LONGEST_LEASE), st.floats(0, 0.999))
def test_a_lease_is_renewed_before_it_ends(lease: timedelta, jitter: float) -> None:
    assert lease * 0.56 < renewal(NOW, lease, jitter=jitter) - NOW < lease * 0.67


def test_a_hub_with_short_leases_is_not_asked_all_the_time() -> None:
    assert renewal(NOW, timedelta(seconds=1), jitter=0) == NOW + timedelta(minutes=1)


@given(st.integers(1, 10**9), st.floats(0, 0.999))
def test_a_hub_is_asked_again_within_a_day_and_a_tenth(tries: int, jitter: float) -> None:
    wait = asked_again(NOW, tries, jitter=jitter) - NOW
    assert timedelta(minutes=10) <= wait <= timedelta(hours=26.4)
    assert wait <= asked_again(NOW, tries + 1, jitter=jitter) - NOW


@pytest.mark.parametrize(
    ("headers", "body", "counts"),
    [
        (None, None, None),
        (None, HUB, HUB),
        (HUB, None, HUB),
        (OTHER, HUB, OTHER),
        (Offer("https://h.example/"), HUB, Offer("https://h.example/", HUB.topic)),
    ],
)
def test_headers_outdo_the_body(headers: Offer | None, body: Offer | None, counts: Offer | None) -> None:
    assert offer_of(headers, body) == counts


@given(st.lists(st.binary(max_size=99)), st.text(min_size=1), st.sampled_from(["sha1", "sha256", "sha384", "sha512"]))
def test_a_signature_holds_for_its_body_and_secret_alone(pieces: list[bytes], secret: str, method: str) -> None:
    body = b"".join(pieces)
    header = f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"
    for given_secret, more, holds in ((secret, b"", True), (secret + "x", b"", False), (secret, b"x", False)):
        signature = Signature.claimed(header, given_secret)
        assert signature is not None
        for piece in (*pieces, more):
            signature.update(piece)
        assert signature.holds() == holds


@pytest.mark.parametrize(
    "header", [None, "", "sha256", "sha256=", "md5=" + "0" * 32, "sha1=" + "g" * 40, "sha224=" + "0" * 56]
)
def test_what_is_no_signature_is_none(header: str | None) -> None:
    assert Signature.claimed(header, "s") is None


def test_a_signature_cut_short_does_not_hold() -> None:
    made = hmac.new(b"s", b"", hashlib.sha512).hexdigest()
    signature = Signature.claimed(f"sha512={made[:40]}", "s")
    assert signature is not None
    assert not signature.holds()
