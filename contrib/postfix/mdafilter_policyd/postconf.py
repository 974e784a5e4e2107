"""The configuration of a Postfix, as postconf(1) prints it: parameters, services, restriction lists.

In:    the output of `postconf -x` (all parameters that are in force, defaults too, $name replaced) and `postconf -M`.
Out:   values. What a line of master.cf overrides by -o is in the `main` of that service.
Fails: nothing is refused. A list that cannot be read to its end is read as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LISTS = tuple(
    f"smtpd_{name}_restrictions" for name in ("client", "helo", "sender", "relay", "recipient", "data", "end_of_data")
)
# What is followed by an argument, besides check_...: postconf(5), smtpd_client_restrictions and the others.
WITH_ARGUMENT = ("check_", "reject_rbl_", "reject_rhsbl_", "permit_dnswl_", "permit_rhswl_", "sleep")
TOKEN = re.compile(r"[^\s,{}]*\{|\}|[^\s,{}]+")


@dataclass(frozen=True)
class Restriction:
    """One of a list. `warn`: warn_if_reject stands before it."""

    name: str
    argument: str = ""
    warn: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, ("warn_if_reject" * self.warn, self.name, self.argument)))


@dataclass(frozen=True)
class Service:
    """A line of master.cf."""

    name: str  # smtp, 127.0.0.1:10525
    type: str  # inet, unix, pass
    chroot: bool
    command: str
    options: Mapping[str, str] = field(default_factory=dict)

    def main(self, main: Mapping[str, str]) -> dict[str, str]:
        """The parameters that this service sees; a $name in an option is that of main.cf."""
        seen = dict(main)
        for name, value in self.options.items():
            seen[name] = re.sub(r"\$(?:\{(\w+)\}|\((\w+)\)|(\w+))", lambda m: seen.get(m[m.lastindex or 0], ""), value)
        return seen


def parameters(text: str) -> dict[str, str]:
    """From lines `name = value`."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def services(text: str) -> list[Service]:
    """From lines of master.cf, one a line."""
    return [_service(tokens) for line in text.splitlines() if len(tokens := _words(line)) >= 8]


def _service(tokens: Sequence[str]) -> Service:
    options: dict[str, str] = {}
    for flag, value in pairwise(tokens[8:]):
        if flag == "-o":
            name, _, given = value.removeprefix("{").removesuffix("}").partition("=")
            options[name.strip()] = given.strip()
    return Service(tokens[0], tokens[1], tokens[4] == "y", tokens[7].rsplit("/", 1)[-1], options)


def _words(line: str) -> list[str]:
    """By blanks, but { ... } is one word, as master(5) has it from 3.0 on."""
    return re.findall(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\S+", line)


def restrictions(text: str, main: Mapping[str, str]) -> list[Restriction]:
    """A list, with the classes of smtpd_restriction_classes put in their places."""
    classes = set(re.split(r"[\s,]+", main.get("smtpd_restriction_classes", "")))
    return list(_read(text, main, classes))


def _read(text: str, main: Mapping[str, str], classes: set[str]) -> Iterator[Restriction]:
    warn = False
    words = iter(_tokens(text))
    for word in words:
        if word == "warn_if_reject":
            warn = True
            continue
        if word in classes:  # once each: a class that names itself would never end
            yield from _read(main.get(word, ""), main, classes - {word})
        elif word.startswith(WITH_ARGUMENT):
            yield Restriction(word, next(words, ""), warn)
        else:
            yield Restriction(word, "", warn)
        warn = False


def _tokens(text: str) -> Iterator[str]:
    """Words, where { ... } is one, and `inline:{ ... }` too."""
    depth, start = 0, 0
    for found in TOKEN.finditer(text):
        token = found[0]
        if token.endswith("{"):
            start = found.start() if depth == 0 else start
            depth += 1
        elif token == "}" and depth:
            depth -= 1
            if depth == 0:
                yield text[start : found.end()]
        elif depth == 0 and token != "}":
            yield token
