"""The addresses of vCards (RFC 6350, RFC 2426)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.vcard import emails

CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\n%s\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("line", "addresses"),
    [
        (b"EMAIL:ann@example.org", ["ann@example.org"]),
        (b"email;TYPE=work,pref:ann@example.org", ["ann@example.org"]),
        (b'EMAIL;TYPE="home:x";PREF=1:ann@example.org', ["ann@example.org"]),
        (b"item1.EMAIL;TYPE=INTERNET:ann@example.org\r\nitem1.X-ABLabel:Work", ["ann@example.org"]),
        (b"EMAIL;TYPE=wo\r\n rk:ann@exam\r\n\tple.org", ["ann@example.org"]),
        (b"EMAIL;VALUE=uri:mailto:ann@example.org", ["ann@example.org"]),
        (b"EMAIL;INTERNET;ENCODING=QUOTED-PRINTABLE:ann=40example.org", ["ann@example.org"]),
        (b"EMAIL:a@x.test\r\nEMAIL:b@x.test", ["a@x.test", "b@x.test"]),
        (b'EMAIL:"a\\,b"@x.test', ['"a,b"@x.test']),
        (b"EMAIL: ann@example.org ", ["ann@example.org"]),
        (b"EMAIL:", []),
        (b"EMAIL", []),
        (b'EMAIL;TYPE="never closed:ann@example.org', []),
        (b"X-EMAIL:ann@example.org", []),
        (b"NOTE:EMAIL:ann@example.org", []),
        (b"NOTE:first\r\n EMAIL:ann@example.org", []),
        (b"EMAILS:ann@example.org", []),
    ],
)
def test_what_is_an_address(line: bytes, addresses: list[str]) -> None:
    """RFC 6350 section 3.3: contentline = [group "."] name *(";" param) ":" value CRLF; 3.2: folded lines are one."""
    assert list(emails(CARD % line)) == addresses
    assert list(emails((CARD % line).replace(b"\r\n", b"\n"))) == addresses


@given(
    st.binary(max_size=300) | st.lists(st.sampled_from([b"EMAIL", b":", b";", b'"', b"\n", b" ", b"."])).map(b"".join)
)
def test_anything_is_read(text: bytes) -> None:
    assert all(emails(text))
