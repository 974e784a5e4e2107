"""The header fields: RFC 7208 section 9, RFC 8601; and that nobody writes into them."""

from __future__ import annotations

import re

import pytest

from mdafilter_policyd.spf.received import authentication_results, received_spf, says
from mdafilter_policyd.spf.result import CODES, Result

PASS = Result("pass", "example.org", "ip4:192.0.2.1")
ERROR = Result("permerror", "example.org", problem='a:10.0.0.1: "10.0.0.1" is no (end) of a domain')

# What RFC 5322 sections 3.2.2 to 3.2.4 allow: no quote, parenthesis or backslash that is not escaped, inside.
COMMENT = r"\((?:[^()\\]|\\.)*\)"
QUOTED = r'"(?:[^"\\]|\\.)*"'
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"


def received(sender: str = "joe@example.org", helo: str = "mail.example.org", result: Result = PASS) -> str:
    return received_spf("mailfrom", result, address="192.0.2.1", sender=sender, helo=helo, receiver="mx.example.net")


def results(sender: str = "joe@example.org", helo: str = "mail.example.org", result: Result = PASS) -> str:
    both = [("helo", PASS), ("mailfrom", result)]
    return authentication_results(both, authserv_id="mx.example.net", address="192.0.2.1", sender=sender, helo=helo)


def test_received_spf() -> None:
    assert received() == (
        "Received-SPF: pass (example.org designates 192.0.2.1 as permitted sender) receiver=mx.example.net; "
        'client-ip=192.0.2.1; envelope-from="joe@example.org"; helo=mail.example.org; identity=mailfrom; '
        'mechanism="ip4:192.0.2.1"'
    )
    assert received(result=ERROR).endswith(r'problem="a:10.0.0.1: \"10.0.0.1\" is no (end) of a domain"')
    assert 'envelope-from="";' in received("")


def test_authentication_results() -> None:
    assert results(result=ERROR) == (
        "Authentication-Results: mx.example.net; "
        "spf=pass (example.org designates 192.0.2.1 as permitted sender) smtp.helo=mail.example.org; "
        "spf=permerror (the SPF record of example.org cannot be used) "
        r'reason="a:10.0.0.1: \"10.0.0.1\" is no (end) of a domain" smtp.mailfrom=joe@example.org'
    )
    assert (
        authentication_results([], authserv_id="", address="", sender="", helo="")
        == "Authentication-Results: unknown; none"
    )


@pytest.mark.parametrize("code", CODES)
def test_every_result_is_told(code: str) -> None:
    assert "example.org" in says(Result(code, "example.org"), "192.0.2.1")
    assert received(result=Result(code)).startswith(f"Received-SPF: {code} (")


HOSTILE = [
    'a"; spf=pass smtp.mailfrom=bank.example; x="b',
    "a\r\nReceived-SPF: pass",
    "a) pass (",
    "a\\",
    'a\\"',
    '\\";',
    "a; helo=x",
    "a b",
    "ü\u2028\0\ud800",
    "x" * 3000,
    '"' * 3000,
    "\\" * 3000,
    "(" * 3000,
    "@" * 300,
    "",
    '"quoted \\"local\\" part"@example.org',
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nobody_writes_into_a_field(hostile: str) -> None:
    """Whatever it is, the field has the same parts."""
    result = Result("fail", hostile, hostile, hostile, hostile)
    for line in (received(hostile, hostile, result), results(hostile, hostile, result)):
        assert line.isascii() and line.isprintable() and len(line) <= 998
        _, _, value = line.partition(": ")
        left = reduced(value)
        assert re.fullmatch(
            rf"fail C receiver={ATOM}; client-ip={ATOM}; envelope-from=(?:Q|{ATOM})(?:; helo=(?:Q|{ATOM}))?; identity=mailfrom"
            rf"(?:; mechanism=(?:Q|{ATOM}))?(?:; problem=(?:Q|{ATOM}))?"
            rf"|mx.example.net; spf=pass C smtp.helo=(?:Q|{ATOM}); spf=fail C(?: reason=(?:Q|{ATOM}))? "
            rf"smtp.mailfrom=(?:Q|{ATOM}|{ATOM}@{ATOM})",
            left,
        ), line


def reduced(value: str) -> str:
    """Quoted strings as Q and comments as C, read from the left as RFC 5322 has it."""
    return re.sub(rf"({QUOTED})|({COMMENT})", lambda match: "Q" if match[1] else "C", value)


@pytest.mark.parametrize("value", ["2001:db8::1", "joe@example.org", "a..b", ".a", "a.", "", "a b", "a;b"])
def test_what_is_no_dot_atom_is_quoted(value: str) -> None:
    assert f'helo="{value}"' in received(helo=value) or not value
