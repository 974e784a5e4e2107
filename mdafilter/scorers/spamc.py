"""The SPAMC protocol that spamd speaks: requests as bytes, replies from bytes. Does no I/O.

Spec:  spamd/PROTOCOL of SpamAssassin (SPAMC/1.5), and what spamd 4.0.1 really sends where that is silent.

A request is a line, header fields, a blank line, the message:      A reply is likewise:

    SYMBOLS SPAMC/1.5                                                   SPAMD/1.1 0 EX_OK
    Content-length: 1203                                                Content-length: 21
    User: alice                                                         Spam: True ; 15.2 / 5.0

    (the message)                                                       GTUBE,MISSING_SUBJECT

Odd corners of the replies: PONG and errors (a code that is not 0) are one line without a blank one, and then the
connection is closed. CHECK and TELL have no Content-length. REPORT_IFSPAM says Yes and No where the others say True
and False. TELL names in DidSet and DidRemove only what it changed.

In:    encode() gets the verb and fields; Decoder.feed() the bytes of the reply, in pieces of any size.
Out:   Reply, as soon as it is complete, however the bytes were cut; what follows it is not looked at.
Fails: ProtocolError, whatever the bytes are, and past limits.SPAMD_HEAD_OCTETS or limits.SPAMD_REPLY_OCTETS.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import MdafilterError
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

# Verb, and whether its reply has a body.
VERBS: dict[str, bool] = {
    "CHECK": False,  # spam or not, and the score
    "SYMBOLS": True,  # ... and the names of the rules that hit, with commas
    "REPORT": True,  # ... and a text for people
    "REPORT_IFSPAM": True,  # ... but only for spam
    "HEADERS": True,  # ... and the header as spamd rewrote it
    "PROCESS": True,  # ... and the whole message as spamd rewrote it
    "TELL": False,  # learns, forgets, reports
    "PING": False,
}

_PUNCTUATION = "_.-"


class ProtocolError(MdafilterError):
    """What was read is not the protocol, or what was to be written would not be."""


class Judgement(Value):
    """The field `Spam: True ; 15.2 / 5.0` of a reply."""

    spam: bool
    score: float
    threshold: float


class Reply(Value):
    """A whole reply. `code` is 0 or a number of sysexits(3); `text` its name, or what spamd says went wrong."""

    code: int
    text: str
    fields: tuple[tuple[str, str], ...] = ()  # name in lower case, value
    body: bytes = b""

    def value(self, name: str) -> str | None:
        """The value of the first field of that (lower case) name."""
        return next((value for key, value in self.fields if key == name), None)

    def judgement(self) -> Judgement:
        """What `Spam:` says. ProtocolError if it is missing, doubled or no such thing: no answer is never "ham"."""
        found = [value for key, value in self.fields if key == "spam"]
        if len(found) != 1:
            raise ProtocolError(f"{len(found)} Spam: fields in the reply")
        return _judgement(found[0])


# --- requests ------------------------------------------------------------------------------------------------------


def encode(verb: str, size: int = 0, fields: Iterable[tuple[str, str]] = ()) -> bytes:
    """The head of a request; `size` octets of message must follow. ProtocolError for a control character."""
    if verb not in VERBS:
        raise ProtocolError(f"no verb of SPAMC: {clean(verb)}")
    lines = [f"{verb} SPAMC/1.5"]
    if verb != "PING":
        lines.append(f"Content-length: {size}")
    for name, value in fields:
        if not _is_name(name) or any(c < " " or c == "\x7f" for c in value):
            # A line end in a user name would be a header field, or a message, of the sender's making.
            raise ProtocolError(f"a control character in {clean(name)}: {clean(value)}")
        lines.append(f"{name}: {value}")
    try:
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ProtocolError("half a surrogate pair in a value") from None


def telling(kind: str) -> tuple[tuple[str, str], ...]:
    """The fields of a TELL that learns "spam" or "ham", or takes back what was learned: "forget"."""
    if kind == "forget":
        return (("Remove", "local"),)
    if kind not in ("spam", "ham"):
        raise ProtocolError(f"no class of message: {clean(kind)}")
    return (("Message-class", kind), ("Set", "local"))


# --- replies -------------------------------------------------------------------------------------------------------


class Decoder:
    """Reads one reply to `verb`, in bounded memory and in time linear in its size."""

    def __init__(self, verb: str, most: int = limits.SPAMD_REPLY_OCTETS) -> None:
        self._has_body = VERBS[verb]
        self._is_ping = verb == "PING"
        self._most = most
        self._held = bytearray()
        self._searched = 0  # octets of _held in which there is no line end
        self._head = 0  # octets of the head that were taken from _held
        self._status: tuple[int, str] | None = None
        self._fields: list[tuple[str, str]] = []
        self._in_body = False
        self._length: int | None = None
        self._reply: Reply | None = None

    def feed(self, data: bytes) -> Reply | None:
        """Takes the next bytes; the reply when it is complete. ProtocolError if it cannot become one."""
        if self._reply is None:
            self._held += data
            self._read()
        return self._reply

    def end(self) -> Reply:
        """The server has closed: the reply, if what there is of it is one. ProtocolError if it was cut off."""
        if self._in_body and self._length is None and self._reply is None:
            self._finish(bytes(self._held))
        if self._reply is None:
            raise ProtocolError(f"the reply ended early, after {self._head + len(self._held)} octets")
        return self._reply

    def _read(self) -> None:
        while not self._in_body:
            line = self._line()
            if line is None:
                return
            self._take(line)
            if self._reply is not None:
                return
        self._measure()

    def _line(self) -> bytes | None:
        end = self._held.find(b"\n", self._searched)
        octets = self._head + (end + 1 if end >= 0 else len(self._held))
        if octets > limits.SPAMD_HEAD_OCTETS:
            raise ProtocolError(f"the head of the reply is longer than {limits.SPAMD_HEAD_OCTETS} octets")
        if end < 0:
            self._searched = len(self._held)
            return None
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        self._head, self._searched = octets, 0
        return line.removesuffix(b"\r")

    def _take(self, line: bytes) -> None:
        if self._status is None:
            self._status = _status(line)
            if self._status[0] or self._is_ping:  # nothing of use follows, and with PING and errors nothing does
                self._finish(b"")
        elif line:
            name, colon, value = line.partition(b":")
            if not colon:
                raise ProtocolError(f"no field: {clean(line)}")
            self._field(clean(name).strip().lower(), clean(value).strip())
        elif self._has_body:
            self._in_body = True
        else:
            self._finish(b"")

    def _field(self, name: str, value: str) -> None:
        self._fields.append((name, value))
        if len(self._fields) > limits.SPAMD_FIELDS:
            raise ProtocolError(f"more than {limits.SPAMD_FIELDS} fields in the reply")
        if name == "content-length":
            length = _number(value)
            if self._length not in (None, length):
                raise ProtocolError("two values of Content-length")
            if self._has_body and length > self._most:
                raise ProtocolError(f"a reply of {length} octets, more than {self._most}")
            self._length = length

    def _measure(self) -> None:
        if self._length is None:
            if len(self._held) > self._most:
                raise ProtocolError(f"a reply of more than {self._most} octets")
        elif len(self._held) >= self._length:
            self._finish(bytes(self._held[: self._length]))

    def _finish(self, body: bytes) -> None:
        assert self._status is not None
        self._reply = Reply(*self._status, tuple(self._fields), body)
        self._held.clear()


def symbols(text: str) -> tuple[str, ...]:
    """The names of rules in a list with commas and blanks: the body of SYMBOLS, or what is after `tests=`."""
    names = text[: limits.SPAMD_HEAD_OCTETS].replace(",", " ").split()
    words = ("".join(c if c.isascii() and (c.isalnum() or c in _PUNCTUATION) else "_" for c in n) for n in names)
    return tuple(w[: limits.SYMBOL_OCTETS] for w in words if w != "none")[: limits.SYMBOLS]


def status_symbols(value: str) -> tuple[str, ...]:
    """The names of rules in an X-Spam-Status as spamd writes it: `Yes, score=7 required=5 tests=A,B,\\tC version=4`."""
    _, found, rest = value[: limits.SPAMD_HEAD_OCTETS].partition("tests=")
    names: list[str] = []
    for word in rest.split() if found else ():
        if "=" in word:  # the next key
            break
        names.append(word)
    return symbols(" ".join(names))


def clean(data: bytes | str) -> str:
    """Printable ASCII of what a server or a message says, at most 200 characters, for a message of ours."""
    text = data[:400].decode("latin-1") if isinstance(data, bytes) else data
    return "".join(c if " " <= c <= "~" else " " if c == "\t" else "?" for c in text[:200])


def _status(line: bytes) -> tuple[int, str]:
    name, _, rest = line.partition(b" ")
    code, _, text = rest.partition(b" ")
    if not name.startswith(b"SPAMD/") or not (code.isdigit() and len(code) <= 3):
        raise ProtocolError(f"no reply of spamd: {clean(line)}")
    return int(code), clean(text).strip()


def _judgement(value: str) -> Judgement:
    word, semicolon, numbers = value.partition(";")
    score, slash, threshold = numbers.partition("/")
    spam = {"true": True, "yes": True, "false": False, "no": False}.get(word.strip().lower())
    if spam is None or not semicolon or not slash:
        raise ProtocolError(f"no judgement: Spam: {value}")
    return Judgement(spam, _decimal(score.strip()), _decimal(threshold.strip()))


def _decimal(text: str) -> float:
    """A score. Neither nan nor inf nor 1e5, which float() would take; a comma is what printf writes in some locales."""
    whole, _, fraction = text.removeprefix("-").replace(",", ".").partition(".")
    if not (whole + fraction).isdigit() or not text.isascii() or len(text) > 32:
        raise ProtocolError(f"no score: {clean(text)}")
    return float(f"{'-' if text.startswith('-') else ''}{whole or '0'}.{fraction or '0'}")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ProtocolError(f"no number: {text}")
    return int(text)


def _is_name(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum()
