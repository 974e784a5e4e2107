"""INSTREAM: the dialogues of tests/dialogues/clamd, and how a message is cut into chunks.

A dialogue is read line by line:  `C: ` the command and each chunk, `S: ` the reply (`\\0`, `\\n`, `\\xff` are octets, and
no line has an end of its own), `= ` what is read from it, `! ` the error it is, `# ` why.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.scorers.instream import COMMAND, END, Decoder, Reply, encode
from mdafilter.scorers.spamc import ProtocolError
from tests.support.cuts import WAYS, cut

FOLDER = Path(__file__).parents[2] / "dialogues" / "clamd"


def octets(text: str) -> bytes:
    return text.encode().decode("unicode_escape").encode("latin-1")


class Dialogue:
    def __init__(self, path: Path) -> None:
        lines = path.read_text().splitlines()
        self.client = [octets(line[3:]) for line in lines if line.startswith("C: ")]
        self.reply = b"".join(octets(line[3:]) for line in lines if line.startswith("S: "))
        self.expected = [line[2:] for line in lines if line.startswith("= ")]
        self.error = next((line[2:] for line in lines if line.startswith("! ")), "")
        self.name = path.stem


ALL = [Dialogue(path) for path in sorted(FOLDER.glob("*.txt"))]
COMPLETE = [one for one in ALL if not one.error]
each = pytest.mark.parametrize("dialogue", ALL, ids=lambda one: one.name)
each_complete = pytest.mark.parametrize("dialogue", COMPLETE, ids=lambda one: one.name)


def read(pieces: list[bytes]) -> Reply:
    """What a decoder makes of the pieces, as a client would have it."""
    decoder = Decoder()
    for piece in pieces:
        if reply := decoder.feed(piece):
            return reply
    return decoder.end()


def described(reply: Reply) -> list[str]:
    return [f"{reply.word} {reply.text}".strip(), *["too large"] * reply.too_large]


@each
@pytest.mark.parametrize("way", WAYS)
def test_a_reply_is_the_same_however_it_is_cut(dialogue: Dialogue, way: str) -> None:
    pieces = cut(dialogue.reply, way)
    if dialogue.error:
        with pytest.raises(ProtocolError) as caught:
            read(pieces)
        assert str(caught.value).strip() == dialogue.error
    else:
        assert described(read(pieces)) == dialogue.expected


@each_complete
def test_a_reply_is_complete_before_the_server_closes(dialogue: Dialogue) -> None:
    decoder = Decoder()
    assert decoder.feed(dialogue.reply[:-1]) is None
    assert decoder.feed(dialogue.reply[-1:]) == decoder.end() == read([dialogue.reply])


@each_complete
def test_what_follows_a_reply_is_not_looked_at(dialogue: Dialogue) -> None:
    plain = read([dialogue.reply])
    assert read([dialogue.reply + b"stream: Other FOUND\0"]) == plain
    decoder = Decoder()
    decoder.feed(dialogue.reply)
    assert decoder.feed(b"\0\xff" * limits.CLAMD_REPLY_OCTETS) == decoder.end() == plain


@each_complete
def test_no_part_of_a_reply_is_a_reply(dialogue: Dialogue) -> None:
    """A missing answer is never "no virus"."""
    for size in range(len(dialogue.reply)):
        with pytest.raises(ProtocolError, match="ended early"):
            read([dialogue.reply[:size]])


@each
def test_a_request_is_what_the_dialogue_says(dialogue: Dialogue) -> None:
    command, *chunks, end = dialogue.client
    assert (command, end) == (COMMAND, END)
    assert b"".join(encode(chunk[4:] for chunk in chunks)) == b"".join(dialogue.client)


def test_a_large_piece_is_cut_into_chunks() -> None:
    whole = b"".join(encode([b"abcdefg"], 3))
    assert whole == COMMAND + b"\0\0\0\3abc" + b"\0\0\0\3def" + b"\0\0\0\1g" + END


def test_a_piece_of_no_octets_does_not_end_the_stream() -> None:
    assert b"".join(encode([b"", b"a", b"", b"b", b""])) == COMMAND + b"\0\0\0\1a" + b"\0\0\0\1b" + END


def test_a_small_message_goes_out_in_one_piece_and_a_large_one_in_small_ones() -> None:
    assert len(list(encode([b"Subject: x\n", b"\nbody\n"]))) == 1
    most = limits.CLAMD_CHUNK_OCTETS
    pieces = list(encode([b"x" * (10 * most)]))
    assert len(pieces) > 9
    assert max(map(len, pieces)) <= 2 * most + 4


def test_the_octets_are_taken_only_as_they_go_out() -> None:
    """A message of any size is never whole in memory."""
    taken: list[int] = []

    def message() -> Iterator[bytes]:
        for number in range(100):
            taken.append(number)
            yield b"x" * limits.CLAMD_CHUNK_OCTETS

    sending = encode(message())
    next(sending)
    assert len(taken) <= 2


def test_a_reply_without_end_is_an_error_in_bounded_memory() -> None:
    decoder = Decoder()
    assert decoder.feed(b"x" * limits.CLAMD_REPLY_OCTETS) is None
    with pytest.raises(ProtocolError, match=f"a reply of more than {limits.CLAMD_REPLY_OCTETS} octets"):
        decoder.feed(b"x")


@pytest.mark.parametrize("size", [limits.CLAMD_REPLY_OCTETS - 14, limits.CLAMD_REPLY_OCTETS - 13])
@pytest.mark.parametrize("way", ["whole", "byte by byte"])
def test_the_bound_does_not_depend_on_how_it_is_cut(size: int, way: str) -> None:
    pieces = cut(b"stream: " + b"x" * size + b" FOUND\0", way)
    if 14 + size <= limits.CLAMD_REPLY_OCTETS:
        assert read(pieces).text == "x" * 200  # what is shown of a name
    else:
        with pytest.raises(ProtocolError, match="more than"):
            read(pieces)
