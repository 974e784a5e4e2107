"""extracttext (RFC 5703 section 7)."""

from __future__ import annotations

import base64

import pytest

from mdafilter import limits
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.message import Message
from mdafilter.words.extracttext import ExtractText, text_in
from tests.support.scene import scene
from tests.support.script import compiled
from tests.support.sieve import said

REQUIRE = 'require ["extracttext", "foreverypart", "variables", "fileinto", "include", "mime"];\n'
MESSAGE = b"""Content-Type: multipart/mixed; boundary=o

--o
Content-Type: application/sieve; charset="us-ascii"

keep;
--o
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe,
Ann

--o
Content-Type: message/rfc822

Subject: inner

Please say Hello
--o--
"""


def texts(script: str, message: bytes = MESSAGE) -> list[str]:
    """What the variable x is for each part."""
    one = scene(message)
    run([compiled(f'{REQUIRE}foreverypart {{ {script} set "all" "${{all}}<${{x}}>"; }}').plan], one)
    return one.value("all")[1:-1].split("><")


def text(head: bytes, body: bytes) -> str:
    return text_in(Message.parse(head + b"\n\n" + body).parts[0])


def test_the_text_of_each_part() -> None:
    """ "the transcoded content of the current body part"; multiparts have none of their own."""
    assert texts('extracttext "x";') == ["", "keep;", "Grüße,\r\nAnn\r\n", "", "Please say Hello"]


def test_the_first_characters() -> None:
    """ "It stores at most :first characters"."""
    assert texts('extracttext :first 3 "x";') == ["", "kee", "Grü", "", "Ple"]
    assert texts('extracttext :first 0 "x";')[0] == ""


def test_modifiers_of_what_was_extracted() -> None:
    """ "Modifiers are applied on the extracted text before it is stored in the variable."."""
    assert texts('extracttext :upper :first 4 "x";')[:2] == ["", "KEEP"]
    assert texts('extracttext :length "x";') == ["0", "5", "13", "0", "16"]
    assert texts('extracttext :lower :upperfirst :first 2 "x";')[2] == "Gr"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (b"Content-Type: text/plain; charset=utf-8", "ä".encode(), "ä"),
        (b"Content-Type: text/plain; charset=iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        (b"Content-Type: text/plain; charset=x-klingon", b"abc", ""),
        (b"Content-Type: text/plain; charset=rot13", b"abc", ""),
        (b"Content-Type: text/plain; charset=punycode", b"abc", ""),
        (b"Content-Type: text/plain; charset=utf-8", b"\xff\xfe", ""),
        (b"Content-Type: text/plain; charset=us-ascii", b"gr\xfcn", ""),
        (b"Content-Type: text/plain", b"gr\xfcn", "grün"),
        (b"Content-Transfer-Encoding: x-unknown", b"abc", ""),
        (b"Content-Transfer-Encoding: BASE64", base64.b64encode(b"abc"), "abc"),
        (b"Content-Transfer-Encoding: binary", b"abc", "abc"),
    ],
)
def test_what_is_unknown_or_invalid_is_empty(head: bytes, body: bytes, expected: str) -> None:
    """ "If the transfer encoding or character set is unrecognized by the implementation or recognized but invalid, an
    empty string will result."."""
    assert text(head, body) == expected


def test_of_html_it_is_what_a_reader_sees() -> None:
    """Section 7 says no more than "the text"."""
    assert text(b"Content-Type: text/html", b"<html><body>\n<p>x<b>y</b> &amp; z<script>no</script>.") == "xy & z\r\n."
    assert text(b"Content-Type: text/plain", b"<b>x</b>") == "<b>x</b>"


def test_line_ends_are_those_of_a_string() -> None:
    assert text(b"Subject: x", b"a\nb\r\nc") == "a\r\nb\r\nc"


def test_a_text_that_is_cut_in_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "the actual stored data MAY be truncated to conform to implementation specific limit"."""
    one = scene(b"Content-Type: text/plain; charset=utf-8\n\n" + "ä".encode() * 10_000)
    one.parts = [one.message.parts[0]]
    ExtractText("x").assign(one)
    assert one.value("x") == "ä" * limits.VARIABLE_CHARACTERS
    part = one.message.parts[0]
    assert len(part.decoded(5)) == 5
    monkeypatch.setattr(limits, "PART_DECODE", 20_000)
    assert text_in(one.message.parts[0]) == "ä" * 10_000


def test_it_is_set_anew_each_time() -> None:
    assert texts('extracttext "x"; set "y" "${x}";')[-1] == "Please say Hello"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('extracttext "x";', "outside of a loop"),
        ('foreverypart { stop; } extracttext "x";', "outside of a loop"),
        ('foreverypart { extracttext "1"; }', "match variable"),
        ('foreverypart { extracttext "a b"; }', "not the name of a variable"),
        ('foreverypart { extracttext "${x}"; }', "constant"),
        ('foreverypart { extracttext :upper :lower "x"; }', "exclude each other"),
        ('foreverypart { extracttext :first "x"; }', "first"),
        ('foreverypart { extracttext ["x", "y"]; }', "string"),
    ],
)
def test_mistakes(script: str, error: str) -> None:
    with pytest.raises(RuleErrors, match=error):
        compiled(REQUIRE + script)


def test_it_needs_variables() -> None:
    with pytest.raises(RuleErrors, match='"extracttext" needs the extension "variables"'):
        compiled('require ["extracttext", "foreverypart"]; foreverypart { extracttext "x"; }')


def test_a_loop_of_another_script_is_none() -> None:
    scripts = {("personal", "a"): 'require ["extracttext", "variables"]; extracttext "x";'}
    with pytest.raises(RuleErrors, match="outside of a loop"):
        compiled('require ["include", "foreverypart"]; foreverypart { include "a"; }', scripts)


def test_a_shared_variable() -> None:
    assert texts('extracttext "global.y"; set "x" "${global.y}";')[1] == "keep;"


def test_it_describes_itself_as_sieve() -> None:
    assert ExtractText("x", (":upper",), 3).describe() == 'extracttext :upper :first 3 "x"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["extracttext", "variables"];\nextracttext "a";',
            "error 2:1 extracttext outside of a loop | RFC 5703 section 7: it stands in a foreverypart { ... }",
        ),
        (
            'require ["extracttext", "foreverypart"];\nforeverypart { extracttext "a"; }',
            'error 1:10 "extracttext" needs the extension "variables" | require "variables";',
        ),
        (
            'require "ihave";\nif ihave ["foreverypart", "extracttext"] { foreverypart { extracttext "a"; } }',
            'error 2:59 `extracttext` needs the extension "variables" | require "variables";',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
