"""URIs of the scheme mailto (RFC 6068) in a notification (RFC 5436)."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.words.mailto import Mailto, parse

A, C = ("a@b.test",), ("c@d.test",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Mailto()),
        ("a@b.test", Mailto(A)),
        ("a@b.test?", Mailto(A)),
        ("a@b.test,c@d.test", Mailto(A + C)),
        ("?to=a@b.test", Mailto(A)),
        ("a@b.test?TO=c@d.test", Mailto(A + C)),
        ("a@b.test?cc=c@d.test,e@f.test", Mailto(A, ("c@d.test", "e@f.test"))),
        ("?to=a@b.test%2Cc@d.test", Mailto(A + C)),
        ("?to=A%20%3Ca@b.test%3E", Mailto(A)),
        ("a@b.test%2cc@d.test", Mailto(A + C)),
        ("%22a,b%22@b.test", Mailto(('"a,b"@b.test',))),
        ("%22a%5C%22,b%22@b.test,c@d.test", Mailto(('"a\\",b"@b.test', "c@d.test"))),
        ("A%20%3Ca@b.test%3E", Mailto(A)),
        ("%22a%20b%22@b.test", Mailto(('"a b"@b.test',))),
        ("?body=a=b", Mailto(body="a=b")),
        ("?bcc=a@b.test", Mailto(bcc=A)),
        ("gorby%25kremvax@example.com", Mailto(("gorby%kremvax@example.com",))),
        (
            "unlikely%3Faddress@example.com?x-foo=bar",
            Mailto(("unlikely?address@example.com",), fields=(("X-Foo", "bar"),)),
        ),
        ("?subject=current-issue&body=send%20index", Mailto(subject="current-issue", body="send index")),
        ("?body=send%20current-issue%0D%0Asend%20index", Mailto(body="send current-issue\r\nsend index")),
        ("?subject=caf%C3%A9", Mailto(subject="café")),
        ("?subject=a+b", Mailto(subject="a+b")),
        ("?subject", Mailto(subject="")),
        ("?subject=x&", Mailto(subject="x")),
        ("?subject=a&subject=b", Mailto(subject="a")),
        ("?In-Reply-To=%3C3469A91.D10AF4C@example.com%3E", Mailto(ignored=("In-Reply-To",))),
        ("?body=http:%2F%2Fx.test%2F%3Fy", Mailto(body="http://x.test/?y")),
        ("?reply-to=a@b.test&Reply-To=c@d.test", Mailto(fields=(("Reply-To", "a@b.test"),), ignored=("Reply-To",))),
        ("?x-f=a%0D%0ABcc:%20x@y.test", Mailto(fields=(("X-F", "a\r\nBcc: x@y.test"),))),
    ],
)
def test_what_a_uri_asks_for(text: str, found: Mailto) -> None:
    """RFC 6068 section 6 has most of the examples."""
    assert parse(text) == found


@pytest.mark.parametrize(
    "name",
    "From AUTO-SUBMITTED received date message-id sender resent-to content-type mime-version dkim-signature".split(),
)
def test_headers_that_are_ignored(name: str) -> None:
    """RFC 5436 section 2.7: "This MUST NOT be overridden by a "from" URI header, and any such URI header MUST be
    ignored.", and so for auto-submitted, received, message-id and date."""
    assert parse(f"?{name}=x") == Mailto(ignored=(name,))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a@b.test;?header=frop", 'the mailto URI: "a@b.test;" is not one address'),
        ("a@b.test?header<=frop", "the mailto URI has '<' in it, which must be percent-encoded"),
        ("a@b.test?header=fr>op", "'>' in it"),
        ("a@b.test?header:=frop", "colon"),
        ("a@b.test?=frop", "empty"),
        ("a@b.test?&subject=x", "empty"),
        ("a@b.test?subject&body=x", 'the mailto URI: "subject" has no value'),
        ("a@b.test?body=a/b", "'/' in it"),
        ("a@b.test?body=a?b", "'?' in it"),
        ("a%23b.test", "not an address"),
        ("a@b.test?to=c%23d.test", "not an address"),
        ("a@b.test?to=", "not one address"),
        ("a@b.test,", "not one address"),
        ("a@b.test,,c@d.test", "not one address"),
        ("A <a@b.test>", "' ' in it"),
        ("a@b.test#fragment", "'#' in it"),
        ("a@b.test?subject=50%", "no percent-encoded octet"),
        ("a@b.test?subject=%4", "no percent-encoded octet"),
        ("a@b.test?subject=%zz", 'the mailto URI has "%zz", which is no percent-encoded octet'),
        ("a@b.test?subject=%+1", "no percent-encoded octet"),
        ("a@b.test?subject=%ff%fe", "the mailto URI has percent-encoded octets that are no UTF-8"),
        ("a@b.test?subject=%ed%a0%80", "no UTF-8"),
        ("a@b.test?subject=%00", "the mailto URI has a control character in it"),
        ("a@b.test?subject=caf\xe9", "'\\xe9' in it"),
        ("a@b.test?subject=\udcff", "'\\udcff' in it"),
        ("caf%C3%A9@b.test", 'the mailto URI: "café@b.test" is not an address that a mail can be sent to'),
        ("a", "is not an address"),
        ("a@b.test%0ABcc:c@d.test", ""),
        (
            ",".join(f"a{n}@b.test" for n in range(limits.NOTIFY_RECIPIENTS + 1)),
            "the mailto URI has more than 8 addresses",
        ),
        (
            "a@b.test?cc=" + ",".join(f"a{n}@b.test" for n in range(limits.NOTIFY_RECIPIENTS)),
            "the mailto URI has more than 8 addresses",
        ),
        (
            "a@b.test?" + "&".join("x-a=b" for _ in range(limits.NOTIFY_HEADERS + 1)),
            "the mailto URI has more than 16 headers",
        ),
    ],
)
def test_what_is_no_such_uri(text: str, fault: str) -> None:
    """RFC 5435 section 3.2: "the URI MUST be checked for syntactic validity"."""
    with pytest.raises(RuleFailed) as failed:
        parse(text)
    assert fault in str(failed.value)


def test_as_many_as_there_may_be() -> None:
    assert len(parse(",".join(f"a{n}@b.test" for n in range(limits.NOTIFY_RECIPIENTS))).to) == limits.NOTIFY_RECIPIENTS
    assert len(parse("?" + "&".join("x-a=b" for _ in range(limits.NOTIFY_HEADERS))).fields) == limits.NOTIFY_HEADERS
