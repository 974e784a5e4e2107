"""replace, enclose and extracttext on any octets: nothing raises, and what is not replaced stays."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter.message import Message, Span
from mdafilter.message.splice import with_part
from tests.property.test_message import nasty
from tests.support.script import decide, delivered

REQUIRE = 'require ["replace", "enclose", "extracttext", "foreverypart", "mime", "variables", "editheader"];\n'
ENTITY = b"Content-Type: text/x-new\n\nnew"
BODIES = st.builds(
    lambda parts: b"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n" + b"".join(parts) + b"\n--b--\n",
    st.lists(nasty.map(lambda part: b"\n--b\n" + part), min_size=1, max_size=4),
)


def written(message: Message) -> bytes:
    raw = message.octets
    return b"".join(raw.slice(p.start, p.end) if isinstance(p, Span) else p for p in message.pieces())


@settings(max_examples=100, deadline=None)
@given(BODIES | nasty)
def test_all_around_a_part_stays_as_it_is(data: bytes) -> None:
    message = Message.parse(data)
    for part in message.parts[1:]:
        made = with_part(message, part, ENTITY)
        assert made is not None
        if part.octets is message.octets:
            assert written(made) in (
                data[: part.start] + ENTITY + gap + data[part.end :] for gap in (b"", b"\n", b"\r\n")
            )


@settings(max_examples=100, deadline=None)
@given(BODIES | nasty)
def test_no_message_breaks_a_script(data: bytes) -> None:
    script = """foreverypart { extracttext "t"; if not header :mime :type "Content-Type" "multipart" { replace "X ${t}"; }
        addheader "X" "1"; } enclose "y";"""
    (kept,) = decide(REQUIRE + script, data).decided
    assert kept.message.size


@settings(max_examples=50, deadline=None)
@given(nasty)
def test_what_is_enclosed_is_the_message(data: bytes) -> None:
    made = Message.parse(delivered(decide(REQUIRE + 'enclose "y";', data)))
    inner = made.part("2")
    assert inner is not None and made.octets.slice(inner.body, inner.end) == data
