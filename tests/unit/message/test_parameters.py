"""Parameters of MIME fields, and their readings."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message.parameters import Parameters
from tests.support.clock import linear


def get(body: str | bytes, name: str = "filename") -> str | None:
    return Parameters(body.encode() if isinstance(body, str) else body).get(name)


def all_of(body: str | bytes, name: str = "filename") -> list[str]:
    parameters = Parameters(body.encode() if isinstance(body, str) else body)
    return list(dict.fromkeys(text for text, _ in parameters.readings(name)))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("attachment; filename=a.exe", "a.exe"),
        ('attachment; FileName="a.exe" (comment)', "a.exe"),
        ('attachment; filename (c) = (d) "a.exe"', "a.exe"),
        ('attachment; filename="a;b (c).exe"; x=y', "a;b (c).exe"),
        ('attachment (a;b); filename="a.exe"', "a.exe"),
        ("attachment; filename=my file.exe", "my file.exe"),
        ('attachment; filename="a.exe', "a.exe"),
        ('attachment; filename="a\\"b.exe"', 'a"b.exe'),
        ("filename=a.exe", "a.exe"),
        ("attachment;filename=a.exe;", "a.exe"),
        ('attachment; filename=""', ""),
        # RFC 2231 section 3
        ('x; URL*0="ftp://"; URL*1="cs.utk.edu/pub"', None),
        ("x; filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "This is ***fun***"),
        ("x; filename*=UTF-8''%C3%BC.exe", "ü.exe"),
        (
            "x; filename*0*=us-ascii'en'This%20is%20even%20more%20; filename*1*=%2A%2A%2Afun%2A%2A%2A%20; "
            'filename*2="isn\'t it!"',
            "This is even more ***fun*** isn't it!",
        ),
        ("x; filename*1=b.exe; filename*0=a", "ab.exe"),
        ("x; filename*0=a; filename*1=%41", "a%41"),
        ("x; filename*=x.exe", "x.exe"),
        ("x; filename*=%ZZ%4.exe", "%ZZ%4.exe"),
        ("x; filename*=nonsense''%FC.exe", "ü.exe"),
        ('x; filename="=?utf-8?B?ZXZpbC5leGU=?="', "evil.exe"),
        ('x; filename="=?utf-8?Q?ev?= =?utf-8?Q?il.exe?="', "evil.exe"),
        ("x; filename==?utf-8?Q?evil.exe?=", "evil.exe"),
        ("x; filename*=utf-8''new.exe; filename=old.txt", "new.exe"),
    ],
)
def test_the_first_reading(body: str, value: str | None) -> None:
    assert get(body) == value


@pytest.mark.parametrize(
    ("body", "reading"),
    [
        ("x; filename=a.txt; filename=b.exe", "b.exe"),
        ('x; filename="a\\b.exe"', "a\\b.exe"),
        ('x; filename="a\\b.exe"', "ab.exe"),
        ("x; filename=a(1).exe", "a(1).exe"),
        ("x; filename=a(1).exe", "a.exe"),
        ("x; filename=a.exe b.txt", "a.exe"),
        ("x; filename='a.exe'", "a.exe"),
        ('x; filename="a".exe', "a.exe"),
        ('x; y="never ends; filename=a.exe', "a.exe"),
        ("x (never ends; filename=a.exe", "a.exe"),
        ("x; filename*1=.exe; filename*3=b; filename*4=c", ".exebc"),
        ("x; filename*0=a; filename*2=.exe", "a"),
        ("x; filename*0=a; filename*2=.exe", "a.exe"),
        ("x; filename*0=a; filename*1=.txt; filename*1=.exe", "a.exe"),
        ("x; filename*1=.exe; filename*0=a", ".exea"),
        ("x; filename*0*=utf-8''a; filename*1=%2Eexe", "a.exe"),
        ("x; filename=a%2Eexe", "a.exe"),
        ("x; filename*=utf-16''a.exe", "a.exe"),
        (b"x; filename=\xfc.exe", "ü.exe"),
        (b"x; filename=\xc3\xbc.exe", "ü.exe"),
        (b'x; filename="' + "a.exe".encode("utf-16-le") + b'"', "a.exe"),
        (b'x; filename="' + "a.exe".encode("utf-16-be") + b'"', "a.exe"),
        ('x; filename="=?x-unknown?Q?a.exe?="', "a.exe"),
        ("x; filename==?utf-8?Q?a?=; filename*0*=b'c", "b'c"),
    ],
)
def test_readings(body: str | bytes, reading: str) -> None:
    assert reading in all_of(body)


def test_the_value() -> None:
    assert Parameters(b"Text/Plain (c); a=b").value == "text/plain"
    assert Parameters(b"").value == ""
    assert Parameters(b"x; a=b").has("a")
    assert not Parameters(b"x; a=b").has("x")


def test_past_the_limits_the_rest_is_not_read_and_that_is_known() -> None:
    many = Parameters(b"x" + b"; a=b" * limits.PARAMETERS + b"; c=d")
    assert (many.cut, many.get("c")) == (True, None)
    pieces = Parameters(b"x" + b"".join(b"; a*%d=b" % n for n in range(limits.PARAMETER_PIECES + 1)))
    assert pieces.cut
    assert not Parameters(b"x" + b"; a=b" * (limits.PARAMETERS - 1)).cut


@pytest.mark.parametrize(
    "body",
    [
        b"x" + b"".join(b"; p%d=value%d" % (n, n) for n in range(60_000)),
        b"x" + b"".join(b'; p%d="val;ue%d"' % (n, n) for n in range(60_000)),
        b"x" + b"".join(b"; filename=v%d.exe" % n for n in range(60_000)),
        b"x" + b"".join(b"; filename*%d=a%%41" % n for n in range(20_000)),
        b"x" + b"".join(b"; filename*%d*=a%%41" % n for n in [*range(20_000, 0, -1), *range(20_000)]),
        b'x; filename="' + b"\\" * 500_001 + b'"' * 500_000,
        b'x; filename="' + b'\\"' * 500_000,
        b"x; filename=" + b"(" * 1_000_000,
        b"x; filename=" + b"()" * 500_000,
        b"x" + b'; filename="' * 80_000,
        b"x; filename*=utf-8''" + b"%41" * 330_000,
    ],
    ids=[
        "60000",
        "quoted",
        "same",
        "pieces",
        "pieces mixed up",
        "backslashes",
        "escapes",
        "open",
        "comments",
        "quotes",
        "%",
    ],
)
def test_linear(body: bytes) -> None:
    assert linear(all_of, body)
