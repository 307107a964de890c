"""The environment: PARLEY_* and their _FILE twins. Imports only the standard library: `health` must start fast."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from bot.errors import Mistake
from bot.settings.values import WrongError
from bot.settings.words import file_mend, meant, shown

T = TypeVar("T")

PREFIX: Final = "PARLEY_"
FILE: Final = "_FILE"
SOURCE: Final = "environment"
NAMES: Final = (
    "PARLEY_ALLOW_ADDRESSES",
    "PARLEY_CONFIG",
    "PARLEY_DATABASE_URL",
    "PARLEY_DISCORD_API",
    "PARLEY_DISCORD_TOKEN",
    "PARLEY_HTTP",
    "PARLEY_LEXICONS",
    "PARLEY_LOG_LEVEL",
    "PARLEY_PUBLIC_URL",
    "PARLEY_SLACK_API",
    "PARLEY_SLACK_APP_TOKEN",
    "PARLEY_SLACK_BOT_TOKEN",
    "PARLEY_SLACK_SIGNING_SECRET",
)
LONGEST: Final = 16_384


class Environment:
    """Reads variables and collects what is wrong with them in `mistakes`. An empty variable counts as not set."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.mistakes: list[Mistake] = []

    def is_set(self, name: str) -> bool:
        """Whether a variable or its twin holds anything, right or wrong."""
        return bool(self._env.get(name, "").strip() or self._env.get(name + FILE, "").strip())

    def text(self, name: str) -> str | None:
        """The value of a variable, or what stands in the file that its _FILE twin names; None if neither is set."""
        twin = name + FILE
        value, file = self._env.get(name, "").strip(), self._env.get(twin, "").strip()
        if value and file:
            self.add(f"{name} and {twin} are both set", "keep one of the two")
            return None
        return self._content(twin, Path(file)) if file else value or None

    def value(self, name: str, read: Callable[[str], T], default: T, *, secret: bool = False) -> T:
        """A variable read by `read`, which raises WrongError; a secret value is not repeated in the mistake."""
        text = self.text(name)
        if text is None:
            return default
        try:
            return read(text)
        except WrongError as error:
            self.add(f"{name} {error.what}" if secret else f"{name} = {shown(text)} {error.what}", error.mend)
            return default

    def add(self, what: str, mend: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(SOURCE, None, what, mend))

    def find_unknown(self) -> None:
        """Note every PARLEY_ variable that nothing reads: most often a slip of the pen."""
        known = [name + end for name in NAMES for end in ("", FILE)]
        for name in sorted(self._env):
            if name.startswith(PREFIX) and name not in known:
                self.add(f"{shown(name)[1:-1]} is no setting", meant(name, [n for n in known if _alike(n, name)]))

    def _content(self, name: str, path: Path) -> str | None:
        try:
            with path.open("rb") as file:
                text = file.read(LONGEST + 1).decode().strip()
        except OSError as error:
            mend = file_mend(error, missing="name a file that is there")
            self.add(f"{name}: {shown(str(path))} cannot be read: {error.strerror}", mend)
        except ValueError:
            self.add(f"{name}: {shown(str(path))} is not a text file in UTF-8", "store the bare value in it")
        else:
            if text and len(text) <= LONGEST:
                return text
            self.add(f"{name}: {shown(str(path))} is {'too long' if text else 'empty'}", "store the bare value in it")
        return None


def _alike(known: str, name: str) -> bool:
    """A twin is suggested for a twin only."""
    return known.endswith(FILE) == name.endswith(FILE)
