"""The words after `/parley` -> a command and its checked options, or an answer that says what is wrong. Pure."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from bot.service.catalog import Arguments, Catalog, Command, Option, OptionType
from bot.service.reply import Reply

SLASH = "/parley"
HELP = "help"
MAX_WORDS = 1000
MAX_SHOWN = 60
# Phones turn straight quotes into typographic ones; people mean the straight ones.
STRAIGHT = str.maketrans(dict.fromkeys("“”„«»‟", '"') | dict.fromkeys("‘’‚‛", "'"))
TOKEN = re.compile(r'(?:"[^"]*"|[^\s])+')
NAMED = re.compile(r"[-–—]*([A-Za-z][\w-]*)=(.*)", re.DOTALL)

Asked = tuple[Command, Arguments]


class MistakeError(Exception):
    """What is wrong with the words, fit for the asker's eyes."""


def parse(text: str, catalog: Catalog) -> Asked | Reply:
    """The command asked for with its options checked; a Reply where it is help that was asked for, or needed."""
    words = split(text)
    name = words[0].lower() if words else HELP
    commands = {c.name: c for c in catalog}
    if name not in commands:
        about = words[1].lower() if len(words) > 1 else ""
        if name != HELP:
            return _unknown(name, commands)
        return explain(commands[about]) if about in commands else overview(catalog)
    command = commands[name]
    try:
        return command, _arguments(words[1:], command)
    except MistakeError as mistake:
        return Reply("That did not work", text=f"{mistake}\nHow to ask: {usage(command)}")


def split(text: str) -> list[str]:
    """Words as typed: quotes keep blanks together (`name="two words"`), Slack's escapes and typography undone."""
    typed = text[:MAX_WORDS].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    straight = typed.translate(STRAIGHT)
    return [word for word in (token.replace('"', "") for token in TOKEN.findall(straight)) if word]


def overview(catalog: Catalog) -> Reply:
    """Every command with its help."""
    rows = tuple((usage(c), c.help) for c in catalog)
    example = f"Options can be named (limit=3) or given as they come. More on one command: {SLASH} {HELP} NAME"
    return Reply("What you can ask", text=example, facts=rows)


def explain(command: Command) -> Reply:
    """One command with all its options."""
    rows = tuple((o.name, f"{o.help}{_allowed(o)}" + (", required" if o.required else "")) for o in command.options)
    return Reply(f"{SLASH} {command.name}", text=f"{command.help}\nHow to ask: {usage(command)}", facts=rows)


def usage(command: Command) -> str:
    """`/parley latest [topic=ceasefire|territory] [limit=1-10]`."""
    parts = [f"{o.name}={_values(o)}" for o in command.options]
    shown = [part if o.required else f"[{part}]" for part, o in zip(parts, command.options, strict=True)]
    return " ".join([SLASH, command.name, *shown])


def _arguments(words: list[str], command: Command) -> Arguments:
    options = {o.name: o for o in command.options}
    given: dict[str, str | int] = {}
    loose: list[str] = []
    for word in words:
        named = NAMED.fullmatch(word)
        if named is None:
            loose.append(word)
            continue
        name = named[1].lower()
        if name not in options:
            raise MistakeError(f"{command.name} has no option “{_shown(name)}”{_nearest(name, options)}")
        if name in given:
            raise MistakeError(f"{name} is given twice")
        given[name] = _value(named[2], options[name])
    _place(loose, command, given)
    for option in command.options:
        if option.required and option.name not in given:
            raise MistakeError(f"{option.name} is missing: {option.help}")
    return given


def _place(loose: list[str], command: Command, given: dict[str, str | int]) -> None:
    """Words without a name go where they fit: a choice to its option, a number to a number, the rest to free text."""
    spare: list[str] = []
    for word in loose:
        free = [o for o in command.options if o.name not in given]
        fitting = [o for o in free if word.lower() in o.choices] or [
            o for o in free if o.type is OptionType.INTEGER and re.fullmatch(r"[-+]?\d+", word)
        ]
        if fitting:
            given[fitting[0].name] = _value(word, fitting[0])
        else:
            spare.append(word)
    texts = [o for o in command.options if o.name not in given and o.type is OptionType.TEXT and not o.choices]
    for option in texts[:-1]:
        if spare:
            given[option.name] = spare.pop(0)
    if spare and texts:
        given[texts[-1].name] = " ".join(spare)
    elif spare:
        free = [o for o in command.options if o.name not in given]
        if free:
            _value(spare[0], free[0])
        raise MistakeError(f"“{_shown(spare[0])}” is one word too many")


def _value(word: str, option: Option) -> str | int:
    if option.type is OptionType.INTEGER:
        low, high = option.minimum, option.maximum
        number = int(word) if re.fullmatch(r"[-+]?[0-9]{1,9}", word) else None
        if number is None or (low is not None and number < low) or (high is not None and number > high):
            raise MistakeError(f"{option.name} must be a whole number{_range(option)}, not “{_shown(word)}”")
        return number
    if option.choices:
        match = next((c for c in option.choices if c.lower() == word.lower()), None)
        if match is None:
            near = _nearest(word.lower(), option.choices)
            raise MistakeError(f"{option.name} must be one of {', '.join(option.choices)}, not “{_shown(word)}”{near}")
        return match
    if not word:
        raise MistakeError(f"{option.name} is empty")
    return word


def _unknown(name: str, commands: dict[str, Command]) -> Reply:
    near = _nearest(name, [*commands, HELP], prefix=f"{SLASH} ")
    return Reply(
        "That did not work", text=f"No command is called “{_shown(name)}”{near}\n{SLASH} {HELP} lists them all."
    )


def _nearest(word: str, names: Iterable[str], *, prefix: str = "") -> str:
    near = get_close_matches(word, list(names), n=1, cutoff=0.5)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


def _values(option: Option) -> str:
    if option.choices:
        return "|".join(option.choices)
    if option.type is OptionType.TEXT:
        return "TEXT"
    return f"{option.minimum}-{option.maximum}" if None not in (option.minimum, option.maximum) else "NUMBER"


def _allowed(option: Option) -> str:
    return f" ({', '.join(option.choices)})" if option.choices else ""


def _range(option: Option) -> str:
    low, high = option.minimum, option.maximum
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of {low} or more" if low is not None else f" of {high} or less" if high is not None else ""


def _shown(word: str) -> str:
    return word if len(word) <= MAX_SHOWN else word[:MAX_SHOWN] + "…"
