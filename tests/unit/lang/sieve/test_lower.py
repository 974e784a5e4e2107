"""Control commands (RFC 5228 section 3), `ihave` (RFC 5463), unknown words, and code that is never reached."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleFailed
from mdafilter.plan import Branch, Do, If, Stop
from mdafilter.texts import Where
from tests.support.scene import scene
from tests.support.sieve import errors, steps, warnings

IF_TEST = "a test begins with its name"


def at(line: int, column: int) -> Where:
    return Where("t.sieve", line, column)


def test_a_chain_of_if_is_one_step() -> None:
    (step,) = steps("if true { stop; }\nelsif false { }\nelse { stop; }")
    assert isinstance(step, If)
    assert [(branch.then, branch.at) for branch in step.branches] == [
        ((Stop("all", "", at(1, 11)),), at(1, 1)),
        ((), at(2, 1)),
    ]
    assert step.orelse == (Stop("all", "", at(3, 8)),)


def test_tests_keep_their_places_in_the_tree() -> None:
    (step,) = steps('if anyof (not header :is "a" "b", allof (true, false)) { keep; }')
    assert isinstance(step, If)
    (branch,) = step.branches
    assert isinstance(branch, Branch)
    assert branch.test.describe() == 'anyof (not header :is "a" "b", allof (true, false))'
    assert isinstance(branch.then[0], Do)


def test_names_and_tags_are_case_insensitive() -> None:
    """RFC 5228 section 2.1: "Tokens other than strings are considered case-insensitive." """
    script = 'REQUIRE "fileinto"; IF Header :CONTAINS "a" "b" { fileInto "x"; } ELSIF True { STOP; } Else { Keep; }'
    assert steps(script) == steps(script.replace("fileInto", "fileinto").replace("REQUIRE", "require"))


@pytest.mark.parametrize(
    ("script", "found"),
    [
        # chains
        ("elsif true {}", ["1:1 `elsif` does not follow an if or elsif | write if"]),
        ("else {}", ["1:1 `else` does not follow an if or elsif | nothing may stand between the `}` and it"]),
        ("if true {} keep; else {}",
         ["1:18 `else` does not follow an if or elsif | nothing may stand between the `}` and it"]),
        ("if true {} else {} else {}", ["1:20 `else` cannot follow else | else is the last of its chain"]),
        ("if true {} else {} elsif true {}", ["1:20 `elsif` cannot follow else | else is the last of its chain"]),
        ("if true {} else if false {} else {}", ["1:12 `else if` is written elsif | RFC 5228 section 3.1"]),
        ("if true {} elseif false {} else {}", ["1:12 unknown command `elseif` | did you mean elsif?"]),
        ("if true {} elif false {}", ["1:12 unknown command `elif` | did you mean elsif?"]),
        ("elif true {}", ["1:1 unknown command `elif` | did you mean elsif?"]),
        ("if true {} else true {}", ["1:17 `else` takes no test | write elsif, or no test"]),
        ("if {}", ['1:3 `if` needs a test | for example: if header :is "subject" "x" { ... }']),
        ("if true {} elsif {}",
         ['1:17 `elsif` needs a test | for example: if header :is "subject" "x" { ... }']),
        ("if (true, false) {}", ["1:1 `if` takes one test, without parentheses"
                                 " | write it without parentheses, several as anyof (...) or allof (...)"]),
        ('if "a" {}', [f"1:4 `if` takes a test here | {IF_TEST}"]),
        ('if true {} else "a" {}', [f"1:17 `else` takes a test here | {IF_TEST}"]),
        ("if true;", ["1:8 `if` needs a block | write { ... } and no `;`"]),
        # require
        ('keep; require "fileinto";', ["1:7 `require` stands behind another command"
                                       " | move it to the beginning of the script (RFC 5228 section 3.2)"]),
        ('if true { require "fileinto"; }', ["1:11 `require` stands behind another command"
                                             " | move it to the beginning of the script (RFC 5228 section 3.2)"]),
        ("require;", ["1:1 `require` takes a string or a list of strings"
                      ' | written: require "fileinto"; or require ["fileinto", "copy"];']),
        ('require "copy" "fileinto";', ["1:1 `require` takes a string or a list of strings"
                                        ' | written: require "fileinto"; or require ["fileinto", "copy"];']),
        ("require 5; fileinto 5;", ["1:1 `require` takes a string or a list of strings"
                                    ' | written: require "fileinto"; or require ["fileinto", "copy"];',
                                    "1:21 argument 1 of `fileinto` must be a string, not a number"
                                    " | written: fileinto STRING;"]),
        ('require ["fileinto" "copy" fileinto "a";',
         ["1:20 `,` is missing between strings | strings of a list are written [\"a\", \"b\"]",
          "1:27 `]` is missing | the `[` is in line 1, column 9"]),
        # stop
        ('stop "a";', ["1:1 `stop` stands alone | written: stop;"]),
        ("stop {}", ["1:1 `stop` stands alone | written: stop;"]),
        # words in the wrong place, and unknown ones
        ("if keep {}", ["1:4 `keep` is a command, and a test is expected here"
                        " | commands stand in the { block } behind the test"]),
        ("if not stop {}", ["1:8 `stop` is a command, and a test is expected here"
                            " | commands stand in the { block } behind the test"]),
        ("discard true; keep;", ["1:9 `discard` takes no tests | written: discard;"]),
        ('if header "a" "b" true { keep; }', ["1:19 `header` takes no tests | written: header [TAGS] STRINGS STRINGS"]),
        ('keep; require "fileinto" "copy";', ["1:7 `require` takes a string or a list of strings"
                                              ' | written: require "fileinto"; or require ["fileinto", "copy"];']),
        ("true;", ["1:1 `true` is a test, and a command is expected here | write: if true ... { ... }"]),
        ('header "a" "b" { filinto "c"; }',
         ["1:1 `header` is a test, and a command is expected here | write: if header ... { ... }",
          "1:18 unknown command `filinto` | did you mean fileinto?"]),
        ('filinto "a";', ["1:1 unknown command `filinto` | did you mean fileinto?"]),
        ('file_into "a";', ["1:1 unknown command `file_into` | did you mean fileinto?"]),
        ("xyzzy;", ["1:1 unknown command `xyzzy` | a command is a word like keep or if; is a quote or a ; missing before it?"]),
        ('if headers "a" "b" {}', ["1:4 unknown test `headers` | did you mean header?"]),
        ('if anyof (xyzzy, hedaer "a" "b") {}',
         ["1:11 unknown test `xyzzy` | a test is a word like header, address or size", "1:18 unknown test `hedaer` | did you mean header?"]),
        ('convert "a";', ["1:1 unknown command `convert`"
                           ' | it belongs to the extension "convert", which mdafilter does not have']),
        # blocks of what is wrong are looked into
        ("xyzzy { keep 5; }", ["1:1 unknown command `xyzzy` | a command is a word like keep or if; is a quote or a ; missing before it?", "1:14 `keep` takes no arguments | written: keep;"]),
    ],
)  # fmt: skip
def test_errors(script: str, found: list[str]) -> None:
    assert errors(script) == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (
            "stop; keep; keep;",
            ["1:7 this is never reached | what stands before it ends the rules here: remove one of them"],
        ),
        (
            "if true { stop; keep; } keep;",
            ["1:17 this is never reached | what stands before it ends the rules here: remove one of them"],
        ),
        (
            "if true { stop; } else { stop; } keep;",
            ["1:34 this is never reached | what stands before it ends the rules here: remove one of them"],
        ),
        ("if true { stop; } elsif false {} else { stop; } keep;", []),
        ("if true { stop; } keep;", []),
        (
            "discard; stop; if true {}",
            ["1:16 this is never reached | what stands before it ends the rules here: remove one of them"],
        ),
        (
            'require "include"; return; keep;',
            ["1:28 this is never reached | what stands before it ends the rules here: remove one of them"],
        ),
    ],
)
def test_what_is_never_reached(script: str, found: list[str]) -> None:
    assert warnings(script) == found


IHAVE = 'require "ihave"; '


@pytest.mark.parametrize(
    ("script", "same"),
    [
        # an extension that we lack: the block is nothing, whatever is in it
        ('if ihave "x" { foo :bar "a" { baz; } } stop;', "stop;"),
        ('if ihave "x" { require "y"; if foo {} } else { stop; }', "stop;"),
        ('if ihave ["fileinto", "x"] { fileinto "a"; } stop;', "stop;"),
        ('if true { stop; } elsif ihave "x" { foo; } else { keep; }', "if true { stop; } else { keep; }"),
        ('if allof (ihave "x", foo "bar") { baz; } stop;', "stop;"),
        ('if allof (true, ihave "x", foo) { baz; } stop;', "stop;"),
        ('if anyof (not ihave "x", foo) { stop; }', "stop;"),
        # the way out that RFC 5463 is for: nothing behind it runs where the extension is missing
        ('if not ihave "x" { stop; } foo "bar";', "stop;"),
        ('if ihave "x" { foo; } else { stop; } foo "bar"; if foo {}', "stop;"),
        # an extension that we have: usable to the end of the script
        ('if ihave "fileinto" { fileinto "a"; } fileinto "b";', 'require "fileinto"; fileinto "a"; fileinto "b";'),
        ('if not ihave "fileinto" { foo; } else { fileinto "a"; }', 'require "fileinto"; fileinto "a";'),
        ('if not ihave "fileinto" { foo; } fileinto "a";', 'require "fileinto"; fileinto "a";'),
        ('if anyof (ihave "fileinto", foo) { stop; }', "stop;"),
        # RFC 5463: "The test MUST fail and the extension MUST NOT be enabled if such usage is attempted."
        ('if ihave "variables" { foo; } stop;', "stop;"),
        ('if ihave "encoded-character" { foo; } stop;', "stop;"),
    ],
)
def test_ihave_is_answered_when_the_script_is_compiled(script: str, same: str) -> None:
    found, wanted = steps(IHAVE + script), steps(same)
    assert strip(found) == strip(wanted)


def strip(found: object) -> str:
    """Steps without their places."""
    text = repr(found)
    pieces = text.split("at=Where(")
    return pieces[0] + "".join(piece.partition(")")[2] for piece in pieces[1:])


def test_what_is_required_anyway_is_there() -> None:
    """RFC 5463 section 4: "If this is done ... an "ihave" test of that extension will always return true." """
    script = 'require ["ihave", "variables"]; if ihave "variables" { set "a" "b"; } else { foo; }'
    assert len(steps(script)) == 1


def test_before_its_ihave_an_extension_is_not_there() -> None:
    """RFC 5463 section 4: "The extension cannot be used prior to the evaluation of such a test" """
    assert errors(IHAVE + 'fileinto "a"; if ihave "fileinto" {}') == [
        '1:18 `fileinto` needs the extension "fileinto" | require "fileinto";'
    ]


def test_beside_its_ihave_a_mistake_is_a_mistake() -> None:
    assert errors(IHAVE + 'if ihave "fileinto" { filinto "a"; }') == [
        "1:40 unknown command `filinto` | did you mean fileinto?"
    ]


def test_what_ihave_did_not_find_fails_when_it_is_reached() -> None:
    """RFC 5463 section 4: "a run-time error MUST be generated if such usage is attempted" """
    script = IHAVE + 'if ihave "x" { set "have" "1"; }\nif true { foo "a"; } elsif bar {}\nbaz :what;'
    assert warnings(script) == [
        "2:11 `foo` is used, and no extension that brings it is there"
        " | the message is kept where this is reached; put it into the block of its ihave",
        "2:28 `bar` is used, and no extension that brings it is there"
        " | the message is kept where this is reached; put it into the block of its ihave",
        "3:1 `baz` is used, and no extension that brings it is there"
        " | the message is kept where this is reached; put it into the block of its ihave",
    ]
    last = steps(script)[-1]
    assert isinstance(last, Do)
    with pytest.raises(RuleFailed, match="`baz` is used"):
        last.action.acts(scene())
