"""Replies of an LMTP server: a code, an enhanced status code, and a text.

Spec:  RFC 5321 section 4.2 (codes and lines), RFC 2034 and 3463 (enhanced status codes: on each line of a reply of
       class 2, 4 or 5, but not on the greeting and the reply to LHLO), RFC 6531 section 3.7.4.2 (UTF-8 in replies
       only where the client has said SMTPUTF8).
       To others it is said in US-ASCII (RFC 5429 section 2.1.1): letters without their marks, and a line that has
       others, as of another alphabet, is left out.

    550-5.7.1 We do not take
    550 5.7.1 programs

In:    any text; what a rule says may have line ends, and be of any length.
Out:   octets of one reply: lines of at most 512 octets that end in CRLF, and nothing that could be taken for another.
Fails: never.
"""

from __future__ import annotations

import unicodedata

from mdafilter.values import Value

LINE_OCTETS = 512  # RFC 5321, 4.5.3.1.5: with the code and the line end
LINES = 20  # of one reply
UNSPOKEN = "The reason cannot be written in US-ASCII"
_ASCII = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D"}
    | {"ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ı": "i", "€": "EUR", "–": "-", "—": "-", "‐": "-", "−": "-"}
    | {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "•": "*", "\xa0": " "}
)
_ROOM = LINE_OCTETS - len("550-5.123.123 \r\n")


class Reply(Value):
    """One reply. `status` is an enhanced status code; "" has none."""

    code: int
    status: str
    text: str

    def octets(self, utf8: bool = False) -> bytes:
        """The reply as it is sent."""
        text = self.text
        if len(text) < _ROOM and text.isascii() and text.isprintable():
            return (
                f"{self.code} {self.status} {text}\r\n".encode() if self.status else f"{self.code} {text}\r\n".encode()
            )
        lines = _lines(text, utf8)
        status = f"{self.status} ".encode() if self.status else b""
        code = str(self.code).encode()
        return b"".join(
            code + (b" " if last else b"-") + status + line + b"\r\n"
            for line, last in zip(lines, [False] * (len(lines) - 1) + [True], strict=True)
        )


def _lines(text: str, utf8: bool) -> list[bytes]:
    """The text in lines that fit, without control characters."""
    found: list[bytes] = []
    text = text[: LINES * LINE_OCTETS]
    for line in text.splitlines() if utf8 or text.isascii() else _spelled(text):
        shown = "".join(c if c.isprintable() and (utf8 or c < "\x7f") else "?" for c in line.expandtabs(1))
        # A character has at most four octets; where lines break does not matter.
        step = _ROOM if shown.isascii() else _ROOM // 4
        found += [shown[at : at + step].encode() for at in range(0, len(shown), step)]
    return found[:LINES] or [b""]


def _spelled(text: str) -> list[str]:
    """The lines in US-ASCII, as far as their letters have some there."""
    lines = []
    for line in text.splitlines():
        apart = unicodedata.normalize("NFKD", line.translate(_ASCII))
        ascii_ = "".join(c for c in apart if not unicodedata.combining(c))
        if not any(c.isalnum() and not c.isascii() for c in ascii_):
            lines.append(ascii_)
    return lines or [UNSPOKEN]


# --- what is said by the protocol alone ----------------------------------------------------------------------------

OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "OK")
RECIPIENT_OK = Reply(250, "2.1.5", "OK")
GO_ON = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
BYE = Reply(221, "2.0.0", "Bye")
VRFY = Reply(252, "2.1.5", "Send some mail, and we will see")
HELP = Reply(214, "2.0.0", "LHLO XFORWARD MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT; see RFC 2033")

UNKNOWN = Reply(500, "5.5.1", "This is no command")
NOT_SMTP = Reply(500, "5.5.1", "This is LMTP: say LHLO")
FOREIGN = Reply(421, "4.7.0", "This is LMTP")
NOT_OFFERED = Reply(502, "5.5.1", "Not offered here")
TOO_LONG = Reply(500, "5.5.2", "The line is too long")
BARE_LF = Reply(500, "5.5.2", "A line ends in CRLF, and not in LF alone (RFC 5321, 2.3.8)")
CONTROL = Reply(500, "5.5.2", "A control character in a command")
NO_ARGUMENT = Reply(501, "5.5.4", "This command takes no argument")
LHLO_FIRST = Reply(503, "5.5.1", "Say LHLO first")
ORDER = Reply(503, "5.5.1", "Not now: the commands are out of order")
NO_RECIPIENTS = Reply(503, "5.5.1", "There is no recipient")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors")
TOO_LARGE = Reply(552, "5.3.4", "The message is larger than is taken here")
FALSE_END = Reply(550, "5.5.2", "A bare LF in the message, or a bare CR at a dot: lines end in CRLF (RFC 5321, 2.3.8)")
LEAVING = Reply(421, "4.3.2", "The service is restarted; try again")
