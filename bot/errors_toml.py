"""What tomllib says of a file that is not TOML, as a mistake with its line and its mend."""

import re

from bot.errors import Mistake

# What tomllib says, and what to do about it.
_SYNTAX = (
    (r"overwrite|declare|redefine|mutate", "it is there twice: keep one of the two"),
    (r"Expected '=' after", 'write key = "value"; a comment begins with #'),
    (r"Expected '\]", "close the header: {header}"),
    (r"Unterminated string|Illegal character '\\n'|Expected \"'\"|Expected '\"'", "close the quotes on the same line"),
    (r"Unclosed array", "close the list with ]"),
    (r"escape", "write a backslash twice, or put the text between single quotes"),
    (r"Invalid value \(at end", "the value is missing, or a list is not closed with ]"),
    (r"Invalid value", 'put text between double quotes: key = "value"'),
    (r"Expected newline", "begin a new line for each key"),
)
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
LONGEST = 120
# What git writes around two versions of the same lines, after an upgrade for example.
_GIT = ("<<<<<<< ", ">>>>>>> ")


def toml_mistake(source: str, text: str, error: Exception, *, header: str) -> Mistake:
    """The mistake that tomllib met in a file's text; `header` is one that the file may have."""
    if isinstance(error, RecursionError):
        return Mistake(source, None, "brackets are nested too deeply to be read", "keep lists flat")
    said = str(error)
    mend = next((m for pattern, m in _SYNTAX if re.search(pattern, said)), "mend the line, or the one before it")
    line = None
    if (place := _PLACE.search(said)) is not None:
        said = said[: place.start()]
        line = int(place[1]) if place[1] else text.rstrip("\n").count("\n") + 1
    lines = text.split("\n")
    if line is not None and line <= len(lines) and lines[line - 1].startswith(_GIT):
        mend = "git left two versions here: keep the right lines, take its marks away (<<<<<<<, =======, >>>>>>>)"
    said = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in said[:LONGEST])
    return Mistake(source, line, f"not valid TOML: {said}", mend.format(header=header))
