"""Places in rule files, and texts with variables in them: what every language makes of a string.

A string without variables is a plain str. With variables it is a Template, which the Scene of a run fills in
(plan.Scene.expand): RFC 5229 section 3 for Sieve, the shell's forms for a procmailrc, groups of a pattern in a table.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from typing import TypeAlias


class Where(Value):
    """The place of a rule: file, and line and column from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Var(Value):
    """A variable inside a Template: a name (lower case), or the number of a match value as text ("0" to "31")."""

    name: str

    def __str__(self) -> str:
        return f"${{{self.name}}}"


class Either(Value):
    """A variable or another text, as the shell spells it: ${NAME-text}, ${NAME:-text}, ${NAME+text}, ${NAME:+text}."""

    name: str
    sign: str
    text: Text

    def __str__(self) -> str:
        return f"${{{self.name}{self.sign}{self.text}}}"


class Template(Value):
    """A string with variables in it (RFC 5229 section 3; procmail's $NAME). A string without is a plain str."""

    parts: tuple[str | Var | Either, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


if TYPE_CHECKING:
    Text: TypeAlias = str | Template
    Texts: TypeAlias = tuple[Text, ...]


def disarmed(text: str) -> str:
    """The text as procmail's regular expressions find it; what they begin with must be no sign of a condition."""
    return "()" + "".join(f"\\{c}" if c in "$()*+.?[\\^|" else c for c in text)
