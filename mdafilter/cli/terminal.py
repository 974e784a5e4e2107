"""Text for a terminal: nothing that a hostile message says moves the cursor, colours the screen or hides text.

In:    any text; lone surrogates (octets of no known charset) too.
Out:   text in which every character prints: what does not is an escape (\\n, \\x1b, \\u202e), so that it can be seen.
Used by `deliver --dry-run` as well, where no third-party package can be imported: none is here.
"""

from __future__ import annotations

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def printable(text: str, keep: str = "") -> str:
    """The text with escapes for what does not print. `keep` names characters that stay ("\\n" for our own lines)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escape(c) for c in text)


def short(text: str, width: int) -> str:
    """Printable, and cut to `width` characters; what is left out is counted."""
    shown = printable(text[: width + 1])
    return shown if len(shown) <= width else f"{shown[: max(0, width - 3)]}..."


def style(text: str, name: str, colour: bool) -> str:
    """The text in a style of STYLES, if `colour`."""
    return f"\x1b[{STYLES[name]}m{text}\x1b[0m" if colour and text else text


def size(octets: int) -> str:
    """A size for people: 812, 4.1K, 17.3M."""
    if octets < 1024:
        return str(octets)
    return f"{octets / 1024:.1f}K" if octets < 1024 * 1024 else f"{octets / 1024 / 1024:.1f}M"


def _escape(character: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if known:
        return known
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
