import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config import load_database_url, load_http, load_lexicons, load_settings, project_root
from bot.domain.subscription import Channel, Platform, Subscription
from bot.errors import ConfigError, Mistake
from bot.secret import Secret

FEED = '[[feed]]\nname = "A"\nurl = "https://a.example/rss"\n'
DISCORD = "not-a-real-discord-token"
BOT, APP = "xoxb-not-a-real-one", "xapp-not-a-real-one"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "feeds.toml").write_text(FEED)
    return tmp_path


def wrong(root: Path, env: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        load_settings(env, root=root)
    assert all(m.source == "environment" and m.line is None for m in caught.value.mistakes)
    return [(m.what, m.mend) for m in caught.value.mistakes]


def test_with_nothing_set_the_terminal_is_the_channel(root: Path) -> None:
    found = load_settings({}, root=root)
    assert [f.name for f in found.feeds] == ["A"]
    assert found.subscriptions == (Subscription(Channel(Platform.CONSOLE, "terminal"), catch_up=timedelta(hours=24)),)
    assert found.subscriptions[0].topics == {"ceasefire", "territory"}
    assert found.database_url.reveal() == f"sqlite:///{root}/data/parley.db"
    assert found.config == root / "feeds.toml"
    assert (found.http, found.log_level, found.allow_addresses) == (("127.0.0.1", 8787), "INFO", ())
    assert (found.discord_token, found.slack_bot_token, found.contact) == (None, None, None)
    assert found.warnings == ()


def test_everything_set(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f'{FEED}[[channel]]\nplatform = "slack"\nid = "C0123456789"\n')
    (tmp_path / "token").write_text(f"{DISCORD}\n")
    found = load_settings(
        {
            "PARLEY_CONFIG": str(other),
            "PARLEY_DISCORD_TOKEN_FILE": str(tmp_path / "token"),
            "PARLEY_DISCORD_TOKEN": "",
            "PARLEY_SLACK_BOT_TOKEN": BOT,
            "PARLEY_SLACK_APP_TOKEN": APP,
            "PARLEY_SLACK_SIGNING_SECRET": "shh",
            "PARLEY_DATABASE_URL": "postgresql://me:p%40ss@db/parley",
            "PARLEY_HTTP": "[::1]:9000",
            "PARLEY_ALLOW_ADDRESSES": "10.1.2.3/8, fd00::/8",
            "PARLEY_DISCORD_API": "http://127.0.0.1:1/api",
            "PARLEY_SLACK_API": "http://127.0.0.1:2/api/",
            "PARLEY_LOG_LEVEL": "debug",
            "HOME": "/",
        },
        root=root,
    )
    assert found.discord_token == Secret(DISCORD)
    assert (found.slack_bot_token, found.slack_app_token) == (Secret(BOT), Secret(APP))
    assert found.slack_signing_secret == Secret("shh")
    assert found.http == ("::1", 9000)
    assert found.allow_addresses == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert (found.discord_api, found.slack_api) == ("http://127.0.0.1:1/api", "http://127.0.0.1:2/api/")
    assert found.log_level == "DEBUG"
    assert found.subscriptions[0].channel == Channel(Platform.SLACK, "C0123456789")
    assert [w.partition(":")[0] for w in found.warnings] == ["discord"]
    assert {s.reveal() for s in found.secrets} == {DISCORD, BOT, APP, "shh", "p%40ss", "p@ss"}


def test_no_secret_is_in_the_settings_repr(root: Path) -> None:
    env = {"PARLEY_DISCORD_TOKEN": DISCORD, "PARLEY_DATABASE_URL": "postgresql://me:hunter2@db/parley"}
    shown = repr(load_settings(env, root=root))
    assert "Secret(***)" in shown
    assert DISCORD not in shown
    assert "hunter2" not in shown


def test_a_token_without_a_channel_leaves_the_terminal_alone(root: Path) -> None:
    found = load_settings({"PARLEY_DISCORD_TOKEN": DISCORD}, root=root)
    assert found.subscriptions == ()
    assert "no [[channel]]" in found.warnings[0]


@pytest.mark.parametrize(
    ("env", "what", "mend"),
    [
        ({"PARLEY_DISCORD_TOKN": "x"}, "PARLEY_DISCORD_TOKN is no setting", 'did you mean "PARLEY_DISCORD_TOKEN"?'),
        ({"PARLEY_HTTP_FIEL": "x"}, "PARLEY_HTTP_FIEL is no setting", 'did you mean "PARLEY_HTTP'),
        ({"PARLEY_HTTP": "8787"}, 'PARLEY_HTTP = "8787" is not host:port', '"127.0.0.1:8787", or "off"'),
        ({"PARLEY_HTTP": "host:70000"}, "is not host:port", "127.0.0.1:8787"),
        ({"PARLEY_LOG_LEVEL": "loud"}, 'PARLEY_LOG_LEVEL = "loud" is unknown', "DEBUG, INFO, WARNING, ERROR"),
        ({"PARLEY_ALLOW_ADDRESSES": "10.0.0.0/8 intranet"}, "holds intranet, which is no", "for example 10.0.0.0/8"),
        ({"PARLEY_DISCORD_API": "discord.com/api"}, "has no https:// before it", 'mean "https://discord.com/api"?'),
        ({"PARLEY_DATABASE_URL": "mysql://me:hunter2@db/x"}, "PARLEY_DATABASE_URL is no address of", "postgresql://"),
        ({"PARLEY_DATABASE_URL": "postgresql:hunter2"}, "PARLEY_DATABASE_URL is no address of", "postgresql://"),
        ({"PARLEY_DATABASE_URL": "sqlite://[hunter2"}, "PARLEY_DATABASE_URL is no address of", "postgresql://"),
        ({"PARLEY_DISCORD_TOKEN": "Bot hunter2"}, "PARLEY_DISCORD_TOKEN holds a space", "the bare token"),
        ({"PARLEY_SLACK_BOT_TOKEN": BOT}, "PARLEY_SLACK_APP_TOKEN is missing", "set PARLEY_SLACK_APP_TOKEN"),
        ({"PARLEY_SLACK_APP_TOKEN": APP}, "PARLEY_SLACK_BOT_TOKEN is missing", "set PARLEY_SLACK_BOT_TOKEN"),
        (
            {"PARLEY_SLACK_APP_TOKEN": "xoxb-hunter2", "PARLEY_SLACK_BOT_TOKEN": BOT},
            "PARLEY_SLACK_APP_TOKEN does not begin with xapp-",
            "the bot token is xoxb-",
        ),
        (
            {"PARLEY_DISCORD_TOKEN": "hunter2", "PARLEY_DISCORD_TOKEN_FILE": "/hunter2"},
            "PARLEY_DISCORD_TOKEN and PARLEY_DISCORD_TOKEN_FILE are both set",
            "keep one of the two",
        ),
        (
            {"PARLEY_DISCORD_TOKEN_FILE": "/absent/token"},
            'PARLEY_DISCORD_TOKEN_FILE: "/absent/token" cannot be read: No such file or directory',
            "name a file that is there",
        ),
        ({"PARLEY_DISCORD_TOKEN_FILE": "/"}, "cannot be read: Is a directory", "name a file"),
    ],
)
def test_one_mistake_in_the_environment(root: Path, env: dict[str, str], what: str, mend: str) -> None:
    found = wrong(root, env)
    assert len(found) == 1, found
    assert what in found[0][0]
    assert mend in found[0][1]
    assert "hunter2" not in found[0][0].replace('"/hunter2"', "")


@pytest.mark.parametrize(
    ("body", "what"), [(b" \n", "is empty"), (b"\xff\xfe", "is not a text file"), (b"x" * 20_000, "is too long")]
)
def test_secret_files_that_hold_no_secret(root: Path, body: bytes, what: str) -> None:
    (root / "token").write_bytes(body)
    found = wrong(root, {"PARLEY_DISCORD_TOKEN_FILE": str(root / "token")})
    assert len(found) == 1
    assert what in found[0][0]


def test_environment_and_file_are_told_together(root: Path) -> None:
    (root / "feeds.toml").write_text(FEED + 'every = "soon"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings({"PARLEY_HTTP": "x", "PARLEY_FOO_BAR": "x"}, root=root)
    assert [(m.source, m.line) for m in caught.value.mistakes] == [
        ("environment", None),
        ("environment", None),
        ("feeds.toml", 4),
    ]


def test_a_missing_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"PARLEY_CONFIG": str(tmp_path / "mine.toml")})
    what = f"{tmp_path}/mine.toml cannot be read: No such file or directory"
    assert caught.value.mistakes == (Mistake("mine.toml", None, what, "create it, or name another in PARLEY_CONFIG"),)


def test_a_settings_file_that_is_not_utf_8(root: Path) -> None:
    (root / "feeds.toml").write_bytes(b"# fine\n# \xe9\n" + FEED.encode())
    with pytest.raises(ConfigError) as caught:
        load_settings({}, root=root)
    assert [(m.line, m.what) for m in caught.value.mistakes] == [(2, "is not UTF-8")]


def test_a_byte_order_mark_is_no_mistake(root: Path) -> None:
    (root / "feeds.toml").write_bytes(b"\xef\xbb\xbf" + FEED.encode())
    assert load_settings({}, root=root).feeds[0].name == "A"


def test_names_of_topics_are_checked_against_those_given(root: Path) -> None:
    (root / "feeds.toml").write_text(f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\ntopics = ["peace"]\n')
    assert load_settings({}, root=root).subscriptions[0].topics == {"peace"}
    with pytest.raises(ConfigError, match="peace"):
        load_settings({}, root=root, topics=["ceasefire"], conflicts=[])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary())
def test_any_bytes_as_settings_file_raise_nothing_but_config_error(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "any.toml").write_bytes(body)
    with pytest.raises(ConfigError):
        load_settings({"PARLEY_CONFIG": str(tmp_path / "any.toml")})


@given(st.dictionaries(st.sampled_from(["PARLEY_HTTP", "PARLEY_DATABASE_URL", "PARLEY_ALLOW_ADDRESSES"]), st.text()))
def test_any_value_in_the_environment_raises_nothing_but_config_error(env: dict[str, str]) -> None:
    try:
        load_settings(env)
    except ConfigError as error:
        told = str(error).split("\n")
    else:
        told = []
    assert all(line.isprintable() for line in told)


def test_health_and_upgrade_read_their_own_variable_only(tmp_path: Path) -> None:
    env = {"PARLEY_HTTP": "off", "PARLEY_DATABASE_URL": "sqlite:////x.db", "PARLEY_CONFIG": "/absent"}
    assert load_http(env | {"PARLEY_X": "1"}) is None
    assert load_database_url(env).reveal() == "sqlite:////x.db"
    assert load_database_url({}, root=tmp_path).reveal().endswith("/data/parley.db")
    with pytest.raises(ConfigError):
        load_http({"PARLEY_HTTP": "?"})
    with pytest.raises(ConfigError):
        load_database_url({"PARLEY_DATABASE_URL": "?"})
    with pytest.raises(ConfigError, match="PARLEY_DATABASE_ULR is no setting"):
        load_database_url({"PARLEY_DATABASE_ULR": "sqlite:////x.db"})


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("sqlite:///data/my.db?timeout=5", "sqlite:///PROJECT/data/my.db?timeout=5"),
        ("sqlite+aiosqlite:///my.db", "sqlite+aiosqlite:///PROJECT/my.db"),
        ("sqlite:////var/my.db", "sqlite:////var/my.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://me:///x@db/parley", "postgresql://me:///x@db/parley"),
        ("postgresql:///parley", "postgresql:///parley"),
    ],
)
def test_a_relative_database_file_is_one_of_the_project(tmp_path: Path, url: str, meant: str) -> None:
    found = load_database_url({"PARLEY_DATABASE_URL": url}, root=tmp_path).reveal()
    assert found == meant.replace("PROJECT", str(tmp_path))


def test_a_folder_in_place_of_the_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Is a directory .*Docker makes a folder"):
        load_settings({"PARLEY_CONFIG": str(tmp_path)})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_secret_that_may_not_be_read(root: Path) -> None:
    (root / "token").touch(mode=0o000)
    (found,) = wrong(root, {"PARLEY_DISCORD_TOKEN_FILE": str(root / "token")})
    assert "Permission denied" in found[0]
    assert f"let user {os.getuid()} read it" in found[1]


def test_the_checkout_is_the_root_whatever_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (project_root() / "pyproject.toml").is_file()


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("parley.example.org", "has no https://"),
        ("https://me@parley.example.org", "user name"),
        ("https://parley.example.org/?x=1", "has a ? or #"),
        ("https://parley.example.org/#top", "has a ? or #"),
        ("https://parley.example.org/{id}", "no address has"),
        ("ftp://parley.example.org", "not an http(s) address"),
    ],
)
def test_a_public_address_that_cannot_be_one(root: Path, url: str, what: str) -> None:
    ((told, mend),) = wrong(root, {"PARLEY_PUBLIC_URL": url})
    assert what in told
    assert mend


def test_a_public_address_needs_somebody_who_listens(root: Path) -> None:
    assert wrong(root, {"PARLEY_PUBLIC_URL": "https://parley.example.org", "PARLEY_HTTP": "off"}) == [
        ("PARLEY_PUBLIC_URL is set, but PARLEY_HTTP is off: nobody would hear the hubs", "unset one of the two")
    ]


def test_a_public_address_loses_its_last_slash_and_is_better_encrypted(root: Path) -> None:
    found = load_settings({"PARLEY_PUBLIC_URL": "https://parley.example.org/bot/"}, root=root)
    assert (found.public_url, found.warnings) == ("https://parley.example.org/bot", ())
    (warning,) = load_settings({"PARLEY_PUBLIC_URL": "http://parley.example.org"}, root=root).warnings
    assert "not https" in warning


def test_the_folder_of_lexicons_is_the_one_named_else_the_one_beside_the_settings(root: Path, tmp_path: Path) -> None:
    assert load_settings({}, root=root).lexicons is None
    (root / "lexicons").mkdir()
    (root / "mine").mkdir()
    assert load_settings({}, root=root).lexicons == root / "lexicons"
    assert load_lexicons({"PARLEY_LEXICONS": str(root / "mine")}, root=root) == root / "mine"
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "feeds.toml").write_text(FEED)
    assert load_settings({"PARLEY_CONFIG": str(other / "feeds.toml")}, root=root).lexicons is None
    file = {"PARLEY_LEXICONS": str(root / "feeds.toml")}
    ((what, mend),) = wrong(root, file)
    assert (what.startswith("PARLEY_LEXICONS = "), what.endswith("is no folder"), mend) == (
        *(True, True),
        "name a folder, or unset it",
    )
    with pytest.raises(ConfigError, match="is no folder"):
        load_lexicons(file, root=root)


def test_a_channel_that_names_no_topics_gets_the_default_ones(root: Path) -> None:
    (root / "feeds.toml").write_text(f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\n')
    for text in ((root / "feeds.toml").read_text(), FEED):
        (root / "feeds.toml").write_text(text)
        (found,) = load_settings({}, root=root, default_topics=["ceasefire", "embargo"]).subscriptions
        assert found.topics == {"ceasefire", "embargo"}
