"""The message as it follows DATA and BDAT: octets off the line in, the message with LF as line ends out.

Spec:  RFC 5321 sections 4.1.1.4, 4.5.2 (the end, and the dots) and 2.3.8 (lines end in CRLF, and in nothing else);
       RFC 3030 (BDAT); RFC 1870 section 5 (what counts as size: CRLF, and without the dots that were put in).

A Maildir under Postfix holds LF, so that is what comes out, for either command.

DATA ends with CRLF . CRLF and with nothing else: what others take for the end as well (LF . LF, CR . CRLF, CRLF . LF,
CRLF . CR ...) is never one, so that no message can be made into two. And a message with such a thing is refused:

    LF without CR    anywhere. Postfix' lmtp(8) sends lines, and ends each with CRLF: this does not come from there
    CR without LF    beside a dot as at an end. Elsewhere it is an octet of its line: Postfix passes it on where
                     cleanup_replace_stray_cr_lf is "no", as it would into a pipe

What BDAT brings is counted and not looked for, so any octets are good there, and a bare LF is a line end like another.

In:    pieces of any size. The work is find, count and replace on whole pieces: linear, and no line is looked at alone,
       so no limit is needed for its length.
Out:   pieces of the message; `rest`, what follows the end, when that has come. At most four octets are held back.
Fails: never; `false_end` says that the message has something to be refused for.
"""

from __future__ import annotations

_END = b"\r\n.\r\n"


class Dotted:
    """What follows DATA."""

    def __init__(self) -> None:
        self.size = 0
        self.false_end = False
        self.rest: bytes | None = None
        self._held = b"\r\n"  # the line end before the first line is that of DATA itself
        self._first = 1  # its LF, which is no part of the message

    def feed(self, data: bytes) -> bytes:
        """Takes the next octets; what is certain of the message."""
        data = self._held + data
        end = data.find(_END)
        if end >= 0:
            self.rest = data[end + len(_END) :]
            data = data[: end + 2]
        else:
            keep = _beginning(data)
            cut = len(data) - keep
            self._held = data[cut:]
            data = data[:cut]
        return self._plain(data) if data else b""

    def _plain(self, data: bytes) -> bytes:
        """Without the dots, with LF. `data` ends neither between CR and LF nor before the dot of a line."""
        lines = data.count(b"\r\n")
        self.false_end = self.false_end or _is_false(data)
        text = data.replace(b"\r\n.", b"\n").replace(b"\r\n", b"\n")
        self.size += len(text) + lines
        if self._first:
            self._first = 0
            self.size -= 2
            return text[1:]
        return text


def _beginning(data: bytes) -> int:
    """How many octets at the end of `data` may be the beginning of an end."""
    for size in (4, 3, 2, 1):
        if data.endswith(_END[:size]):
            return size
    return 0


def _is_false(data: bytes) -> bool:
    """Whether octets that hold no end of data have what others could take for one."""
    others = data.replace(b"\r\n", b"")  # a sixth of what it takes to count single octets
    if b"\n" in others:
        return True
    return b"\r" in others and (b"\r." in data or b"\r\n.\r" in data)


class Counted:
    """What follows BDAT: chunks, each of a size that was said before, and all of them one message."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Takes the next octets of a chunk; what is certain of the message."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        return (data[:-1] if self._held else data).replace(b"\r\n", b"\n")

    def end(self) -> bytes:
        """The last chunk has ended: what was held back."""
        held, self._held = self._held, b""
        return held
