"""mime and foreverypart (RFC 5703)."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleErrors
from mdafilter.texts import Template, Var
from mdafilter.words.mime import Mime, Parts
from tests.support.scene import scene
from tests.support.script import compiled, decide, folders
from tests.support.sieve import said

MESSAGE = b"""From: a@example.org
Subject: outer
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: Text/Plain; charset="UTF-8"

one
--a
Content-Type: text/html (a comment); charset=x

two
--a--
--m
Content-Type: message/rfc822

From: inner@example.com
Subject: inner
Content-Type: image/png
Content-Disposition: ATTACHMENT; filename*=utf-8''gr%C3%BCn.png; size=3
Content-ID: <x@example.com>

png
--m--
"""

REQUIRE = 'require ["mime", "foreverypart", "fileinto", "variables", "relational", "comparator-i;ascii-numeric"];\n'
# Files the message into one folder for each part that is visited, named after its type.
NOTE = 'if header :mime :contenttype :matches "Content-Type" "*/*" { fileinto "${1}-${2}"; }'


def holds(test: str) -> bool:
    return folders(decide(f'{REQUIRE}if {test} {{ fileinto "yes"; }}', MESSAGE)) == ["yes"]


def visited(body: str) -> list[str]:
    return folders(decide(REQUIRE + body, MESSAGE))


def test_a_loop_visits_every_part_depth_first() -> None:
    """Section 3: foreverypart visits every MIME part of a message, nested parts too, depth first."""
    assert visited(f"foreverypart {{ {NOTE} }}") == [
        "multipart-mixed",
        "multipart-alternative",
        "text-plain",
        "text-html",
        "message-rfc822",
        "image-png",
    ]


def test_an_inner_loop_visits_what_is_in_the_part() -> None:
    """Section 3: "the inner loop only operates on children of the bodypart currently accessed by the outer loop"."""
    script = f"""foreverypart {{
        if header :mime :type "Content-Type" "message" {{ foreverypart {{ {NOTE} }} }} }}"""
    assert visited(script) == ["image-png"]
    all_below = f"foreverypart {{ foreverypart {{ {NOTE} }} break; }}"
    assert visited(all_below) == ["multipart-alternative", "text-plain", "text-html", "message-rfc822", "image-png"]


def test_an_inner_loop_of_a_terminal_part_is_not_run() -> None:
    """Section 3: for a terminal MIME part "the nested "foreverypart" loop is simply not executed"."""
    script = """foreverypart {
        if header :mime :type "Content-Type" "text" { foreverypart { fileinto "never"; } } }"""
    assert visited(script) == ["INBOX"]


def test_break_leaves_the_innermost_loop() -> None:
    script = f"foreverypart {{ foreverypart {{ {NOTE} break; }} }}"
    assert visited(script) == ["multipart-alternative", "text-plain", "image-png"]


def test_break_by_name_leaves_the_named_loop() -> None:
    script = f'foreverypart :name "all" {{ foreverypart :name "x" {{ {NOTE} break :name "all"; }} }} fileinto "after";'
    assert visited(script) == ["multipart-alternative", "after"]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("break;", "outside of a loop"),
        ('break :name "x";', "no loop around"),
        ('foreverypart :name "y" { break :name "x"; }', "no loop around"),
        ('foreverypart :name "${x}" { keep; }', "constant"),
        ('if header :type "Content-Type" "x" { stop; }', "without :mime"),
        ("foreverypart { " * 5 + "keep;" + " }" * 5, "more than 4 loops"),
        ("foreverypart;", "block"),
        ("foreverypart true { keep; }", "foreverypart"),
        ("foreverypart :name { keep; }", "name"),
        ('foreverypart "x" { keep; }', "foreverypart"),
        ('foreverypart { break "x"; }', "break"),
        ("foreverypart { break { stop; } }", "no block"),
        ("foreverypart { if true { break :name; } }", "name"),
        ('foreverypart :name "x" { stop; } break :name "x";', "no loop around"),
        ('if header :mime :param "Content-Type" "x" { stop; }', "header"),
        ('if header :mime :mime "Content-Type" "x" { stop; }', ":mime"),
        ('if header :mime :anychild :anychild "Content-Type" "x" { stop; }', ":anychild"),
        ('if address :mime :contenttype "From" "x" { stop; }', ":contenttype"),
        ('if exists :mime :param "x" "From" { stop; }', ":param"),
        ('if header :anychild "Content-Type" "x" { stop; }', "without :mime"),
        ('if header :param "x" "Content-Type" "x" { stop; }', "without :mime"),
        ('if exists :anychild "Content-Type" { stop; }', "without :mime"),
        ('if header :mime :type :subtype "Content-Type" "x" { stop; }', "exclude each other"),
        ('if exists :mime :type "Content-Type" { stop; }', ":type"),
    ],
)
def test_mistakes(script: str, error: str) -> None:
    with pytest.raises(RuleErrors, match=error):
        compiled(REQUIRE + script)


def test_a_break_of_an_included_script_is_its_own() -> None:
    """RFC 6609 section 3.5: "The "break" command in an included script is not valid on its own and may not terminate a
    "foreverypart" iteration in another script"."""
    scripts = {("personal", "a"): 'require "foreverypart"; break;'}
    with pytest.raises(RuleErrors, match="outside of a loop"):
        compiled('require ["include", "foreverypart"]; foreverypart { include "a"; }', scripts)


@pytest.mark.parametrize(
    ("test", "held"),
    [
        # the message itself
        ('header :mime "Subject" "outer"', True),
        ('header :mime "Subject" "inner"', False),
        ('header :mime :type "Content-Type" "multipart"', True),
        ('header :mime :subtype "Content-Type" "mixed"', True),
        ('header :mime :contenttype "Content-Type" "multipart/mixed"', True),
        ('header :mime :param "boundary" "Content-Type" "m"', True),
        ('header :mime :param ["x", "BOUNDARY"] "Content-Type" "m"', True),
        ('header :mime :param "charset" :matches "Content-Type" "*"', False),
        # and all parts in it
        ('header :mime :anychild "Subject" "inner"', True),
        ('header :mime :anychild :type "Content-Type" "image"', True),
        ('header :mime :anychild :contenttype "Content-Type" "TEXT/PLAIN"', True),
        ('header :mime :anychild :contenttype "Content-Type" "text/html"', True),
        ('header :mime :anychild :type "Content-Type" "video"', False),
        ('header :mime :anychild :param "charset" "Content-Type" "utf-8"', True),
        # Content-Disposition
        ('header :mime :anychild :type "Content-Disposition" "attachment"', True),
        ('header :mime :anychild :contenttype "Content-Disposition" "attachment"', True),
        ('header :mime :anychild :subtype "Content-Disposition" ""', True),
        ('header :mime :anychild :param "filename" "Content-Disposition" "grün.png"', True),
        ('header :mime :anychild :param ["size"] "Content-Disposition" "3"', True),
        # "for other MIME headers, uses a blank string for the test"
        ('header :mime :anychild :type "Content-ID" ""', True),
        ('header :mime :type "Subject" ""', True),
        ('header :mime :type "X-None" ""', False),
        ('header :mime :anychild :contains "Content-ID" "x@example"', True),
        ('header :mime :anychild :count "eq" :comparator "i;ascii-numeric" "Content-Type" "6"', True),
        # address and exists
        ('address :mime "From" "a@example.org"', True),
        ('address :mime "From" "inner@example.com"', False),
        ('address :mime :anychild "From" "inner@example.com"', True),
        ('exists :mime "Content-ID"', False),
        ('exists :mime :anychild "Content-ID"', True),
        ('exists :mime :anychild ["Content-ID", "Content-Disposition"]', True),
        ('exists :mime :anychild ["Content-ID", "X-None"]', False),
    ],
)
def test_what_mime_looks_at_outside_of_loops(test: str, held: bool) -> None:
    """Section 4.1, the options of :mime."""
    assert holds(test) is held


def test_in_a_loop_mime_is_the_part_and_no_mime_the_message() -> None:
    script = """foreverypart {
        if allof (header :mime "Subject" "inner", header "Subject" "outer") { fileinto "found"; } }"""
    assert visited(script) == ["found"]


def test_in_a_loop_anychild_is_the_part_and_what_is_in_it() -> None:
    script = f'foreverypart {{ if header :mime :anychild :type "Content-Type" "image" {{ {NOTE} }} }}'
    assert visited(script) == ["multipart-mixed", "message-rfc822", "image-png"]


def test_edits_of_the_header_are_seen() -> None:
    script = """require "editheader"; foreverypart { addheader "X-New" "1"; break; }
        if exists :mime :anychild "X-New" { fileinto "yes"; }"""
    assert folders(decide(REQUIRE + script, MESSAGE)) == ["yes"]


def test_the_names_of_params_may_be_variables() -> None:
    here = scene(MESSAGE)
    here.set("p", "Boundary")
    mime = Mime(False, ":param", (Template((Var("p"),)),))
    field = here.message.headers.all("Content-Type")[0]
    assert list(mime.values(here, field)) == ["m"]


def test_loops_one_after_the_other_do_not_count_as_nested() -> None:
    script = REQUIRE + "foreverypart { keep; } " * 9 + "foreverypart { " * 4 + "keep;" + " }" * 4
    assert [type(step).__name__ for step in compiled(script).plan.steps] == ["Loop"] * 10


def test_break_leaves_a_loop_around_and_no_more() -> None:
    """Section 3.1: "If the optional :name argument is used ... the closest enclosing loop with that name is terminated"."""
    script = f"""foreverypart :name "a" {{ foreverypart :name "a" {{ {NOTE} break :name "a"; fileinto "never"; }} fileinto "on"; }}"""
    assert visited(script) == ["multipart-alternative", "on", "text-plain", "image-png"]


def test_a_loop_in_an_included_script_is_within_the_part() -> None:
    scripts = {("personal", "a"): f"{REQUIRE} foreverypart {{ {NOTE} }}"}
    script = """require "include"; foreverypart {
        if header :mime :type "Content-Type" "message" { include "a"; } }"""
    assert folders(decide(REQUIRE + script, MESSAGE, scripts=scripts)) == ["image-png"]


def test_comments_and_case_in_a_type() -> None:
    message = b'Content-Type: (a) TEXT (b) / (c) Plain (d) ; (e) Charset (f) = (g) "UTF-8" (h)\n\nx\n'
    for test in (
        ':type "Content-Type" "text"',
        ':subtype "Content-Type" "plain"',
        ':contenttype "Content-Type" "text/plain"',
        ':param "CHARSET" "Content-Type" "utf-8"',
    ):
        assert folders(decide(f'{REQUIRE}if header :mime {test} {{ fileinto "yes"; }}', message)) == ["yes"], test


def test_a_message_without_parts_is_visited_once() -> None:
    assert folders(decide(REQUIRE + 'foreverypart { fileinto "once"; }', b"")) == ["once"]


def test_they_describe_themselves_as_sieve() -> None:
    assert Parts().describe() == "foreverypart"
    assert Parts("x").describe() == 'foreverypart :name "x"'
    assert Mime().describe() == ":mime"
    assert Mime(True, ":param", ("a", "b")).describe() == ':mime :anychild :param ["a", "b"]'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["mime", "foreverypart"];\nif header :anychild "a" "b" { stop; }',
            "error 2:11 :anychild without :mime | RFC 5703 section 4: it is an option of :mime",
        ),
        (
            'require ["mime", "foreverypart"];\nif header :subtype "a" "b" { stop; }',
            "error 2:11 :subtype without :mime | RFC 5703 section 4: it is an option of :mime",
        ),
        (
            'require ["mime", "foreverypart"];\nbreak;',
            "error 2:1 break outside of a loop | it ends a foreverypart { ... } of the same script",
        ),
        (
            'require ["mime", "foreverypart"];\nforeverypart { break :name "a"; }',
            'error 2:22 no loop around this break is named "a" | write: foreverypart :name "a" { ... }',
        ),
        (
            'require ["mime", "foreverypart", "variables"];\nforeverypart :name "${a}" { stop; }',
            "error 2:14 the name of a loop must be constant | write it without ${...}",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]


def test_loops_nest_only_so_deep() -> None:
    script = 'require "foreverypart"; ' + "foreverypart { " * 5 + "keep;" + " }" * 5
    assert said(script) == [
        f"error 1:85 more than {limits.LOOPS} loops, each within the other"
        " | a loop goes through the parts in the parts by itself"
    ]
