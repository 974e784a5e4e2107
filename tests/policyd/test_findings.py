"""What the delivery agent is told, and cannot be told by others."""

from __future__ import annotations

from mdafilter import policy
from mdafilter_policyd import findings, limits

SECRET = "0123456789abcdef"


def value(**facts: str) -> str:
    name, _, value = findings.field(facts, "192.0.2.1", 3.5, 1790000000.9, SECRET).partition(": ")
    assert name == "X-Mdafilter-Policy"
    return value


def test_it_says_what_was_found() -> None:
    text = value(spf="pass", greylist="passed 312")
    assert text.rpartition("; sign=")[0] == (
        "time=1790000000; client=192.0.2.1; spf=pass; greylist=passed 312; points=3.5"
    )
    assert policy.read(text, SECRET) == {
        "time": "1790000000",
        "client": "192.0.2.1",
        "spf": "pass",
        "greylist": "passed 312",
        "points": "3.5",
    }


def test_what_was_changed_or_signed_by_another_is_nothing() -> None:
    text = value(spf="pass")
    assert policy.read(text.replace("pass", "fail"), SECRET) is None
    assert policy.read(text, SECRET + "x") is None
    for forged in ("", "spf=pass", "spf=pass; sign=", "spf=pass; sign=" + "0" * 32, "spf=é; sign=é", text[:-1]):
        assert policy.read(forged, SECRET) is None


def test_the_secret_is_not_in_it() -> None:
    assert SECRET not in value(spf="pass")


def test_a_fact_cannot_end_itself_or_the_line() -> None:
    found = policy.read(value(helo="a; spf=pass\r\nX: é"), SECRET)
    assert found is not None
    assert found["helo"] == "a_ spf=pass__X: _"
    assert "spf" not in found


def test_it_fits_a_line() -> None:
    """RFC 5322 section 2.1.1: "Each line of characters MUST be no more than 998 characters"."""
    field = findings.field({f"fact{n}": "x" * 1000 for n in range(100)}, "192.0.2.1", 0, 1, SECRET)
    assert len(field) <= limits.FINDINGS
    assert policy.read(field.partition(": ")[2], SECRET) is not None
