"""The MIME tree, of good messages and of others."""

from __future__ import annotations

import base64

import pytest

from mdafilter import limits
from mdafilter.message import Message, Octets
from tests.support.clock import linear

TREE = b"""Content-Type: multipart/mixed; boundary="b1"

preamble
--b1

one
--b1 \t
Content-Type: multipart/alternative; boundary=b10

--b10
Content-Type: text/html

two
--b10--
epilogue
--b1
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/digest; boundary=b2

--b2

From: a@b

three
--b2--

--b1--
epilogue
"""


def tree(data: bytes) -> list[tuple[str, str]]:
    return [(part.path, part.type) for part in Message.parse(data).parts]


def types(data: bytes) -> list[str]:
    return [part.type for part in Message.parse(data).parts]


def defects(data: bytes) -> list[str]:
    return [defect.name for defect in Message.parse(data).defects]


def names(data: bytes) -> list[str]:
    return [reading.text for part in Message.parse(data).parts for reading in part.readings()]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_tree(newline: bytes) -> None:
    data = TREE.replace(b"\n", newline)
    assert tree(data) == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "multipart/alternative"),
        ("2.1", "text/html"),
        ("3", "message/rfc822"),
        ("3.1", "multipart/digest"),
        ("3.1.1", "message/rfc822"),
        ("3.1.1.1", "text/plain"),
    ]
    assert defects(data) == []
    parts = Message.parse(data).parts
    assert [parts[n].decoded() for n in (1, 3, 7)] == [b"one", b"two", b"three"]
    assert [part.depth for part in parts] == [0, 1, 1, 2, 1, 2, 3, 4]
    assert parts[7].parent is parts[6]
    assert parts[0].children == (parts[1], parts[2], parts[4])


def test_the_line_end_before_a_boundary_belongs_to_it() -> None:
    """RFC 2046, 5.1.1: "The CRLF preceding the boundary delimiter line is conceptually attached to the boundary." """
    data = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n\n--b\n\n--b\n--b--"
    assert [part.decoded() for part in Message.parse(data).parts[1:]] == [b"one\n", b"", b""]


def multipart(*parts: bytes, boundary: bytes = b"b", close: bool = True) -> bytes:
    """A multipart/mixed of parts, each with its header."""
    lines = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    end = b"--" + boundary + b"--\n" if close else b""
    return b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n" + lines + end


EVIL = b"Content-Type: application/x; name=evil.exe\n\nMZ"


def test_a_boundary_is_compared_as_a_whole() -> None:
    """RFC 2046, 5.1.1: "implementations must be able to" tell a line that only begins like the boundary."""
    inner = multipart(b"\none", b"\ntwo", boundary=b"b1").replace(b"--b1", b"--b10").replace(b"=b1", b"=b10")
    assert tree(multipart(inner, boundary=b"b1")) == [
        ("", "multipart/mixed"),
        ("1", "multipart/mixed"),
        ("1.1", "text/plain"),
        ("1.2", "text/plain"),
    ]
    assert types(multipart(b"\n--bx\n--b --\n --b\nx")) == ["multipart/mixed", "text/plain"]


def test_an_outer_boundary_ends_all_inner_parts() -> None:
    inner = multipart(b"\none", boundary=b"i", close=False)
    data = multipart(inner, EVIL)
    assert types(data) == ["multipart/mixed", "multipart/mixed", "text/plain", "application/x"]
    assert "missing-close" in defects(data)


def test_an_inner_multipart_with_the_boundary_of_the_outer() -> None:
    data = multipart(multipart(b"\none"), b"\ntwo")
    assert [path for path, _ in tree(data)] == ["", "1", "1.1", "2"]


@pytest.mark.parametrize(
    ("data", "defect"),
    [
        (multipart(EVIL, close=False), "missing-close"),
        (multipart(EVIL).replace(b"; boundary=b", b""), "no-boundary"),
        (multipart(EVIL).replace(b"=b", b'=""'), "no-boundary"),
        (multipart(EVIL).replace(b"=b", b"=" + b"x" * 2000), "no-boundary"),
        (multipart(EVIL).replace(b"=b", b"=other"), None),
        (multipart(EVIL).replace(b"=b", b'="b'), None),
        (multipart(EVIL).replace(b"=b", b"=b (comment)"), None),
        (multipart(EVIL).replace(b"=b", b"=b x"), None),
        (multipart(EVIL).replace(b"=b", b"*0=b"), None),
        (multipart(EVIL).replace(b"=b", b"=c; boundary=b"), None),
        (multipart(EVIL).replace(b"\n", b"\nContent-Type: text/plain\n", 1), "duplicate-content-type"),
        (b"Content-Type: text/plain\n" + multipart(EVIL), "duplicate-content-type"),
        (multipart(b"\nx") + b"--b\n" + EVIL + b"\n", "part-after-close"),
        (multipart(EVIL).replace(b"--b\n", b"--b\nno field\n"), "junk-in-header"),
        (b"no field\n" + multipart(EVIL), "junk-in-header"),
        (multipart(b"X: y\rZ: a\n" + EVIL), "lone-cr"),
        (multipart(b"X: y\r\n" + EVIL), "mixed-newlines"),
        (multipart(b"X: y\0\n" + EVIL), "nul-in-header"),
        (multipart(b"Content-Type: message/rfc822\n\n" + EVIL), None),
        (multipart(b"Content-Type: message/external-body\n\n" + EVIL), None),
        (multipart(EVIL.partition(b"\n\n")[0]), None),
        (multipart(EVIL).replace(b"multipart/mixed", b"multipart"), None),
        (b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(EVIL), None),
        (
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n!" + base64.encodebytes(EVIL),
            "bad-base64",
        ),
        (
            b"Content-Type: message/global\nContent-Transfer-Encoding: quoted-printable\n\n"
            + EVIL.replace(b"=", b"=3D"),
            None,
        ),
        (
            b"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(multipart(EVIL).partition(b"\n\n")[2]),
            "boundary-not-found",
        ),
    ],
)
def test_no_structure_hides_a_part(data: bytes, defect: str | None) -> None:
    assert "evil.exe" in names(data)
    assert defect is None or defect in defects(data)
    crlf = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert "evil.exe" in names(crlf)


def test_a_multipart_with_lone_cr_line_ends_hides_nothing() -> None:
    head, _, body = multipart(EVIL).partition(b"\n\n")
    assert "evil.exe" in names(head + b"\n\n" + body.replace(b"\n", b"\r"))
    assert "evil.exe" in names(multipart(EVIL).replace(b"\n", b"\r"))


def test_a_fragment_of_a_message_is_a_defect() -> None:
    assert defects(b'Content-Type: message/partial; id="a@b"; number=1; total=2\n\nSubject: x\n\n') == [
        "partial-message"
    ]


def test_the_headers_of_all_parts_together_are_bounded() -> None:
    data = multipart(*[b"X: " + b"y" * 99_000 + b"\n\nbody"] * 50)
    message = Message.parse(data)
    assert "header-too-long" in [defect.name for defect in message.defects]
    assert len(message.parts) == 51
    assert sum(len(part.headers.raw()) for part in message.parts[1:]) <= limits.HEADER_OCTETS
    assert message.parts[50].decoded() == b"body"


def test_a_boundary_that_never_comes_is_a_defect() -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\n\nonly text\n"
    assert types(data) == ["multipart/mixed"]
    assert "boundary-not-found" in defects(data)


def test_base64_in_base64_has_octets_of_its_own() -> None:
    inner = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(EVIL)
    parts = Message.parse(multipart(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
                                    + base64.encodebytes(inner))).parts  # fmt: skip
    assert [part.path for part in parts] == ["", "1", "1.1", "1.1.1"]
    assert parts[3].decoded() == b"MZ"
    assert parts[3].octets is not parts[2].octets
    assert parts[1].end <= len(parts[1].octets)


def test_what_is_decoded_is_bounded_in_all() -> None:
    text = base64.encodebytes(b"Subject: x\n\n" + b"x" * limits.PART_DECODE)
    data = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + text
    assert "decode-limit" in defects(data)
    assert types(data) == ["message/rfc822", "text/plain"]


NEST = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000))


@pytest.mark.parametrize("enclosing", [True, False])
def test_depth_is_bounded(enclosing: bool) -> None:
    level = b"Content-Type: message/rfc822\n\n"
    data = level * 10_000 if enclosing else NEST
    assert len(Message.parse(data).parts) == limits.MIME_DEPTH + 1
    assert "too-deep" in defects(data)


def test_the_number_of_parts_is_bounded() -> None:
    data = multipart(*[b"\n"] * (limits.MIME_PARTS + 10))
    assert len(Message.parse(data).parts) == limits.MIME_PARTS
    assert "too-many-parts" in defects(data)


@pytest.mark.parametrize("shift", range(-12, 4))
def test_a_boundary_across_a_window_is_seen(tmp_path_factory: pytest.TempPathFactory, shift: int) -> None:
    head = b"Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\n"
    data = head + b"x" * (limits.WINDOW - len(head) + shift) + b"\n--bb\n" + EVIL + b"\n--bb--\n"
    path = tmp_path_factory.mktemp("spool") / "spool"
    path.write_bytes(data)
    with path.open("rb") as file:
        parts = Message.parse(Octets.map(file.fileno())).parts
        assert [part.type for part in parts] == ["multipart/mixed", "text/plain", "application/x"]
        assert parts[1].end == limits.WINDOW + shift


@pytest.mark.parametrize(
    "data",
    [
        multipart(*[b"Content-Type: a/b; name=a.exe\nContent-Disposition: attachment\n\nhello"] * 10_000),
        NEST + b"".join(b"--b%d--\n" % n for n in reversed(range(10_000))),
        b"".join(b"Content-Type: multipart/mixed\n\n--b%d\n" % n for n in range(10_000)),
        b"".join(b"Content-Type: multipart/mixed; boundary=x%d\n\n--b%d\n" % (n, n) for n in range(10_000)),
        b"Content-Type: message/rfc822\n\n" * 30_000,
        multipart(multipart(b"", boundary=b"a") + b"\n--" * 330_000),
        multipart(b"", *[b"-"] * 170_000),
        multipart(b"\n" + b"\n--b--" * 170_000),
        multipart(*[b"A: 1"] * 10_000),
        multipart(b"--x\n" * 250_000),
        multipart(b"", boundary=b"a") + b"--a\n" * 10_000,
    ],
    ids=[
        "parts",
        "nest",
        "no boundary",
        "wrong",
        "rfc822",
        "dashes",
        "tiny",
        "close",
        "no blank",
        "header",
        "after close",
    ],
)
def test_linear(data: bytes) -> None:
    assert linear(lambda octets: Message.parse(octets).parts, data)
