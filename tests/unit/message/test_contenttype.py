"""What Postfix reads in a Content-Type."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message.contenttype import read
from tests.support.clock import linear


@pytest.mark.parametrize(
    ("text", "type_", "boundaries"),
    [
        (b" multipart/mixed; boundary=b", "multipart/mixed", (b"b",)),
        (b'Multipart / Digest;\n\tBoundary = "b c"', "multipart/digest", (b"b c",)),
        (b'multipart/mixed; boundary=b; x=y; boundary="c"', "multipart/mixed", (b"b", b"c")),
        (b"multipart/mixed; (a (b) \\) c) boundary (d) = b (e)", "multipart/mixed", (b"b",)),
        (b'multipart/mixed; boundary="b\\"c"', "multipart/mixed", (b'b"c',)),
        (b'multipart/mixed; boundary="a \t\n b"', "multipart/mixed", (b"a b",)),
        (b'multipart/mixed; boundary="a; x', "multipart/mixed", (b"a; x",)),
        (b"multipart/mixed; boundary=", "multipart/mixed", ()),
        (b'multipart/mixed; boundary=""', "multipart/mixed", (b"",)),
        (b"multipart/mixed; boundary=b/c", "multipart/mixed", (b"b",)),
        (b'multipart/mixed; "boundary"=b', "multipart/mixed", ()),
        (b'multipart/mixed; boundary"="b', "multipart/mixed", ()),
        (b"multipart/mixed; boundary*=b", "multipart/mixed", ()),
        (b"multipart; boundary=b", "multipart", (b"b",)),
        (b"multipart/mixed boundary=b", "multipart/mixed", ()),
        (b"message/RFC822; boundary=b", "message/rfc822", ()),
        (b'message/"rfc822"', "message/", ()),
        (b"text/plain; boundary=b", "", ()),
        (b"", "", ()),
        (b" (nothing) ", "", ()),
        (b"; multipart/mixed; boundary=b", "", ()),
        (b"image/png; boundary=b", None, ()),
        (b'"multipart"/mixed; boundary=b', None, ()),
        (b"multi part/mixed; boundary=b", None, ()),
    ],
)
def test_type_and_boundaries(text: bytes, type_: str | None, boundaries: tuple[bytes, ...]) -> None:
    assert read(text) == (type_, boundaries)


def test_a_boundary_has_an_end() -> None:
    """postconf(5), mime_boundary_length_limit."""
    _, (boundary,) = read(b"multipart/mixed; boundary=" + b"b" * 5000)
    assert len(boundary) == limits.TABLE_BOUNDARY


@pytest.mark.parametrize("piece", [b"(", b"(\\", b'"\n ', b"; boundary=a", b"a ", b'"a"', b";", b" \n", b"\\"])
def test_the_time_is_linear(piece: bytes) -> None:
    assert linear(read, b"multipart/mixed; " + piece * (limits.TABLE_FIELD // len(piece)))
