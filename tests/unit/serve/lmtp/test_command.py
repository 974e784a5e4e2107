"""The grammar of the commands; more of it is in tests/dialogues/lmtp."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mdafilter import limits
from mdafilter.serve.lmtp.command import Chunk, Mail, Path, Rcpt, Refused, chunk, forwarded, mail, rcpt, xtext
from tests.support.clock import linear


def code(call: Callable[[str], object], text: str) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        call(text)
    return caught.value.reply.code, caught.value.reply.status


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<bob@b.example>", Path("bob", "b.example")),
        ("<Bob+x@B.example>", Path("Bob+x", "B.example")),
        ("<Postmaster>", Path("Postmaster")),
        ('<"b o b"@b.example>', Path("b o b", "b.example")),
        (r'<"a\"b\\c\d"@b.example>', Path('a"b\\cd', "b.example")),
        ('<"a@b>"@b.example>', Path("a@b>", "b.example")),
        ("<@r.example:bob@b.example>", Path("bob", "b.example")),
        ("<@r.example,@s.example:bob@b.example>", Path("bob", "b.example")),
        ("<bob@[192.0.2.1]>", Path("bob", "[192.0.2.1]")),
        ("<böb@bücher.example>", Path("böb", "bücher.example")),
    ],
)
def test_paths(text: str, path: Path) -> None:
    assert rcpt(f"TO:{text}") == Rcpt(path)
    assert mail(f"from:{text}") == Mail(path)


def test_the_null_sender_is_no_recipient() -> None:
    assert str(mail("FROM:<>").sender) == ""
    assert code(rcpt, "TO:<>") == (501, "5.1.3")


def test_an_address_is_shown_without_quotes() -> None:
    assert str(rcpt('TO:<"b o b"@b.example>').path) == "b o b@b.example"


@pytest.mark.parametrize(
    "text", ["", "<", "<bob", "bob@b.example", "<bob@b.example>x", "<a b@c>", '<"a@b>', '<"a"b@c>', "<@c>", "<a@[b>"]
)
def test_what_is_no_address(text: str) -> None:
    """RFC 3463, X.1.3 and X.1.7: bad destination, and bad sender, mailbox address syntax."""
    assert code(rcpt, f"TO:{text}") == (501, "5.1.3")
    assert code(mail, f"FROM:{text}") == (501, "5.1.7")


def test_an_address_has_a_length() -> None:
    most = limits.LMTP_PATH_OCTETS
    assert rcpt(f"TO:<{'a' * (most - 4)}@b>").path.domain == "b"
    assert code(rcpt, f"TO:<{'a' * (most - 3)}@b>") == (501, "5.1.3")


def test_parameters_of_mail() -> None:
    assert mail("FROM:<a@b> size=12 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=a+2Bb") == Mail(
        Path("a", "b"), 12, "8BITMIME", True, "HDRS", "a+b"
    )


def test_parameters_of_rcpt() -> None:
    assert rcpt("TO:<a@b> NOTIFY=SUCCESS,delay ORCPT=rfc822;x+2By@c") == Rcpt(
        Path("a", "b"), ("SUCCESS", "DELAY"), "x+y@c"
    )


def test_a_parameter_that_is_not_known() -> None:
    """RFC 5321, 4.1.1.11: 555."""
    assert code(mail, "FROM:<a@b> AUTH=<>") == (555, "5.5.4")


@pytest.mark.parametrize(
    "text", ["SIZE", "SIZE=", "SIZE=-1", "SIZE=\u0663", "RET=", "SMTPUTF8=", "RET=FULL RET=FULL", "=", "-A"]
)
def test_parameters_that_are_none(text: str) -> None:
    assert code(mail, f"FROM:<a@b> {text}") == (501, "5.5.4")


@pytest.mark.parametrize(
    ("text", "decoded"),
    [("a+2Bb+3D", "a+b="), ("", ""), ("+C3+BC", "ü"), ("+FF", "\udcff"), ("a+0A+00+7Fb", "a???b"), ("bü", "bü")],
)
def test_xtext(text: str, decoded: str) -> None:
    """RFC 3461, 4. No control character comes out: it goes into an environment."""
    assert xtext(text) == decoded


@pytest.mark.parametrize("text", ["+", "+2", "+2b", "a=b", "a b", "ü+2B"])
def test_what_is_no_xtext(text: str) -> None:
    assert code(xtext, text) == (501, "5.5.4")


@pytest.mark.parametrize(
    ("text", "original"),
    [
        ("utf-8;b\\x{F6}b@c", "böb@c"),
        ("utf-8;a\\x{2B}b@c", "a+b@c"),
        ("utf-8;\\x{D800}\\x{110000}\\x{0A}", "???"),
        ("UTF-8;böb@c", "böb@c"),
        ("x400;c+3Dde", ""),
    ],
)
def test_original_recipients_of_other_types(text: str, original: str) -> None:
    """RFC 6533, 3."""
    assert rcpt(f"TO:<a@b> ORCPT={text}").original == original


def test_chunks() -> None:
    assert chunk("10") == Chunk(10)
    assert chunk("0 last") == Chunk(0, last=True)


@pytest.mark.parametrize("text", ["", "LAST", "-1", "1.0", "1 FIRST", "1 LAST 1", "\u0663", "9" * 19])
def test_what_is_no_chunk(text: str) -> None:
    assert code(chunk, text) == (501, "5.5.4")


def test_what_postfix_forwards() -> None:
    assert forwarded("NAME=a.example addr=IPV6:2001:db8::1 HELO=[UNAVAILABLE] IDENT=4bX") == {
        "NAME": "a.example",
        "ADDR": "2001:db8::1",
        "HELO": "",
        "IDENT": "4bX",
    }


@pytest.mark.parametrize("text", ["", "NAME", "FOO=1", f"NAME={'x' * 256}", "HELO=a=b"])
def test_what_is_not_forwarded(text: str) -> None:
    assert code(forwarded, text) == (501, "5.5.4")


@pytest.mark.parametrize("piece", ["@a,", '"', '"\\', "a@", "\\", "<", "@", ":"])
def test_a_path_is_read_in_linear_time(piece: str) -> None:
    def read(text: str) -> None:
        for start in ("TO:<", 'TO:<"', "TO:<@"):
            try:
                rcpt(start + text)
            except Refused:
                pass

    assert linear(read, piece * 10_000)
