"""What makes a name in a rule unusable: header names, folder names, addresses, variables.

Each function gives the fault as a phrase for an error message, or "" where there is none. Words ask at compile time
for constant names and while running for those with variables in them, so that both say the same.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use

# What errors about such names say beside the fault.
FOLDER_HINT = 'folders are named like "Trash" or "lists/debian"'
ADDRESS_HINT = 'write an address like "ann@example.org"'
VARIABLE_HINT = "a name has letters, digits and _, and no digit at its beginning (RFC 5229 section 3)"

FOLDER_CHARACTERS = 255  # of a whole name; a file name of the system holds 255 octets


def header_fault(name: str) -> str:
    """RFC 5322 section 2.2: printable ASCII without the colon."""
    if not name:
        return "a header name is empty"
    if ":" in name:
        return f'the header name "{name}" has a colon in it'
    if not all("!" <= c <= "~" for c in name):
        return f'the header name "{name}" has a character that no header name may have'
    return ""


def folder_fault(name: str) -> str:
    """Folders are named `lists/debian`, `lists.debian` or `.lists.debian`; no name leads out of the mailbox."""
    if not name.strip(" \t"):
        return "the folder name is empty"
    if len(name) > FOLDER_CHARACTERS:
        return f"the folder name is longer than {FOLDER_CHARACTERS} characters"
    if any(c < " " or c == "\x7f" for c in name):
        return "the folder name has a control character in it"
    if any("\ud800" <= c <= "\udfff" for c in name):
        return "the folder name has octets in it that are no text"
    levels = name.removeprefix(".").replace("/", ".").split(".")
    if "" in levels:
        return f'the folder name "{name}" has an empty level in it'
    return ""


def in_maildir(scene: Scene, path: str = "") -> str:
    """A path of a procmailrc: relative to MAILDIR, and that to the home."""
    from mdafilter import shell  # Sieve has no such paths

    folder = os.path.join(scene.world.presets().get("HOME", ""), shell.folder(scene.variables))
    return os.path.join(folder, path) if path else folder


def lock_path(scene: Scene, lock: Text) -> str:
    """The path of a lock file of a procmailrc; "" is none."""
    path = scene.expand(lock)
    return in_maildir(scene, path) if path and "\0" not in path else ""


def address_fault(text: str) -> str:
    """One address with a domain, as RFC 5321 can carry it; a name or comment beside it does no harm.

    Nor do dots at the ends of its local part, or several in a row: mobile providers of Japan have given out such ones,
    and quoted they can be written to (`bare`).
    """
    from mdafilter.message.addresses import parse  # heavier than this file, and few rules redirect

    if any("\ud800" <= c <= "\udfff" for c in text):
        return f'"{text}" has octets in it that are no text'
    found = parse(text)
    if len(found) != 1 or any(c in ";:," for c in _outside_quotes(text)):  # a list or a group (RFC 5322 section 3.4)
        return f'"{text}" is not one address'
    if not found[0].valid or not found[0].local or _outside_quotes(text).count("<") != _outside_quotes(text).count(">"):
        return f'"{text}" is not an address'
    if not _dotted(found[0].domain):
        return f'"{text}" is not an address that a mail can be sent to'
    return ""


def addresses_fault(text: str) -> str:
    """A mailbox-list (RFC 5322 section 3.4): one address or more, each with a domain."""
    from mdafilter.message.addresses import parse

    found, plain = parse(text), _outside_quotes(text)
    if not found or plain.count("<") != plain.count(">"):
        return f'"{text}" is not an address'
    if any(c in ";:" for c in plain):  # a group, which no mailbox-list has in it
        return f'"{text}" is not a list of addresses'
    return next((fault for address in found if (fault := address_fault(address.text))), "")


def bare(address: str) -> str:
    """The address without the name beside it; one without a domain (procmail's `! root`) stays as it is."""
    if not any(c in address for c in '<>()" \t') and _dotted(address.rpartition("@")[0] or "none"):
        return address
    from mdafilter.message.addresses import parse

    found = parse(address)[0]
    if found.text.startswith('"') or not found.domain or _dotted(found.local):
        return found.text
    return f'"{found.local}"@{found.domain}'


def _dotted(text: str) -> bool:
    """Words between single dots (RFC 5321 section 4.1.2), or a domain literal."""
    return text.startswith("[") or all(text.split("."))


def _outside_quotes(text: str) -> str:
    """What of an address stands neither in a quoted string nor in a comment nor in a domain literal."""
    out, until, rest = "", "", iter(text)
    for c in rest:
        if c == "\\":
            next(rest, "")
        elif until:
            until = "" if c == until else until
        elif c in _QUOTES:
            until = _QUOTES[c]
        else:
            out += c
    return out


_QUOTES = {'"': '"', "(": ")", "[": "]"}


def variable_fault(name: str) -> str:
    """RFC 5229 section 3: an identifier, in the namespace `global` (RFC 6609) or in none."""
    own = name.removeprefix("global.")
    if own.isdecimal():
        return f'"{name}" is a match variable, which cannot be set'
    if "." in own:
        return f'the namespace of "{name}" cannot be set'
    if not (own.isascii() and own.isidentifier()):
        return f'"{name}" is not the name of a variable'
    if len(own) > limits.VARIABLE_NAME:
        return f"the name of a variable is longer than {limits.VARIABLE_NAME} characters"
    return ""


def check_headers(use: Use, names: Texts, argument: int) -> None:
    """Warns of constant names that no field can have.

    No more than a warning: "An implementation MUST NOT cause an error for syntactically invalid header names in
    tests" (RFC 5228 section 2.4.2.2).
    """
    for name in names:
        if isinstance(name, str) and (fault := header_fault(name)):
            use.warn(fault, "this test can never hold for it", argument=argument)
