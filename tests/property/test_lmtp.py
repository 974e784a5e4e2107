"""Whatever a client sends, it gets replies, the same ones however it is cut; no octet of a message is lost or added."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.serve.lmtp import Session
from tests.support.lmtp import Owner, talk

REPLY = re.compile(rb"(?:(\d\d\d)-[^\r\n]*\r\n(?:\1-[^\r\n]*\r\n)*\1 |\d\d\d )[^\r\n]*\r\n")

commands = st.sampled_from(
    [
        b"LHLO x",
        b"MAIL FROM:<a@a.example>",
        b"MAIL FROM:<> SIZE=40 BODY=8BITMIME SMTPUTF8",
        b"MAIL FROM:<> SIZE=4000",
        b"RCPT TO:<bob@b.example>",
        b"RCPT TO:<bob@b.example> ORCPT=rfc822;a+2Bb NOTIFY=NEVER",
        b"RCPT TO:<unknown@b.example>",
        b"RCPT TO:<refuses@b.example>",
        b'RCPT TO:<"x y"@b.example>',
        b"DATA",
        b"BDAT 5",
        b"BDAT 5 LAST",
        b"BDAT 0",
        b"BDAT 0 LAST",
        b"BDAT 200 LAST",
        b"BDAT x",
        b"RSET",
        b"NOOP",
        b"QUIT",
        b"XFORWARD NAME=a ADDR=1.2.3.4",
        b".",
        b"..",
        b"",
        b"x" * 90,
        b"y" * limits.LMTP_COMMAND_OCTETS,
    ]
)
ends = st.sampled_from([b"\r\n"] * 20 + [b"\n", b"\r", b"\r\r\n", b"\r\n.\r", b""])
lines = st.lists(st.tuples(commands | st.binary(max_size=10), ends).map(b"".join), max_size=30).map(b"".join)
OPENED = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@b.example>\r\nRCPT TO:<full@b.example>\r\n"
streams = (
    st.binary(max_size=200) | lines | lines.map(lambda x: OPENED + x) | lines.map(lambda x: OPENED + b"DATA\r\n" + x)
)


@given(streams, st.lists(st.integers(min_value=0, max_value=400), max_size=8), st.sampled_from([0, 100]))
def test_any_octets_in_any_pieces(data: bytes, cuts: list[int], most: int) -> None:
    whole = talk([data], most)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert talk([data[a:b] for a, b in pairwise(places)], most) == whole
    assert talk([data[i : i + 1] for i in range(len(data))], most, backwards=True) == whole
    output, events = whole
    assert REPLY.sub(b"", output) == b""
    assert events.count("closed") <= 1


@given(streams)
def test_it_remembers_little(data: bytes) -> None:
    """Behind a command, or in a message, what the session holds does not grow with what was sent."""
    owner = Owner(Session("mx.example"))
    owner.feed(data)
    for piece in (b"x" * 10_000, b"\r" * 10_000, b"x\r\n" * 3000):
        owner.feed(piece)
        held = [v for v in vars(owner.session).values() if isinstance(v, bytes)]
        assert sum(map(len, held)) <= limits.LMTP_COMMAND_OCTETS


@given(st.lists(st.binary(max_size=20) | st.sampled_from([b"", b".", b"..", b"From x", b".x"])))
def test_a_message_by_data_is_what_was_sent(content: list[bytes]) -> None:
    """RFC 5321, 4.5.2, from the client's side."""
    text = [line.replace(b"\r", b"").replace(b"\n", b"") for line in content]
    wire = b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in text)
    owner = Owner(Session("mx.example"))
    owner.feed(OPENED + b"DATA\r\n" + wire + b".\r\nNOOP\r\n")
    expected = b"".join(line + b"\n" for line in text)
    assert owner.events[-1] == f"content {expected.decode('latin-1').encode('unicode_escape').decode()}"
    assert owner.output.endswith(b"452 4.2.2 The mailbox is full\r\n250 2.0.0 OK\r\n")


@given(st.lists(st.binary(max_size=20)))
def test_a_message_by_bdat_is_what_was_sent(chunks: list[bytes]) -> None:
    owner = Owner(Session("mx.example"))
    owner.feed(OPENED + b"".join(b"BDAT %d\r\n%s" % (len(c), c) for c in chunks) + b"BDAT 0 LAST\r\nNOOP\r\n")
    expected = b"".join(chunks).replace(b"\r\n", b"\n")
    assert owner.events[-1] == f"content {expected.decode('latin-1').encode('unicode_escape').decode()}"
    assert owner.output.endswith(b"452 4.2.2 The mailbox is full\r\n250 2.0.0 OK\r\n")
