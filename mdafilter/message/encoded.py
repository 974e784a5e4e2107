"""Encoded words in header text (RFC 2047), and octets of a named charset as text.

decode("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=") is "Grüße". What is wrong is read as people's mail programs read it, and never
raises: an unknown charset is taken as UTF-8 if it is that, else as Latin-1; a broken escape stays as it stands.

The scan is linear: every step is bounded by the next "=?", and no octet is looked at by more than one word.
"""

from __future__ import annotations

import binascii

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Codecs of Python that are no charset of any mail: some raise on anything, the decoder of punycode is quadratic.
# (Codecs between bytes and bytes, as rot13 and base64, are refused by bytes.decode itself.)
_NO_CHARSETS = frozenset(
    ("idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "unicode_internal")
)
_CHARSET_OCTETS = 40  # no registered name is longer (IANA: "at most 40 characters")
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789-_.:+"
_CHARACTER_OCTETS = 8  # of one character, in any charset
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932"}
_BLANKS = " \t\r\n"
_WORD_OCTETS = 42  # of UTF-8 in one encoded word, so that it has at most 75 characters (RFC 2047 section 2)


def text_of(data: bytes, charset: str) -> str:
    """The octets as text; never raises. `charset` may carry a language ("utf-8*en", RFC 2231 section 5)."""
    name = charset.partition("*")[0].strip(" \t\"'").lower()
    if name not in ("", "us-ascii", "ascii", "utf-8", "utf8"):
        if _is_plain(name):
            try:
                return _whole(data.decode(_SUPERSETS.get(name, name), "replace"))
            except (LookupError, ValueError):
                pass  # unknown, or no charset at all: read as below
    elif name.startswith("utf"):
        return data.decode("utf-8", "replace")
    return raw_text(data)


def exact_text(data: bytes, charset: str, *, cut: bool = False) -> str | None:
    """As text_of; None for an unknown charset, and for octets that are wrong in it. `cut`: they end in the middle."""
    name = charset.partition("*")[0].strip(" \t\"'").lower()
    if not _is_plain(name):
        return None
    name = _SUPERSETS.get(name, name)
    try:
        try:
            return _whole(data.decode(name))
        except UnicodeDecodeError as wrong:
            if not cut or wrong.start < len(data) - _CHARACTER_OCTETS:
                return None
            return _whole(data[: wrong.start].decode(name))
    except (LookupError, ValueError):
        return None


def _is_plain(name: str) -> bool:
    """Whether this can be the name of a charset, and of no codec that is none."""
    return len(name) <= _CHARSET_OCTETS and not name.strip(_NAME) and name.replace("-", "_") not in _NO_CHARSETS


def _whole(text: str) -> str:
    """Without halves of UTF-16 pairs, which UTF-7 can spell and which are no characters (RFC 2152)."""
    if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def raw_text(data: bytes) -> str:
    """Octets of no stated charset: UTF-8 (RFC 6532) if they are that, else Latin-1, which knows every octet."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def decode(text: str) -> str:
    """The text with its encoded words decoded, up to limits.ENCODED_WORDS of them; the rest stays as it is."""
    if "=?" not in text:
        return text
    out: list[str] = []
    run = _Run()
    done = 0
    for start, end, charset, kind, word in _words(text):
        between = text[done:start]
        # RFC 2047, 6.2: white space between two encoded words is not shown.
        if between and (not run.words or between.strip(_BLANKS)):
            out.append(run.flush())
            out.append(between)
        elif run.charset != charset:
            out.append(run.flush())
        run.add(charset, kind, word)
        done = end
    out.append(run.flush())
    out.append(text[done:])
    return "".join(out)


def encode(text: str) -> str:
    """The text as encoded words (B, UTF-8), none of which cuts a character."""
    words, chunk = [], b""
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            words.append(chunk)
            chunk = b""
        chunk += octets
    words.append(chunk)
    return " ".join([f"=?utf-8?B?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in words])


def _words(text: str) -> Iterator[tuple[int, int, str, str, str]]:
    """Each encoded word: where it starts and ends, charset, "q" or "b", encoded text."""
    start, count = text.find("=?"), 0
    closing = 0  # the first "?=" at or after what was asked last; it only moves on
    while start >= 0 and count < limits.ENCODED_WORDS:
        following = text.find("=?", start + 2)
        charset_end = text.find("?", start + 2)
        kind = text[charset_end + 1 : charset_end + 3].lower() if charset_end > 0 else ""
        if kind in ("q?", "b?"):
            inner = charset_end + 3
            if closing < inner:
                closing = text.find("?=", inner)
                if closing < 0:
                    return
            if following >= 0 and following < inner:
                following = text.find("=?", inner)
            # "=?=" at the end of a word is its last "=" and the closing "?=", not a new word
            if following < 0 or closing <= following + 1:
                charset = text[start + 2 : charset_end]
                if charset.strip(_BLANKS):
                    yield start, closing + 2, charset.lower(), kind[0], text[inner:closing]
                    count += 1
                    start = text.find("=?", closing + 2)
                    continue
        start = following


class _Run:
    """Encoded words that follow each other in one charset: joined before they are decoded.

    RFC 2047 section 5 wants each word to be whole characters, but many senders cut anywhere, also inside of a base64
    quantum.
    """

    def __init__(self) -> None:
        self.words = 0
        self.charset = ""
        self.data: list[bytes] = []
        self.open: list[str] = []  # base64 text that is not yet a whole quantum
        self.open_length = 0

    def add(self, charset: str, kind: str, word: str) -> None:
        self.words += 1
        self.charset = charset
        if kind == "b":
            self.open.append(word)
            self.open_length += len(word)
            if self.open_length % 4 == 0 or word.endswith("="):
                self._close()
        else:
            self._close()
            self.data.append(unquote(word))

    def _close(self) -> None:
        if self.open:
            self.data.append(unbase64("".join(self.open).encode("latin-1", "replace")))
            self.open, self.open_length = [], 0

    def flush(self) -> str:
        if not self.words:
            return ""
        self._close()
        text = text_of(b"".join(self.data), self.charset)
        self.words, self.charset, self.data = 0, "", []
        return text


def unquote(word: str) -> bytes:
    """The Q encoding (RFC 2047 section 4.2): `_` is a space, =XX an octet. A wrong escape stays as it stands."""
    data = word.encode("latin-1", "ignore") if word.isascii() else word.encode("utf-8", "replace")
    return binascii.a2b_qp(data, header=True) if b"=" in data or b"_" in data else data


_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(_ALPHABET)))


def unbase64(text: bytes) -> bytes:
    """Base64 read leniently: what is not of the alphabet is skipped, and padding ends a quantum, not the text."""
    if b"=" in text:
        return b"".join([unbase64(piece) for piece in text.split(b"=") if piece])
    clean = text.translate(None, _NOT_BASE64)
    spare = len(clean) % 4
    if spare == 1:  # six bits are no octet
        clean, spare = clean[:-1], 0
    return binascii.a2b_base64(clean + b"===="[: (4 - spare) % 4])
