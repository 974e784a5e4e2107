"""body (RFC 5173)."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.words.body import Body, is_of_type
from mdafilter.words.match import Match
from tests.support.scene import scene
from tests.support.script import decide, folders

# The example of section 5.2. Its marks stand for: & the multiparts, $ text/plain, % text/html, ! the message.
EXAMPLE = b"""From: Whomever
To: Someone
Date: Whenever
Subject: whatever
Content-Type: multipart/mixed; boundary=outer

& This is a multi-part message in MIME format.
&
--outer
Content-Type: multipart/alternative; boundary=inner

& This is a nested multi-part message in MIME format.
&
--inner
Content-Type: text/plain; charset="us-ascii"

$ Hello
$
--inner
Content-Type: text/html; charset="us-ascii"

% <html><body>Hello</body></html>
%
--inner--
&
& This is the end of the inner MIME multipart.
&
--outer
Content-Type: message/rfc822

From: Someone Else
Subject: hello request

$ Please say Hello
$
--outer--
&
& This is the end of the outer MIME multipart.
"""

ENCODED = b"""Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

gr=FCn
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGI+SGVsbG88L2I+PGI+V29ybGQ8L2I+
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

YWJjAGRlZg==
--b--
"""


def strings(message: bytes, transform: str, *types: str) -> list[str]:
    """All that is compared."""
    match = Match("is", "i;octet", "", ("",))
    return [text for _, text in Body(match, transform, types)._strings(scene(message))]


def holds(message: bytes, test: str) -> bool:
    script = f'require ["body", "fileinto", "relational", "variables"]; if {test} {{ fileinto "yes"; }}'
    return folders(decide(script, message)) == ["yes"]


def test_the_prologue_and_epilogue_of_multiparts() -> None:
    """Section 5.2: "only the prologue and epilogue sections of the part will be searched for the key strings, treating
    the entire prologue and the entire epilogue as separate strings"."""
    assert strings(EXAMPLE, "content", "multipart") == [
        "& This is a multi-part message in MIME format.\n&",
        "&\n& This is the end of the outer MIME multipart.\n",
        "& This is a nested multi-part message in MIME format.\n&",
        "&\n& This is the end of the inner MIME multipart.\n&",
    ]
    assert holds(EXAMPLE, 'body :content "multipart" :contains "MIME"')
    assert not holds(EXAMPLE, 'body :content "multipart" :contains "Hello"')


def test_they_are_the_same_with_crlf() -> None:
    crlf = EXAMPLE.replace(b"\n", b"\r\n")
    same = [text.replace("\n", "\r\n") for text in strings(EXAMPLE, "content", "")]
    assert strings(crlf, "content", "") == same


@pytest.mark.parametrize(
    ("types", "marks"),
    [
        (("text/plain",), "$"),
        (("text/html",), "%"),
        (("text",), "$%"),
        (("message/rfc822",), "F"),
        (("message",), "F"),
        (("TEXT/Plain", "text/HTML"), "$%"),
        (("",), "&$%F"),
        (("/",), ""),
        (("/plain",), ""),
        (("text/",), ""),
        (("text/plain/x",), ""),
        (("tex",), ""),
        ((), ""),
    ],
)
def test_the_types_of_content(types: tuple[str, ...], marks: str) -> None:
    """Section 5.2: a type that "begins or ends with a '/' (slash) or contains multiple slashes ... matches no content
    types"; "If it is the empty string, all MIME content types are matched"."""
    assert {text[0] for text in strings(EXAMPLE, "content", *types)} == set(marks)


def test_the_header_of_an_enclosed_message() -> None:
    """Section 5.2: "only the header of the nested message will be searched for the key strings, treating the header as
    a single string"."""
    assert strings(EXAMPLE, "content", "message/rfc822") == ["From: Someone Else\nSubject: hello request\n"]


def test_encodings_and_charsets_are_removed() -> None:
    """Section 5.2: "Implementations decode the content-transfer-encoding and convert text to [UTF-8]". "A NUL octet
    (character zero) SHOULD NOT cause early termination"."""
    assert strings(ENCODED, "content", "text") == ["grün", "<b>Hello</b><b>World</b>"]
    assert strings(ENCODED, "content", "application") == ["abc\0def"]
    assert holds(ENCODED, 'body :content "application/octet-stream" :contains "DEF"')


def test_text_is_html_without_its_tags() -> None:
    """Section 5.3: "Sophisticated implementations MAY strip mark-up from the text prior to matching"."""
    assert strings(ENCODED, "text") == ["grün", "HelloWorld"]
    assert holds(ENCODED, 'body :contains "helloworld"')


def test_xhtml_is_text() -> None:
    message = b"Content-Type: application/xhtml+xml\n\n<p>Hel<b>lo</b></p>\n"
    assert holds(message, 'body :contains "hello"') and not holds(message, 'body :contains "<p>"')
    assert not holds(message, 'body :content "text" :contains "hel"')


def test_raw_is_the_whole_undecoded_body() -> None:
    """Section 5.1: "matches against the entire undecoded body of a message as a single item"; it "MUST treat multipart
    boundaries or the MIME headers of enclosed body parts as part of the content"."""
    assert strings(ENCODED, "raw") == [ENCODED.partition(b"\n\n")[2].decode()]
    assert holds(ENCODED, 'body :raw :contains "gr=FCn"')
    assert holds(ENCODED, 'body :raw :contains "charset=ISO-8859-1"')
    assert not holds(ENCODED, 'body :raw :contains "multipart/mixed"')


@pytest.mark.parametrize("test", ["body :raw", "body :text", 'body :content ""'])
@pytest.mark.parametrize("message", [b"Subject: x\n", b"Subject: x", b"Subject: x\r\n", b""])
def test_without_an_empty_line_nothing_matches(test: str, message: bytes) -> None:
    """Section 4: "If a message consists of a header only, not followed by an empty line, then that set is empty and
    all "body" tests return false, including those that test for an empty string." """
    assert not holds(message, f'{test} :contains ""')
    assert not holds(message, f'{test} :matches "*"')


@pytest.mark.parametrize("message", [b"Subject: x\n\n", b"Subject: x\r\n\r\n", b"\n", b"\r\n"])
def test_an_empty_body_is_a_body(message: bytes) -> None:
    assert holds(message, 'body :raw :is ""')
    assert holds(message, 'body :is ""')


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_line_ends_are_crlf(newline: bytes) -> None:
    """Section 4: "the strings will usually contain CRLFs"; they match the multi-line strings of a script, which have
    CRLF as well, however the message came."""
    message = newline.join((b"Subject: x", b"", b"one", b"two", b""))
    for transform in ("", ":raw", ':content "text"'):
        assert holds(message, f"body {transform} text:\r\none\r\ntwo\r\n.\r\n")


def test_parts_of_a_match_do_not_reach_over_parts() -> None:
    """Section 5.2: "search expressions MUST NOT match across MIME part boundaries"."""
    assert not holds(EXAMPLE, 'body :content "text" :matches "*Hello*Please*"')


def test_no_match_values_are_set() -> None:
    """Section 6: wildcards "MUST NOT set match variables (${1}, ${2}...)"."""
    script = """require ["body", "fileinto", "variables"];
        if header :matches "Subject" "*atever" { if body :matches "*Hello*" { fileinto "${1}"; } }"""
    assert folders(decide(script, EXAMPLE)) == ["wh"]


def test_keys_and_types_may_have_variables() -> None:
    """Section 6: "variable references in the key strings or content type strings are evaluated"."""
    script = """require ["body", "fileinto", "variables"]; set "type" "text/html"; set "key" "BODY";
        if body :content "${type}" :contains "<${key}>" { fileinto "yes"; }"""
    assert folders(decide(script, EXAMPLE)) == ["yes"]


def test_count_is_of_strings() -> None:
    assert holds(EXAMPLE, 'body :count "eq" :content "text" "3"')


def test_the_text_is_bounded() -> None:
    message = b"Subject: x\n\n" + b"a" * limits.PART_DECODE + b"needle"
    assert not holds(message, 'body :raw :contains "needle"')
    assert len(strings(message, "raw")[0]) == limits.PART_DECODE


def test_so_is_that_of_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(strings(ENCODED, "content", "")) == 5
    monkeypatch.setattr(limits, "BODY_DECODE", 6)
    assert strings(ENCODED, "content", "text") == ["grün"]


def test_octets_that_are_no_text_do_no_harm() -> None:
    message = b"Content-Type: text/plain; charset=nonsense\n\n\xff\xfe gr\xfcn \x00 end"
    for transform in (":raw", ":text", ':content "text"'):
        assert holds(message, f'body {transform} :contains "end"')
        assert holds(message, f'body {transform} :contains "grün"')


@pytest.mark.parametrize(
    ("kind", "wanted", "held"),
    [("text/plain", "text", True), ("text/plain", "text/plain", True), ("text/plain", "plain", False)],
)
def test_is_of_type(kind: str, wanted: str, held: bool) -> None:
    assert is_of_type(kind, wanted) is held


def test_the_answer_names_the_part() -> None:
    match = Match("contains", "i;ascii-casemap", "", ("please",))
    answer = Body(match, "content", ("text",)).ask(scene(EXAMPLE))
    assert answer.by == 'body :content "text" :contains "please" in part 2.1 (text/plain)'
    assert Body(match).describe() == 'body :text :contains "please"'
