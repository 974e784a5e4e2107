"""One fact as one line of JSON (RFC 8259), in ASCII, never longer than limits.JOURNAL_LINE.

`json` itself is not imported: its C encoder of strings is all that is needed, and costs a delivery nothing to load.

In:    a Value made of text, numbers, booleans, None, tuples and Values. Lone surrogates (octets of no known charset)
       are written as \\udcXX, which JSON parsers read.
Out:   one line with its newline. Members that are empty (text, tuple, None) are left out. `time` comes first: the
       octets {"time": begin a line and can be nowhere else, since inside a string each quote has a backslash. A reader
       finds the next line by that after a line that was cut off by a full disk.
Long:  texts past 4096 characters and lists past 512 items are shortened, then shorter ones too until the line fits;
       what was shortened ends in U+2026, an ellipsis.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import Value

try:
    from _json import encode_basestring_ascii as _quoted
except ImportError:  # a Python without its C accelerators

    def _quoted(text: str, /) -> str:
        import json

        return json.dumps(text)


START = b'{"time":'
CUT = "\u2026"
_EMPTY = (None, "", ())
_TEXT = 4096  # characters of one text; an eighth of that is how many items a list may have


def encode(fact: Value) -> bytes:
    """The line of a fact whose first field is `time`."""
    width = _TEXT
    while True:
        line = json(fact, width).encode("ascii") + b"\n"
        if len(line) <= limits.JOURNAL_LINE or width <= 1:
            return line
        width //= 4  # bounded: seven rounds, each shorter than the one before


def json(value: object, width: int = _TEXT) -> str:
    """A value as JSON; texts are cut to `width` characters, lists to width/8 items. TypeError for other types."""
    match value:
        case str():
            return _quoted(value if len(value) <= width else value[:width] + CUT)
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return int.__repr__(value)
        case float():
            return (
                float.__repr__(value) if -1e300 < value < 1e300 else "null"
            )  # RFC 8259 section 6: no NaN, no Infinity
        case Value():
            state = value.__dict__
            members = [f'"{name}":{json(state[name], width)}' for name in value._fields if state[name] not in _EMPTY]
            return "{" + ",".join(members) + "}"
        case dict():
            return "{" + ",".join([f"{_quoted(name)}:{json(item, width)}" for name, item in value.items()]) + "}"
        case tuple() | list():
            most = max(1, width // 8)
            items = [json(item, width) for item in value[:most]]
            return "[" + ",".join(items if len(value) <= most else [*items, _quoted(CUT)]) + "]"
    raise TypeError(f"not a value for the journal: {type(value).__name__}")
