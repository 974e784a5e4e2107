"""From a folder name of a rule to the directory of that Maildir++ folder.

A rule writes "Trash", "lists.debian" or "lists/debian"; "INBOX" is the Maildir itself, and "INBOX.Trash", "INBOX/Trash"
and ".Trash" are other spellings of "Trash". Folders lie flat in the Maildir, as `.lists.debian`; what is not printable
ASCII is in modified UTF-7 (RFC 3501 section 5.1.3), as IMAP servers that use Maildir++ expect.

In:    the name as the rule has it, in Unicode. Out: the encoded name without the leading dot, "" for the inbox; and the
       way back.
Fails: BadFolder for what no folder can be called. The caller keeps the message in the inbox and says so.
"""

from __future__ import annotations

import binascii

from mdafilter.errors import BadFolder

COMPONENT_OCTETS = 200
NAME_OCTETS = 250  # with the leading dot within the 255 octets that filesystems allow


def folder_name(name: str) -> str:
    """The Maildir++ name: "lists.debian" for "lists/debian" or "INBOX.lists.debian"; "" for the inbox. BadFolder."""
    if name.upper() == "INBOX":
        return ""
    if not name.strip(" \t"):
        raise BadFolder("the folder name is empty")
    if len(name) > NAME_OCTETS:
        raise BadFolder(f"the folder name {_shown(name)} is longer than {NAME_OCTETS} octets")
    parts = name.replace("/", ".").split(".")
    if len(parts) > 1 and parts[0] == "" and not name.startswith("/"):
        del parts[0]
    if len(parts) > 1 and parts[0].upper() == "INBOX":
        del parts[0]
    encoded = ".".join(_component(part, name) for part in parts)
    if len(encoded) > NAME_OCTETS:
        raise BadFolder(f"the folder name {_shown(name)} is longer than {NAME_OCTETS} octets")
    return encoded


def folder_path(root: str, name: str) -> str:
    """The directory of the folder in the Maildir `root`. BadFolder."""
    encoded = folder_name(name)
    return f"{root}/.{encoded}" if encoded else root


def _component(part: str, name: str) -> str:
    if not part:
        raise BadFolder(f"the folder name {_shown(name)} has an empty level in it")
    if any(c < " " or "\x7f" <= c < "\xa0" for c in part):
        raise BadFolder(f"the folder name {_shown(name)} has a control character in it")
    if any("\ud800" <= c <= "\udfff" for c in part):
        raise BadFolder(f"the folder name {_shown(name)} has octets in it that are no text")
    encoded = utf7(part)
    if len(encoded) > COMPONENT_OCTETS:
        raise BadFolder(f"a part of the folder name {_shown(name)} is longer than {COMPONENT_OCTETS} octets")
    return encoded


def _shown(name: str) -> str:
    return ascii(name if len(name) <= 60 else name[:60] + "...")


def utf7(text: str) -> str:
    """Modified UTF-7 (RFC 3501 section 5.1.3): "&" is "&-", other than printable ASCII "&" base64 "-"."""
    if text.isascii() and "&" not in text:
        return text
    out: list[str] = []
    shifted = ""
    for c in text + "-":  # the added one closes the last run, and is dropped again
        if " " <= c <= "~":
            if shifted:
                out.append(f"&{_base64(shifted)}-")
                shifted = ""
            out.append("&-" if c == "&" else c)
        else:
            shifted += c
    return "".join(out[:-1])


def plain(encoded: str) -> str:
    """The Unicode of a Maildir++ name, for people; what is no modified UTF-7 stays as it is."""
    return spelled(encoded) or encoded


def _base64(text: str) -> str:
    coded = binascii.b2a_base64(text.encode("utf-16-be"), newline=False)
    return coded.rstrip(b"=").replace(b"/", b",").decode("ascii")


def spelled(encoded: str) -> str:
    """The name that folder_name encodes like this, from a directory without its dot; "" for what is no such name."""
    if "&" not in encoded:
        return encoded if encoded.isascii() else ""
    out: list[str] = []
    plain, *rest = encoded.split("&")
    out.append(plain)
    for piece in rest:
        code, minus, plain = piece.partition("-")
        try:
            text = binascii.a2b_base64(code.replace(",", "/") + "=" * (-len(code) % 4)).decode("utf-16-be")
        except ValueError:
            return ""
        out += (text if code else "&", plain)
        if not minus:
            return ""
    name = "".join(out)
    return name if utf7(name) == encoded else ""
