"""The grammar of LMTP commands: a line in, a value out.

Spec:  RFC 5321 section 4.1.1 and 4.1.2 (commands, paths), RFC 1870 (SIZE), 6152 (BODY), 6531 (SMTPUTF8), 3461 and 6533
       (RET, ENVID, NOTIFY, ORCPT), 3030 (BDAT); XFORWARD as Postfix sends it.

    MAIL FROM:<> SIZE=1203 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159
    RCPT TO:<"a b"@example.org> NOTIFY=NEVER ORCPT=rfc822;a+20b@example.com
    BDAT 1000 LAST
    XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 HELO=mx.example.org IDENT=4bXyz

Who speaks here has accepted the message already, and what we refuse is a bounce. So where the RFC leaves room, it is
used: blanks after "FROM:", dots anywhere in a local part, addresses in UTF-8 without SMTPUTF8, and octets that are no
UTF-8 (they come out as surrogates). A source route is dropped, as section 4.1.1.3 has it; the quotes of a local part
are taken off, as Postfix does it for a mailbox_command.

In:    the text behind the verb, without control characters.
Out:   Mail, Rcpt, Chunk, or the pairs of XFORWARD.
Fails: Refused, with the reply.
"""

from __future__ import annotations

import re

from mdafilter import limits
from mdafilter.errors import MdafilterError
from mdafilter.serve.lmtp.reply import Reply
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Table: TypeAlias = dict[str, tuple[str, Callable[[str | None], object]]]  # name: field, how it is read

_SIZE_DIGITS = 20  # RFC 1870, section 4; of a chunk less: nobody sends so much
_CHUNK_DIGITS = 18
_FORWARDED_OCTETS = 255  # XFORWARD: of one value

_PATH = re.compile(
    r"""\ *<
        (?:@[^<>:"\\ ]*:)?                                                   # a source route
        (?: "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<plain>[^\x00-\x20\x7f()<>\[\]:;@\\,"]+) )
        (?:@(?P<domain>\[[^\x00-\x20\x7f\[\]\\]+\]|[^\x00-\x20\x7f()<>\[\]:;@\\,"]+))?
    >""",
    re.VERBOSE,
)
_NULL = re.compile(r" *<>")
_PAIR = re.compile(r"\\(.)")
_WORD = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^= ]+))?\Z")  # RFC 5321, 4.1.2: esmtp-param
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*\Z")  # RFC 3461, section 4
_XTEXT_OCTET = re.compile(rb"\+([0-9A-F]{2})")
_UNICODE = re.compile(r"\\x\{([0-9A-F]{2,6})\}")  # RFC 6533, section 3
_CONTROL = re.compile("[\x00-\x1f\x7f]")


class Refused(MdafilterError):
    """The command is not obeyed."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Path(Value):
    """An address, without angle brackets and quotes. The null sender has neither part; "postmaster" has no domain."""

    local: str = ""
    domain: str = ""

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local


class Mail(Value):
    """MAIL. `size` is what the client says that the message has; 0 is nothing."""

    sender: Path
    size: int = 0
    body: str = "7BIT"
    utf8: bool = False
    ret: str = ""
    envid: str = ""


class Rcpt(Value):
    """RCPT. `original` is the address of ORCPT, as it was before any alias; "" is not known."""

    path: Path
    notify: tuple[str, ...] = ()
    original: str = ""


class Chunk(Value):
    """BDAT."""

    size: int
    last: bool = False


def mail(text: str) -> Mail:
    """What follows `MAIL `."""
    text = _after(text, "FROM:")
    null = _NULL.match(text)
    path, end = (Path(), null.end()) if null else _path(text, "5.1.7")
    return Mail(path, **_parameters(text[end:], _MAIL)) if len(text) > end else Mail(path)


def rcpt(text: str) -> Rcpt:
    """What follows `RCPT `."""
    text = _after(text, "TO:")
    path, end = _path(text, "5.1.3")
    return Rcpt(path, **_parameters(text[end:], _RCPT)) if len(text) > end else Rcpt(path)


def chunk(text: str) -> Chunk:
    """What follows `BDAT `. Refused leaves open what the next octets are: the connection cannot go on."""
    size, *more = _words(text)[:3] or [""]
    last = [word.upper() for word in more] == ["LAST"]
    if not _is_number(size, _CHUNK_DIGITS) or (more and not last):
        raise _syntax("BDAT size [LAST]")
    return Chunk(int(size), last)


def forwarded(text: str) -> dict[str, str]:
    """What follows `XFORWARD `: names in upper case. What is not available has the value ""."""
    found: dict[str, str] = {}
    for word in _words(text):
        name, equals, value = word.partition("=")
        name = name.upper()
        if name not in FORWARDED or not equals:
            raise _syntax(f"{_shown(word)} is no attribute of XFORWARD")
        value = xtext(value)
        if value.upper() in ("[UNAVAILABLE]", "[TEMPUNAVAIL]"):
            value = ""
        if len(value) > _FORWARDED_OCTETS:
            raise _syntax(f"the value of {name} is too long")
        if name == "ADDR" and value[:5].upper() == "IPV6:":  # RFC 5321, 4.1.3
            value = value[5:]
        found[name] = value
    if not found:
        raise _syntax("XFORWARD attribute=value ...")
    return found


FORWARDED = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")


def xtext(text: str) -> str:
    """Decodes xtext (RFC 3461, section 4). Control characters, which belong into no address, come out as "?"."""
    if not _XTEXT.match(text):
        if not text.isascii() and "+" not in text:
            return _CONTROL.sub("?", text)  # RFC 6533: utf-8-addr-unitext
        raise _syntax(f"{_shown(text)} is no xtext")
    octets = _XTEXT_OCTET.sub(lambda pair: bytes.fromhex(pair[1].decode()), text.encode())
    return _CONTROL.sub("?", octets.decode("utf-8", "surrogateescape"))


# --- paths ---------------------------------------------------------------------------------------------------------


def _after(text: str, word: str) -> str:
    if text[: len(word)].upper() != word:
        raise _syntax(f"{word}<address> is missing")
    return text[len(word) :]


def _path(text: str, status: str) -> tuple[Path, int]:
    """The path at the beginning, and where it ends."""
    found = _PATH.match(text)
    if not found or text[found.end() : found.end() + 1] not in ("", " "):
        raise Refused(Reply(501, status, "This is no address"))
    if found.end() > limits.LMTP_PATH_OCTETS:
        raise Refused(Reply(501, status, "The address is too long"))
    quoted = found["quoted"]
    local = found["plain"] if quoted is None else _PAIR.sub(r"\1", quoted)
    if not local:
        raise Refused(Reply(501, status, "This is no address"))
    return Path(local, found["domain"] or ""), found.end()


# --- parameters ----------------------------------------------------------------------------------------------------


def _parameters(text: str, table: Table) -> dict[str, Any]:
    """The parameters behind a path, as fields of Mail or Rcpt."""
    found: dict[str, Any] = {}
    for word in _words(text):
        pair = _WORD.match(word)
        if not pair:
            raise _syntax(f"{_shown(word)} is no parameter")
        name = pair[1].upper()
        if name not in table:
            # RFC 5321, 4.1.1.11: "555" for a parameter that is not known
            raise Refused(Reply(555, "5.5.4", f"The parameter {_shown(name)} is not known"))
        field, read = table[name]
        if field in found:
            raise _syntax(f"{name} twice")
        found[field] = read(pair[2])
    return found


def _size(value: str | None) -> int:
    if value is None or not _is_number(value, _SIZE_DIGITS):
        raise _syntax("SIZE=octets")
    return int(value)


def _one_of(*words: str) -> Callable[[str | None], str]:
    def read(value: str | None) -> str:
        if value is None or value.upper() not in words:
            raise _syntax(f"one of {', '.join(words)} is wanted")
        return value.upper()

    return read


def _flag(value: str | None) -> bool:
    if value is not None:
        raise _syntax("SMTPUTF8 has no value")  # RFC 6531, 3.4
    return True


def _envid(value: str | None) -> str:
    return xtext(value or "")


def _notify(value: str | None) -> tuple[str, ...]:
    """RFC 3461, 4.1: NEVER alone, or a list of the others."""
    words = tuple((value or "").upper().split(","))
    if words != ("NEVER",) and not set(words) <= {"SUCCESS", "FAILURE", "DELAY"}:
        raise _syntax("NOTIFY=NEVER, or SUCCESS,FAILURE,DELAY")
    return words


def _original(value: str | None) -> str:
    """RFC 3461, 4.2: a type of addresses, and an address in xtext; only those of mail are of use."""
    kind, semicolon, address = (value or "").partition(";")
    if not kind or not semicolon:
        raise _syntax("ORCPT=rfc822;address")
    if kind.upper() == "UTF-8":
        if "\\" in address:  # utf-8-addr-xtext has "\\x{20}" where xtext has "+20"
            address = _UNICODE.sub(lambda found: _character(int(found[1], 16)), address)
        return _CONTROL.sub("?", address)
    address = xtext(address)
    return address if kind.upper() == "RFC822" else ""


def _character(number: int) -> str:
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "?"


_MAIL: Table = {
    "SIZE": ("size", _size),
    "BODY": ("body", _one_of("7BIT", "8BITMIME")),
    "SMTPUTF8": ("utf8", _flag),
    "RET": ("ret", _one_of("FULL", "HDRS")),
    "ENVID": ("envid", _envid),
}
_RCPT: Table = {
    "NOTIFY": ("notify", _notify),
    "ORCPT": ("original", _original),
}


def _words(text: str) -> list[str]:
    return [word for word in text.split(" ") if word]


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits


def _syntax(text: str) -> Refused:
    return Refused(Reply(501, "5.5.4", text))


def _shown(text: str) -> str:
    return text[:60]
