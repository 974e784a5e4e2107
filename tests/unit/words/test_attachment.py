"""attachment (vnd.mdafilter.attachment)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import RuleErrors
from mdafilter.words.attachment import Attachment, extension
from mdafilter.words.match import Match
from tests.support.archives import EXE, zipped
from tests.support.attached import attached
from tests.support.clock import linear
from tests.support.scene import scene
from tests.support.script import compiled, decide, folders
from tests.support.sieve import said

REQUIRE = 'require ["vnd.mdafilter.attachment", "fileinto", "foreverypart", "mime", "relational", "variables"];\n'


def message(*headers: str) -> bytes:
    """A message with one part for each of these headers."""
    parts = "".join(f"--b\n{header}\n\nAAAA\n" for header in headers)
    return f"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n".encode()


def holds(test: str, text: bytes) -> bool:
    return folders(decide(f'{REQUIRE}if {test} {{ fileinto "yes"; }}', text)) == ["yes"]


@pytest.mark.parametrize(
    "header",
    [
        'Content-Disposition: attachment; filename="x.exe"',
        'Content-Disposition: attachment; filename="x.EXE"',
        'Content-Disposition: attachment; filename="x.exe."',
        'Content-Disposition: attachment; filename="x.exe "',
        'Content-Disposition: attachment; filename="x.exe . ."',
        'Content-Disposition: attachment; filename="a.pdf.exe"',
        'Content-Disposition: attachment; filename="x.exe::$DATA"',
        "Content-Disposition: attachment; filename=x.exe",
        'Content-Type: application/octet-stream; name="x.exe"',
        'Content-Type: text/plain; name="x.exe"\nContent-Disposition: attachment; filename="x.txt"',
        'Content-Type: text/plain; name="x.txt"\nContent-Disposition: attachment; filename="x.exe"',
        "Content-Disposition: attachment; filename*=utf-8''x%2Eexe",
        "Content-Disposition: attachment; filename*0=x.; filename*1=ex; filename*2=e",
        "Content-Disposition: attachment; filename=x.txt; filename*=us-ascii'en'x.exe",
        'Content-Disposition: attachment; filename="=?utf-8?B?eC5leGU=?="',
        'Content-Disposition: attachment; filename="x.e\u200bxe"',
        'Content-Disposition: attachment; filename="invoice\u202efdp.exe"',
        'Content-Disposition: attachment;\n\tfilename="x.exe"',
        "Content-Disposition: inline; filename=x.exe",
    ],
)
def test_any_reading_of_a_name_has_the_extension(header: str) -> None:
    """A rule matches if any plausible reading of a name matches."""
    assert holds('attachment :extension "exe"', message("Content-Type: text/plain", header))


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/plain",
        'Content-Disposition: attachment; filename="exe"',
        'Content-Disposition: attachment; filename="x.exe.txt"',
        'Content-Disposition: attachment; filename="exe.pdf"',
        'Content-Disposition: attachment; filename="x.ex"',
        "X-Other: filename=x.exe",
    ],
)
def test_other_names_have_not(header: str) -> None:
    assert not holds('attachment :extension "exe"', message(header))


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("a.b", "b"),
        ("a.b.C", "C"),
        (".exe", "exe"),
        ("a", None),
        ("", None),
        ("a.", None),
        ("a.exe. .", "exe"),
        ("...", None),
    ],
)
def test_extension(name: str, last: str | None) -> None:
    assert extension(name) == last


@given(st.text())
def test_an_extension_is_the_end_of_its_name(name: str) -> None:
    last = extension(name)
    assert last is None or ("." + last) in name


INVOICE = message('Content-Type: application/pdf; name="Invoice 7.pdf"', "Content-Type: image/png")


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('attachment "invoice 7.pdf"', True),
        ('attachment :name "invoice 7.pdf"', True),
        ('attachment :name :comparator "i;octet" "invoice 7.pdf"', False),
        ('attachment :matches "invoice*.pdf"', True),
        ('attachment :contains ["x", "voice"]', True),
        ('attachment :contains "png"', False),
        ('attachment :extension ["exe", "pdf"]', True),
        ('attachment :extension :matches "p*"', True),
        ('attachment :type "application/pdf"', True),
        ('attachment :type :contains "image/"', True),
        ('attachment :type "multipart/mixed"', True),
        ('attachment :type "pdf"', False),
        ('attachment :count "eq" "1"', True),
        ('attachment :type :count "eq" "3"', True),
    ],
)
def test_what_is_compared(test: str, held: bool) -> None:
    assert holds(test, INVOICE) is held


def test_a_message_without_attachments_matches_nothing() -> None:
    for what in ("", ":extension"):
        assert not holds(f'attachment {what} :contains ""', b"Subject: x\n\nbody")
    assert holds('attachment :type "text/plain"', b"Subject: x\n\nbody")


def test_the_message_itself_can_be_an_attachment() -> None:
    assert holds('attachment :extension "exe"', b"Content-Disposition: attachment; filename=x.exe\n\nMZ")


def test_attachments_of_attached_messages_count() -> None:
    inner = "Content-Type: message/rfc822\n\nContent-Disposition: attachment; filename=x.exe"
    assert holds('attachment :extension "exe"', message(inner))


def test_all_content_types_of_a_part_count() -> None:
    """Readers disagree about which of two fields they take."""
    two = message("Content-Type: text/plain\nContent-Type: application/x-msdownload")
    assert holds('attachment :type "application/x-msdownload"', two)
    assert holds('attachment :type "text/plain"', two)


def test_in_a_loop_only_the_part_counts() -> None:
    text = message("Content-Type: text/plain; name=a.txt", "Content-Type: text/plain; name=b.exe")
    script = """foreverypart {
        if allof (header :mime :contenttype "Content-Type" "text/plain", attachment :matches "*.*") {
            fileinto "${1}"; } }"""
    assert folders(decide(REQUIRE + script, text)) == ["a", "b"]
    nested = 'foreverypart { if attachment :extension "exe" { fileinto "root"; } break; }'
    assert folders(decide(REQUIRE + nested, text)) == ["root"]


@pytest.mark.parametrize(
    ("header", "by"),
    [
        (
            "Content-Disposition: attachment; filename*=utf-8''invoice.exe",
            'attachment "invoice.exe" (Content-Disposition filename, RFC 2231)',
        ),
        ("Content-Type: text/plain; name=invoice.exe", 'attachment "invoice.exe" (Content-Type name)'),
    ],
)
def test_the_answer_says_how_the_name_was_read(header: str, by: str) -> None:
    test = Attachment(Match("is", "i;ascii-casemap", "", ("exe",)), "extension")
    answer = test.ask(scene(message(header)))
    assert answer.by == by
    assert answer.saw == ("exe",)


def test_match_values_are_set() -> None:
    script = 'if attachment :matches "*.pdf" { fileinto "${1}"; }'
    assert folders(decide(REQUIRE + script, INVOICE)) == ["Invoice 7"]


def test_it_describes_itself_as_sieve() -> None:
    match = Match("is", "i;ascii-casemap", "", ("exe", "com"))
    assert Attachment(match).describe() == 'attachment :is ["exe", "com"]'
    assert Attachment(match, "extension").describe() == 'attachment :extension :is ["exe", "com"]'


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ('attachment :name :extension "x"', "exclude each other"),
        ("attachment", "argument"),
        ('attachment :extention "exe"', "unknown tag :extention"),
    ],
)
def test_mistakes(test: str, error: str) -> None:
    with pytest.raises(RuleErrors, match=error):
        compiled(f'require "vnd.mdafilter.attachment"; if {test} {{ stop; }}')


def test_the_time_is_linear_in_the_number_of_names() -> None:
    test = Attachment(Match("is", "i;ascii-casemap", "", tuple(f"e{n}" for n in range(90))), "extension")

    def ask(names: bytes) -> None:
        text = message(*(f"Content-Type: text/plain; name=a{n}.x{n}" for n in range(len(names))))
        assert not test.ask(scene(text)).held

    assert linear(ask, b"x" * 8000)


# --- what is inside --------------------------------------------------------------------------------------------------

ZIP = attached(("invoice.zip", zipped(("inner.zip", zipped(("evil.exe", EXE))), ("docs/a.txt", b"text"))))


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('attachment :extension "exe"', True),
        ('attachment :inside :extension "exe"', True),
        ('attachment :outside :extension "exe"', False),
        ('attachment :inside :extension "zip"', True),
        ('attachment "a.txt"', True),
        ('attachment "docs/a.txt"', True),
        ('attachment :inside "invoice.zip"', False),
        ('attachment :outside "invoice.zip"', True),
        ('attachment :kind "executable"', True),
        ('attachment :kind "pe"', True),
        ('attachment :outside :kind "executable"', False),
        ('attachment :outside :kind "zip"', True),
        ('attachment :inside :kind "zip"', True),
        ('attachment :extension :count "eq" "3"', True),
        ('attachment :outside :extension :count "eq" "1"', True),
        ('attachment :type "application/octet-stream"', True),
    ],
)
def test_what_is_inside(test: str, held: bool) -> None:
    assert holds(test, ZIP) is held


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (':extension "exe"', 'attachment "invoice.zip/inner.zip/evil.exe" (zip directory)'),
        (':kind "executable"', 'attachment "invoice.zip/inner.zip/evil.exe" (its content: pe)'),
    ],
)
def test_the_reason_is_the_path(test: str, why: str) -> None:
    decision = decide(f'{REQUIRE}if attachment {test} {{ fileinto "x"; }}', ZIP)
    assert decision.decided[0].why == why


def test_kind_is_of_what_is_attached_whatever_it_is_called() -> None:
    assert holds('attachment :kind "executable"', attached(("invoice.pdf", EXE), kind="application/pdf"))
    assert not holds('attachment :kind "executable"', attached(("invoice.pdf", b"%PDF-1.4"), kind="application/pdf"))


def test_right_to_left_in_an_archive() -> None:
    message = attached(("a.zip", zipped(("invoice\u202efdp.exe", EXE))))
    assert holds('attachment :inside :contains "\u202e"', message)
    assert holds('attachment :inside :extension "exe"', message)


def test_describes_itself() -> None:
    assert Attachment(Match("is", "i;ascii-casemap", "", ("exe",)), "extension", "inside").describe() == (
        'attachment :extension :inside :is "exe"'
    )


def test_declared_types_are_of_parts_only() -> None:
    with pytest.raises(RuleErrors, match="inside"):
        compiled(f'{REQUIRE}if attachment :type :inside "x" {{ keep; }}')
    with pytest.raises(RuleErrors):
        compiled(f'{REQUIRE}if attachment :outside :inside "x" {{ keep; }}')


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["vnd.mdafilter.attachment"];\nif attachment :inside :type "a/b" { stop; }',
            "error 2:15 :type and :inside exclude each other | files in archives have no declared type: ask for their :kind",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
