"""What is known of the folders of a Maildir beside their names: ids (RFC 8474), special uses (RFC 6154), annotations
(RFC 5464).

Our own file is `mailboxes.toml` in the Maildir, a table for each folder, as rules name it; [""] is the server:

    ["lists/debian"]
    id = "F6352ae03"
    special-use = ["\\\\Archive"]
    metadata = { "/private/comment" = "read on Sundays", "/shared/vendor/example/archive" = "yes" }

    [""]
    metadata = { "/private/vendor/example/away" = "no" }

The annotation /shared/imapsieve/script names a script that runs when a reader does something there (events/library.py).

An editor writes it, or any program that writes a new file and renames it; nothing here does. Beside it, a folder's id
is the GUID that Dovecot has in the first line of its `dovecot-uidlist` (its OBJECTID), and special uses are those of
the setting special_use: Dovecot has them in its configuration, and annotations in a dictionary that no file is.

In:    the Maildir.
Out:   names of folders, as a File act takes them; the text of an annotation.
Fails: RuleFailed for a file of ours that cannot be read or is wrong, with the place of the mistake: the message is
       kept (RFC 5490 section 5: as if the script could not be retrieved).
"""

from __future__ import annotations

import os

from mdafilter import limits, recall, rulebook
from mdafilter.errors import RuleFailed
from mdafilter.targets.foldername import folder_name, spelled
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

FILE = "mailboxes.toml"
UIDLIST = "dovecot-uidlist"
KINDS = ("id", "special-use", "metadata")
SERVER = None  # the key of the server among the folders


class Known(Value):
    """What the file says. Folders are those of folder_name: "" is the inbox."""

    ids: dict[str, str] = {}  # id -> the folder, as it is written there
    uses: tuple[tuple[str, str], ...] = ()  # the use in lower case, the folder
    metadata: dict[tuple[str | None, str], str] = {}  # (folder, name in lower case) -> value


def with_id(root: str, identifier: str) -> str | None:
    """The folder that has this id; its letters may be large and small, and count."""
    named = _known(root).ids.get(identifier)
    if named is not None and _is_there(root, named):
        return named
    for folder, name in _folders(root):
        if identifier and _guid(f"{folder}/{UIDLIST}") == identifier:
            return name
    return None


def for_use(root: str, usual: tuple[str, ...], use: str) -> tuple[str, ...]:
    """The folders that have this special use, whether they are there or not: those of the file first."""
    wanted = use.lower()
    named = [folder for has, folder in _known(root).uses if has == wanted]
    for line in usual:
        has, _, folder = line.partition(" ")
        if has.lower() == wanted and folder.strip():
            named.append(folder.strip())
    return tuple(dict.fromkeys(named))


def metadata(root: str, folder: str, name: str) -> str | None:
    """The annotation of a folder ("" is the server). RFC 5464 section 3.1: "names are case-insensitive"."""
    try:
        key = folder_name(folder) if folder else SERVER
    except RuleFailed:
        return None  # a name that no folder can have
    return _known(root).metadata.get((key, name.lower()))


def _is_there(root: str, name: str) -> bool:
    encoded = folder_name(name)
    return not encoded or os.path.isdir(f"{root}/.{encoded}/cur")


# --- Dovecot's files -------------------------------------------------------------------------------------------------


def _folders(root: str) -> Iterator[tuple[str, str]]:
    """The path and the name of the inbox and of each folder."""
    yield root, "INBOX"
    try:
        names = sorted(os.listdir(root))
    except OSError:
        return  # there is no Maildir yet, so no folder has that id
    for name in [name for name in names if name.startswith(".")][: limits.MAILBOXES_LOOKED]:
        text = spelled(name[1:])
        if text:
            yield f"{root}/{name}", text


def _guid(path: str) -> str:
    """The G field of the file's first line, "3 V<uidvalidity> N<next uid> G<guid>"; "" where there is none."""
    try:
        with open(path, "rb") as file:
            line = file.readline(limits.MAILDIRSIZE_LINE)
    except OSError:
        return ""  # Dovecot has not seen this folder: no id of its own
    fields = line.decode("latin-1").split()
    return next((field[1:] for field in fields[1:] if field.startswith("G")), "") if fields[:1] == ["3"] else ""


# --- our own file ----------------------------------------------------------------------------------------------------


def _known(root: str) -> Known:
    return recall.once(("mailboxes", root), lambda: _read(f"{root}/{FILE}"))


def _read(path: str) -> Known:
    try:
        text = recall.read(path, limits.MAILBOXES_OCTETS + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Known()
    except OSError as failed:  # the message is kept by RuleFailed
        raise RuleFailed(f"{path} cannot be read: {failed.strerror}") from failed
    if len(text) > limits.MAILBOXES_OCTETS:
        raise RuleFailed(f"{path} is longer than {limits.MAILBOXES_OCTETS} octets")
    if rulebook.is_users(path) and (why := rulebook.writable_by_others(path)):
        raise RuleFailed(f"{path} is not used: {why}")
    import tomllib

    try:
        return _parsed(tomllib.loads(text.decode()), path)
    except (ValueError, RecursionError) as wrong:  # no TOML, no UTF-8, a number of too many digits
        raise RuleFailed(f"{path}: {wrong}") from None


def _parsed(tables: Mapping[str, Any], path: str) -> Known:
    ids: dict[str, str] = {}
    uses: list[tuple[str, str]] = []
    found: dict[tuple[str | None, str], str] = {}
    for folder, table in tables.items():
        if not isinstance(table, dict) or set(table) - set(KINDS):
            raise RuleFailed(f'{path}: ["{folder}"] is a table with {", ".join(KINDS)}')
        try:
            key = folder_name(folder) if folder else SERVER
        except RuleFailed as bad:
            raise RuleFailed(f"{path}: {bad}") from None
        identifier, special, annotations = (table.get(kind) for kind in KINDS)
        if not isinstance(identifier, str | None):
            raise RuleFailed(f'{path}: the id of ["{folder}"] is a text')
        if not (special is None or (isinstance(special, list) and all(isinstance(use, str) for use in special))):
            raise RuleFailed(f'{path}: the special-use of ["{folder}"] is a list of texts')
        texts = {} if annotations is None else annotations
        if not (isinstance(texts, dict) and all(isinstance(value, str) for value in texts.values())):
            raise RuleFailed(f'{path}: the metadata of ["{folder}"] are names with texts')
        if identifier and folder:
            ids.setdefault(identifier, folder)
        uses += [(use.lower(), folder) for use in special or () if folder]
        found |= {(key, name.lower()): value for name, value in texts.items()}
    return Known(ids, tuple(uses), found)
