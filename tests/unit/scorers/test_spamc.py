"""The SPAMC protocol: the dialogues of tests/dialogues/spamd, and what a request must never contain.

A dialogue is read line by line:  `C: ` the head of the request, `S: ` the reply (a line ends with CR LF, unless a `\\`
ends it), `= ` what is read from it, `! ` the error it is, `~ ` it is complete only when the server closes, `# ` why.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.scorers.spamc import (
    VERBS,
    Decoder,
    ProtocolError,
    Reply,
    clean,
    encode,
    status_symbols,
    symbols,
    telling,
)
from tests.support.cuts import WAYS, cut

FOLDER = Path(__file__).parents[2] / "dialogues" / "spamd"


class Dialogue:
    def __init__(self, path: Path) -> None:
        lines = path.read_text().splitlines()
        self.client = [line[3:] for line in lines if line.startswith("C:")]
        self.request = "".join(f"{line}\r\n" for line in self.client).encode()
        server = [line[3:] for line in lines if line.startswith("S:")]
        self.reply = "".join(line[:-1] if line.endswith("\\") else f"{line}\r\n" for line in server).encode()
        self.expected = [line[2:] for line in lines if line.startswith("= ")]
        self.error = next((line[2:] for line in lines if line.startswith("! ")), "")
        self.until_end = any(line.startswith("~ ") for line in lines)
        self.verb = self.client[0].split()[0]
        self.name = path.stem


ALL = [Dialogue(path) for path in sorted(FOLDER.glob("*.txt"))]
COMPLETE = [one for one in ALL if not one.error and not one.until_end]
NO_LENGTH = [one for one in ALL if not one.error and b"Content-length" not in one.reply]
each = pytest.mark.parametrize("dialogue", ALL, ids=lambda one: one.name)
each_complete = pytest.mark.parametrize("dialogue", COMPLETE, ids=lambda one: one.name)
each_without_length = pytest.mark.parametrize("dialogue", NO_LENGTH, ids=lambda one: one.name)


def read(verb: str, pieces: list[bytes], *, ends: bool) -> Reply:
    """What a decoder makes of the pieces, as a client would have it."""
    decoder = Decoder(verb)
    reply = None
    for piece in pieces:
        reply = decoder.feed(piece)
        if reply is not None:
            break
    if reply is None:
        assert ends, "the reply should have been complete before the server closed"
        reply = decoder.end()
    if reply.code == 0 and verb not in ("PING", "TELL"):
        reply.judgement()
    return reply


def described(verb: str, reply: Reply, wanted: list[str]) -> list[str]:
    """The reply in the words of a dialogue, as far as the dialogue speaks of it."""
    said = [f"{reply.code} {reply.text}"]
    for line in wanted[1:]:
        key = line.partition(":")[0]
        if key == "spam":
            judgement = reply.judgement()
            said.append(f"spam: {judgement.spam} {judgement.score} {judgement.threshold}")
        elif key == "body":
            said.append(f"body: {reply.body.decode()}")
        elif key == "symbols":
            said.append(f"symbols: {' '.join(symbols(reply.body.decode()))}")
        else:
            said.append(f"{key}: {reply.value(key)}")
    return [line.rstrip() for line in said]


@each
@pytest.mark.parametrize("way", WAYS)
def test_a_reply_is_the_same_however_it_is_cut(dialogue: Dialogue, way: str) -> None:
    pieces = cut(dialogue.reply, way)
    if dialogue.error:
        with pytest.raises(ProtocolError, match=dialogue.error.replace("(", r"\(")):
            read(dialogue.verb, pieces, ends=True)
    else:
        reply = read(dialogue.verb, pieces, ends=dialogue.until_end)
        assert described(dialogue.verb, reply, dialogue.expected) == [line.rstrip() for line in dialogue.expected]


@each_complete
def test_what_follows_a_reply_is_not_looked_at(dialogue: Dialogue) -> None:
    plain = read(dialogue.verb, [dialogue.reply], ends=False)
    assert (
        read(dialogue.verb, [dialogue.reply + b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9 / 5\r\n\r\n"], ends=False) == plain
    )
    decoder = Decoder(dialogue.verb)
    decoder.feed(dialogue.reply)
    assert decoder.feed(b"\0\xff\n" * 1000) == decoder.end() == plain


@each_without_length
def test_line_ends_without_CR_are_read_too(dialogue: Dialogue) -> None:
    reply = read(dialogue.verb, [dialogue.reply.replace(b"\r\n", b"\n")], ends=dialogue.until_end)
    assert described(dialogue.verb, reply, dialogue.expected) == [line.rstrip() for line in dialogue.expected]


@each
def test_a_request_is_what_the_dialogue_says(dialogue: Dialogue) -> None:
    fields = [(k, v) for k, _, v in (line.partition(": ") for line in dialogue.client[1:-1]) if k != "Content-length"]
    told = [f for f in fields if f[0] != "User"]
    if dialogue.verb == "TELL":
        assert tuple(told) in (telling("spam"), telling("ham"), telling("forget"))
    assert encode(dialogue.verb, 12, fields) == dialogue.request


def test_every_verb_has_a_dialogue() -> None:
    assert {one.verb for one in ALL} == set(VERBS) - {"PROCESS"}  # which is HEADERS with a body


@pytest.mark.parametrize("value", ["a\r\nSet: local", "a\nb", "a\rb", "a\0b", "a\x7fb", "\x1b[2J"])
def test_a_control_character_in_a_value_is_refused(value: str) -> None:
    with pytest.raises(ProtocolError, match="control character in User"):
        encode("CHECK", 1, [("User", value)])


def test_a_field_name_is_a_name() -> None:
    with pytest.raises(ProtocolError):
        encode("CHECK", 1, [("User: x\r\nSet", "a")])


def test_only_verbs_of_the_protocol_are_sent() -> None:
    with pytest.raises(ProtocolError):
        encode("CHECK SPAMC/1.5\r\nUser: root\r\n", 1)


def test_a_user_with_other_letters_is_sent_as_UTF8() -> None:
    assert b"User: j\xc3\xb6rg\r\n" in encode("CHECK", 1, [("User", "jörg")])
    assert b"User: j\xf6rg\r\n" in encode("CHECK", 1, [("User", "j\udcf6rg")])  # as it came from the system


def test_learning_is_spam_or_ham() -> None:
    with pytest.raises(ProtocolError, match="no class of message"):
        telling("eggs")


def test_a_head_without_end_is_an_error_in_bounded_memory() -> None:
    decoder = Decoder("CHECK")
    decoder.feed(b"SPAMD/1.1 0 EX_OK\r\n")
    for _ in range((limits.SPAMD_HEAD_OCTETS - 19) // 1000):
        assert decoder.feed(b"x" * 1000) is None
    with pytest.raises(ProtocolError, match="head of the reply"):
        decoder.feed(b"x" * 1000)


def test_fields_without_end_are_an_error() -> None:
    with pytest.raises(ProtocolError, match="fields in the reply"):
        Decoder("CHECK").feed(b"SPAMD/1.1 0 EX_OK\r\n" + b"A: b\r\n" * (limits.SPAMD_FIELDS + 1))


def test_a_body_without_length_is_bounded() -> None:
    decoder = Decoder("SYMBOLS", most=1000)
    decoder.feed(b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9 / 5\r\n\r\n")
    assert decoder.feed(b"x" * 1000) is None
    with pytest.raises(ProtocolError, match="more than 1000 octets"):
        decoder.feed(b"x")


def test_the_cap_itself_is_no_error() -> None:
    head = b"SPAMD/1.1 0 EX_OK\r\nContent-length: 1000\r\nSpam: True ; 9 / 5\r\n\r\n"
    reply = Decoder("SYMBOLS", most=1000).feed(head + b"x" * 1000)
    assert reply is not None
    assert len(reply.body) == 1000


def test_the_end_of_nothing_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="ended early, after 0 octets"):
        Decoder("CHECK").end()


def test_symbols_are_names() -> None:
    assert symbols("A,B C\r\n\tD,,none") == ("A", "B", "C", "D")
    assert symbols("A\x1b[2J,B\0C,é") == ("A__2J", "B_C", "_")
    assert len(symbols("A," * 100_000)) == limits.SYMBOLS
    assert symbols("A" * 1000) == ("A" * limits.SYMBOL_OCTETS,)


def test_symbols_of_a_status_field() -> None:
    folded = "Yes, score=7.1 required=5.0 tests=A,B,\n\tC autolearn=no\n\tversion=4.0.1"
    assert status_symbols(folded) == ("A", "B", "C")
    assert status_symbols("No, score=0.1 required=5.0 tests=none version=4.0.1") == ()
    assert status_symbols("No, score=0.1") == ()


def test_clean_text_has_no_control_characters() -> None:
    assert clean(b"a\r\n\x1b[1m\xff\tb") == "a???[1m? b"
    assert len(clean(b"x" * 10_000)) == 200
