"""What `${...}` means in a string: encoded characters (RFC 5228 section 2.4.2.4), variables (RFC 5229 section 3).

Each is in force only where the script requires it. Encoded characters come first, and what they make can be part of
a variable (RFC 5229 section 3.1). What is not written exactly as the grammar says stays as it stands.

In:    a string of the lexer, which has resolved the backslashes.
Out:   the string, or a Template if there are variables in it. Octets that are no UTF-8 (from `${hex:ff}`) are lone
       surrogates, as Python's file names have them.
Fails: StringError with a text and a hint for a person.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import MdafilterError
from mdafilter.lang.sieve.lexer import DIGITS, LETTERS
from mdafilter.texts import Template, Var
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.texts import Text

# namespace of variables      capability that brings it
NAMESPACES = {
    "global": "include",  # RFC 6609 section 3.4.2
    "envelope": "envelope",  # RFC 5229 section 3: "the same as its capability string"
    "env": "vnd.dovecot.environment",
    "tst": "vnd.dovecot.testsuite",  # of test files alone: nobody else can require it (mdafilter/testing)
}

_HEX = frozenset("0123456789abcdefABCDEF")
_BLANKS = " \t\r\n"
_NAME = LETTERS | DIGITS | {"."}


class StringError(MdafilterError):
    """A `${...}` that is well-formed and wrong."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint


# --- encoded characters ----------------------------------------------------------------------------------------------


def decode(text: str) -> str:
    """The text with `${hex:...}` and `${unicode:...}` replaced."""
    if "${" not in text:
        return text
    pieces: list[bytes] = []
    done = 0
    at = text.find("${")
    while at >= 0:
        found = _encoded(text, at)
        if found is None:
            at = text.find("${", at + 2)
            continue
        octets, end = found
        pieces += (text[done:at].encode("utf-8", "surrogateescape"), octets)
        done = end
        at = text.find("${", end)
    if not done:
        return text
    pieces.append(text[done:].encode("utf-8", "surrogateescape"))
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def _encoded(text: str, at: int) -> tuple[bytes, int] | None:
    """The octets of the sequence that begins at `at`, and where it ends; None if it is none."""
    for name, value in (("hex:", _octets), ("unicode:", _characters)):
        start = at + 2 + len(name)
        if text[at + 2 : start].lower() == name:
            end = start
            while end < len(text) and (text[end] in _HEX or text[end] in _BLANKS):
                end += 1
            numbers = text[start:end].split()
            closed = end < len(text) and text[end] == "}"
            octets = value(numbers) if closed and numbers else None
            return None if octets is None else (octets, end + 1)
    return None


def _octets(pairs: list[str]) -> bytes | None:
    """hex-pair = 1*2HEXDIG"""
    return None if any(len(pair) > 2 for pair in pairs) else bytes(int(pair, 16) for pair in pairs)


def _characters(numbers: list[str]) -> bytes:
    out: list[str] = []
    for number in numbers:
        digits = number.lstrip("0") or "0"
        value = int(digits, 16) if len(digits) <= 6 else 0x110000
        if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
            shown = number if len(number) <= 12 else number[:9] + "..."
            hint = "characters are 0 to D7FF and E000 to 10FFFF (RFC 5228 section 2.4.2.4)"
            raise StringError(f"${{unicode:{shown}}} is no Unicode character", hint)
        out.append(chr(value))
    return "".join(out).encode("utf-8")


# --- variables -------------------------------------------------------------------------------------------------------


def template(text: str, allows: Callable[[str], bool]) -> Text:
    """The text with its variables as a Template. `allows(capability)` says whether the script requires it."""
    parts: list[str | Var] = []
    done = 0
    at = text.find("${")
    while at >= 0:
        end = at + 2
        while end < len(text) and text[end] in _NAME:
            end += 1
        if end < len(text) and text[end] == "}" and is_reference(text[at + 2 : end]):
            if at > done:
                parts.append(text[done:at])
            parts.append(_variable(text[at + 2 : end].lower(), allows))
            done = end = end + 1
        at = text.find("${", end)
    if not parts:
        return text
    if done < len(text):
        parts.append(text[done:])
    return Template(tuple(parts))


def is_reference(name: str) -> bool:
    """[namespace] variable-name: identifiers and numbers between dots, of which the first is an identifier.

    What is longer than the name of a variable may be names none, and stands as it is.
    """
    first, *rest = name.split(".")
    if (rest and first[:1] in DIGITS) or (len(name) > limits.VARIABLE_NAME and first[:1] not in DIGITS):
        return False
    return all(part and (part[0] in LETTERS or all(c in DIGITS for c in part)) for part in (first, *rest))


def _variable(name: str, allows: Callable[[str], bool]) -> Var:
    if name[0] in DIGITS:
        number = name.lstrip("0") or "0"  # section 3.2: "Extra leading zeroes are allowed and ignored"
        if len(number) > 9 or int(number) >= limits.MATCH_VALUES:
            hint = f"match values are ${{0}} to ${{{limits.MATCH_VALUES - 1}}} (RFC 5229 section 6)"
            raise StringError(f"${{{_short(name)}}} is more than there can be", hint)
        return Var(number)
    space, dot, _rest = name.partition(".")
    if dot:
        _check_namespace(space, name, allows)
    return Var(name)


def _check_namespace(space: str, name: str, allows: Callable[[str], bool]) -> None:
    """Section 3: "References to namespaces without a prior require ... MUST cause an error"."""
    capability = NAMESPACES.get(space)
    if capability is None:
        hint = f"known are {', '.join(name for name in NAMESPACES if name != 'tst')}"
        raise StringError(f"unknown namespace `{space}` of variables in ${{{name}}}", hint)
    if space == "global" and name.removeprefix("global.").isdecimal():
        raise StringError(
            f"${{{name}}} is no variable: a match value belongs to no namespace", "write it without global."
        )
    if not allows(capability):
        raise StringError(f'${{{name}}} needs the extension "{capability}"', f'require "{capability}";')


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
