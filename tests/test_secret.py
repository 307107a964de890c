import pickle

import pytest

from bot.secret import Masker, Secret


def test_a_secret_shows_itself_to_reveal_only() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert [repr(secret), str(secret), f"{secret}", f"{[secret]}", "%s" % secret] == [  # noqa: UP031
        "Secret(***)",
        "Secret(***)",
        "Secret(***)",
        "[Secret(***)]",
        "Secret(***)",
    ]
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(secret)


def test_secrets_compare_by_value() -> None:
    assert Secret("ä") == Secret("ä")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://me:hunter2@db/x", "postgresql://***@db/x"),
        ("GET https://hunter2@a.example/?q=1", "GET https://***@a.example/?q=1"),
        ("https://discord.com/api/webhooks/1/hunter2 failed", "https://discord.com/api/webhooks/*** failed"),
        ("https://canary.discord.com/api/v10/webhooks/1/hunter2", "https://canary.discord.com/api/v10/webhooks/***"),
        ("https://hooks.slack.com/services/T1/B1/hunter2", "https://hooks.slack.com/***"),
        (
            "wss://x.example/link?ticket=1&access_token=hunter2&v=10",
            "wss://x.example/link?ticket=1&access_token=***&v=10",
        ),
        ("xoxb-1-hunter2, xapp-1-hunter2", "xoxb-***, xapp-***"),
        ("Authorization: Bot abcdefghijklmnop.hunter2", "Authorization: Bot ***"),
        (f"{'a' * 26}.{'b' * 6}.{'c' * 38}", "***"),
        ("nothing here: https://a.example/x?page=2#key", "nothing here: https://a.example/x?page=2#key"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, masked: str) -> None:
    assert Masker()(text) == masked


def test_known_secrets_are_masked_as_written_and_as_quoted() -> None:
    mask = Masker([Secret("s3cr/t+word"), Secret("s3cr/t+word-and-more"), Secret("abc")])
    assert mask("a s3cr/t+word b") == "a *** b"
    assert mask("a s3cr%2Ft%2Bword b") == "a *** b"
    assert mask("a s3cr/t+word-and-more b") == "a *** b"
    assert mask("abc is too short to be told from a word") == "abc is too short to be told from a word"
