"""replace (RFC 5703 section 5)."""

from __future__ import annotations

import base64
import gc
import os

import pytest

from mdafilter import limits
from mdafilter.acts import File, Keep, Redirect
from mdafilter.errors import RuleErrors
from mdafilter.message import Message
from mdafilter.texts import Template, Var
from mdafilter.words.replace import Replace
from tests.support.script import acts, compiled, decide, delivered, folders
from tests.support.sieve import said

REQUIRE = 'require ["replace", "mime", "foreverypart", "fileinto", "variables", "editheader", "body", "copy"];\n'
MESSAGE = b"""From: a@example.org
Subject: Hi
Received: from x
Mime-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a

one
--a
Content-Type: text/html

two
--a--
--m
Content-Type: application/exe; name="x.com"
Content-Transfer-Encoding: base64

TVo=
--m--
"""
NOTE = 'if header :mime :contenttype :matches "Content-Type" "*/*" { fileinto "${1}-${2}"; }'
EXE = 'header :mime :contenttype "Content-Type" "application/exe"'


def written(script: str, message: bytes = MESSAGE) -> bytes:
    decision = decide(REQUIRE + script, message)
    assert decision.notes == ()
    return delivered(decision)


def types(script: str) -> list[str]:
    return [part.type for part in Message.parse(written(script)).parts]


def test_the_example() -> None:
    """ "the MIME part to be replaced is the "current" MIME part"."""
    script = f"""foreverypart {{ if anyof ({EXE},
        header :mime :param "filename" :matches ["Content-Type", "Content-Disposition"] "*.com") {{
        replace "Executable attachment removed by user filter"; }} }}"""
    before, _, after = MESSAGE.partition(
        b'Content-Type: application/exe; name="x.com"\nContent-Transfer-Encoding: base64\n\nTVo='
    )
    new = b"Content-Type: text/plain; charset=utf-8\n\nExecutable attachment removed by user filter"
    assert written(script) == before + new + after


def test_a_multipart_goes_with_all_that_is_in_it() -> None:
    """ "the entire multipart MIME part is replaced, which would alter the MIME structure of the message by eliminating
    all of the children of the multipart part"."""
    script = 'foreverypart { if header :mime :subtype "Content-Type" "alternative" { replace "gone"; } }'
    assert types(script) == ["multipart/mixed", "text/plain", "application/exe"]


def test_the_loop_does_not_go_into_what_is_no_longer_there() -> None:
    """ "the "foreverypart" iterator that is executing does not go into the no-longer existing body parts"."""
    script = f'foreverypart {{ {NOTE} if header :mime :subtype "Content-Type" "alternative" {{ replace "gone"; }} }}'
    assert folders(decide(REQUIRE + script, MESSAGE)) == ["multipart-mixed", "multipart-alternative", "application-exe"]


def test_nor_into_what_has_come() -> None:
    mime = "text:\nContent-Type: multipart/mixed; boundary=new\n\n--new\n\nx\n--new\n\ny\n--new--\n.\n"
    script = (
        f'foreverypart {{ {NOTE} if header :mime :subtype "Content-Type" "alternative" {{ replace :mime {mime}; }} }}'
    )
    found = folders(decide(REQUIRE + script, MESSAGE))
    assert found == ["multipart-mixed", "multipart-alternative", "application-exe"]


def test_a_later_loop_sees_the_new_structure() -> None:
    """ "subsequent "foreverypart" iterators would use the new message structure"."""
    script = f"""foreverypart {{ if header :mime :subtype "Content-Type" "alternative" {{ replace "gone"; }} }}
        foreverypart {{ {NOTE} }}"""
    assert folders(decide(REQUIRE + script, MESSAGE)) == ["multipart-mixed", "text-plain", "application-exe"]


def test_so_does_the_rest_of_the_loop_and_the_one_around() -> None:
    script = f"""foreverypart {{ if header :mime :subtype "Content-Type" "alternative" {{
            foreverypart {{ replace "short"; {NOTE} break; }}
            if header :mime :anychild :param "charset" "Content-Type" "utf-8" {{ fileinto "seen"; }} }} }}"""
    assert folders(decide(REQUIRE + script, MESSAGE)) == ["text-plain", "seen"]


def test_every_part_can_be_replaced() -> None:
    script = 'foreverypart { if not header :mime :type "Content-Type" "multipart" { replace "ü"; } }'
    made = Message.parse(written(script))
    assert [part.text() for part in made.parts if not part.is_container] == ["ü"] * 3


def test_a_loop_that_replaces_by_more_parts_ends() -> None:
    mime = "text:\nContent-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n\nx\n--b${n}--\n.\n"
    script = f'foreverypart {{ foreverypart {{ set :length "l" "${{n}}"; set "n" "${{n}}x"; replace :mime {mime}; }} }}'
    decision = decide(REQUIRE + script, MESSAGE)
    assert decision.notes == () or acts(decision) == [Keep()]


def test_outside_of_a_loop_it_is_the_whole_message() -> None:
    """ "Implementations MUST preserve all other header fields from the original message with the exception of those
    relating to the MIME structure that is being replaced."."""
    assert written('replace "All gone.";') == (
        b"From: a@example.org\nSubject: Hi\nReceived: from x\nMime-Version: 1.0\n"
        b"Content-Type: text/plain; charset=utf-8\n\nAll gone.\n"
    )


def test_a_loop_at_the_message_itself_is_the_same() -> None:
    assert written('foreverypart { replace "x"; break; }') == written('replace "x";')
    assert written('foreverypart { replace "x"; }') == written('replace "x";')


def test_the_subject_and_the_sender() -> None:
    """ "implementations MUST preserve any previous Subject header as an Original-Subject header"; "if and only if
    non-ASCII characters are present"."""
    made = written(
        'replace :subject "Ünsafe" :from "Filter <f@example.net>" "x";', b"FROM: a@b.c\nsubject:  Hi\n there\n\nbody\n"
    )
    assert made == (
        b"From: Filter <f@example.net>\nOriginal-FROM: a@b.c\nSubject: =?utf-8?B?w5xuc2FmZQ==?=\n"
        b"Original-subject:  Hi\n there\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nx\n"
    )
    assert b"Subject: plain\nMIME" in written('replace :subject "plain" "x";', b"To: a@b.c\n\nbody\n")


def test_they_are_as_a_header_can_have_them() -> None:
    """RFC 2047 section 5: encoded words stand for a name, and never for an address; RFC 5322 section 2.1.1: lines."""
    made = written(
        f'replace :subject "{"wörd " * 60}" :from "Jürgen <j@example.net>, b@example.net" "x";', b"To: a@b.c\n\nb\n"
    )
    message = Message.parse(made)
    (sender,), (subject,) = message.headers.all("From"), message.headers.all("Subject")
    assert sender.raw == b"From: =?utf-8?B?SsO8cmdlbg==?= <j@example.net>, b@example.net\n"
    assert subject.text == ("wörd " * 60).strip() and max(map(len, subject.raw.split(b"\n"))) <= 78


def test_of_a_part_they_mean_nothing() -> None:
    script = f'foreverypart {{ if {EXE} {{ replace :subject "s" :from "f@example.net" "x"; }} }}'
    assert written(script).startswith(b"From: a@example.org\nSubject: Hi\n")


def test_a_mime_entity() -> None:
    """ "the replacement string is, in fact, a MIME entity as defined in [RFC2045], Section 2.4, including both MIME
    headers and content"."""
    mime = "text:\nContent-Type: text/html\nContent-ID: <x@y>\n\n<b>gone</b>\n.\n"
    script = f"foreverypart {{ if {EXE} {{ replace :mime {mime}; }} }}"
    assert b"--m\nContent-Type: text/html\nContent-ID: <x@y>\n\n<b>gone</b>\n\n--m--\n" in written(script)
    whole = written(f"replace :mime {mime};")
    assert whole.endswith(b"Mime-Version: 1.0\nContent-Type: text/html\nContent-ID: <x@y>\n\n<b>gone</b>\n")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('replace :mime :subject "x" "\r\ny";', ":mime and :subject exclude each other"),
        ('replace :mime :from "a@example.org" "\r\ny";', ":mime and :from exclude each other"),
        ('replace :from "nobody" "y";', "address"),
        ('replace :mime "no entity";', "a MIME entity has an empty line behind its header"),
        ("replace;", "replace"),
    ],
)
def test_mistakes(script: str, error: str) -> None:
    with pytest.raises(RuleErrors, match=error):
        compiled(REQUIRE + script)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            'set "x" "no entity"; replace :mime "${x}";',
            "replace :mime: a MIME entity has an empty line behind its header",
        ),
        ('set "x" "nobody"; replace :from "${x}" "y";', 'replace :from: "nobody" is not an address'),
        (
            f'foreverypart {{ if {EXE} {{ replace :mime "\r\n--m\r\n"; }} }}',
            "replace: the MIME entity has the boundary of the multipart around it",
        ),
    ],
)
def test_what_goes_wrong_leaves_the_message_as_it_is(script: str, why: str) -> None:
    decision = decide(f"{REQUIRE}discard; {script}", MESSAGE)
    assert acts(decision) == [Keep()] and delivered(decision) == MESSAGE
    assert why in decision.notes[0]


def test_a_failure_later_on_brings_the_message_back() -> None:
    """RFC 5228 section 2.10.6: the message is kept; so it has to be the one that came."""
    script = 'require "ihave"; replace "x"; error "no";'
    assert delivered(decide(REQUIRE + script, MESSAGE)) == MESSAGE


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REPLACES", 2)
    decision = decide(
        f'{REQUIRE}foreverypart {{ if not header :mime :type "Content-Type" "multipart" {{ replace "x"; }} }}', MESSAGE
    )
    assert delivered(decision) == MESSAGE and "more than 2 parts are replaced" in decision.notes[0]


def test_what_was_decided_before_keeps_its_message() -> None:
    decision = decide(
        f'{REQUIRE}fileinto "before"; replace "x"; redirect :copy "a@example.net"; fileinto "after"; keep;', MESSAGE
    )
    sizes = [one.message.size == len(MESSAGE) for one in decision.decided]
    assert [type(act) for act in acts(decision)] == [File, Redirect, File, Keep] and sizes == [
        True,
        False,
        False,
        False,
    ]


def test_tests_see_the_new_message() -> None:
    script = 'replace "needle"; if allof (body :contains "needle", not exists "Content-Transfer-Encoding") { fileinto "yes"; }'
    assert folders(decide(REQUIRE + script, MESSAGE)) == ["yes"]


def test_with_editheader() -> None:
    script = f"""addheader "X-First" "1"; foreverypart {{ if {EXE} {{ replace "x"; addheader "X-Second" "2"; }} }}"""
    made = written(script)
    assert made.startswith(b"X-Second: 2\nX-First: 1\nFrom: ") and b"charset=utf-8\n\nx\n--m--\n" in made
    assert exact(made) == exact(MESSAGE)


def exact(message: bytes) -> bytes:
    """From the first part to the third."""
    return message[message.index(b"--m\n") : message.index(b"--a--")]


def test_the_message_in_a_message_keeps_its_header() -> None:
    message = (
        b"Subject: o\nContent-Type: message/rfc822\n\nFrom: i@example.org\nSubject: i\nContent-Type: image/png\n\npng\n"
    )
    script = 'foreverypart { if header :mime :type "Content-Type" "image" { replace "x"; } }'
    assert written(script, message) == (
        b"Subject: o\nContent-Type: message/rfc822\n\nFrom: i@example.org\nSubject: i\n"
        b"Content-Type: text/plain; charset=utf-8\n\nx"
    )


def test_crlf_stays_crlf() -> None:
    made = written(
        'foreverypart { if header :mime :subtype "Content-Type" "html" { replace "a\r\nb\r\n"; } }',
        MESSAGE.replace(b"\n", b"\r\n"),
    )
    assert b"\n" not in made.replace(b"\r\n", b"")


def test_it_describes_itself_as_sieve() -> None:
    assert Replace("x").describe() == 'replace "x"'
    assert Replace("x", True).describe() == 'replace :mime "x"'
    assert Replace(Template((Var("x"),)), False, "s", "f").describe() == 'replace :subject "s" :from "f" "${x}"'


def test_what_was_made_on_the_way_is_given_up_at_once() -> None:
    """No file stays open until garbage is collected, which is after the delivery."""
    parts = b"".join(b"--m\nContent-Type: image/png\n\n" + b"x" * limits.SPOOL_IN_MEMORY + b"\n" for _ in range(9))
    message = b"Content-Type: multipart/mixed; boundary=m\n\n" + parts + b"--m--\n"
    script = """foreverypart { if header :mime :type "Content-Type" "image" { replace "x"; addheader "X" "1"; } }
        foreverypart { if header :mime :type "Content-Type" "text" { fileinto "seen"; } }"""
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    gc.disable()
    try:
        decision = decide(REQUIRE + script, message)
        assert len(os.listdir("/proc/self/fd")) <= before + 2
    finally:
        gc.enable()
    assert folders(decision) == ["seen"] and decision.decided[0].message.size < 2000


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["replace"];\nreplace :mime :subject "x" "a: b\n\nc";',
            "error 2:15 :mime and :subject exclude each other | RFC 5703 section 5: the entity has all of its header itself",
        ),
        (
            'require ["replace"];\nreplace :from "nobody" "x";',
            'error 2:9 "nobody" is not an address | write an address like "ann@example.org"',
        ),
        (
            'require ["replace"];\nreplace :mime "x";',
            "error 2:15 a MIME entity has an empty line behind its header | RFC 2045 section 2.4: fields, an empty line, a body",
        ),
        (
            'require ["replace"];\nreplace :mime "no field\r\n\r\nx";',
            'error 2:15 "no field" is no field of a header | RFC 2045 section 2.4: fields, an empty line, a body',
        ),
        (
            'require ["replace"];\nreplace :mime "Subject: é\r\n\r\nx";',
            "error 2:15 the field Subject has characters that are not ASCII"
            " | RFC 2045 section 2.4: fields, an empty line, a body",
        ),
        (
            'require ["replace"];\nreplace :mime "Content-Type: multipart/mixed; boundary=b\r\n\r\nx";',
            "error 2:15 a multipart without parts | RFC 2045 section 2.4: fields, an empty line, a body",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]


NESTED = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c--\n--b--\n"


def test_a_part_that_is_too_deep_after_enclose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MIME_DEPTH", 3)
    script = 'foreverypart { foreverypart { foreverypart { enclose "x"; replace "y"; } } }'
    decision = decide(f'require "enclose"; {REQUIRE}{script}', NESTED)
    assert delivered(decision) == NESTED
    assert "replace: the part is there no longer" in decision.notes[0]


def test_a_part_of_a_large_encoded_message(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = base64.b64encode(b"Subject: hello\nContent-Type: text/plain\n\nbody body\n")
    mail = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + inner + b"\n"
    monkeypatch.setattr(limits, "PART_DECODE", 20)
    decision = decide(f'{REQUIRE}foreverypart {{ foreverypart {{ replace "y"; }} }}', mail)
    assert delivered(decision) == mail
    assert "replace: the part stands in an encoded message of more than 20 octets" in decision.notes[0]
