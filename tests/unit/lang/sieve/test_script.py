"""What a script requires, shares, includes (RFC 5228 3.2, RFC 6609), and the limits of a script."""

from __future__ import annotations

import pytest

from mdafilter import compiled, limits
from mdafilter.errors import Problem, RuleErrors
from mdafilter.lang.sieve import compile
from mdafilter.plan import Call, If, Loop, Plan, Stop
from tests.support.script import Shelf
from tests.support.sieve import errors, line, steps, warnings


def shelf(**scripts: str) -> Shelf:
    return Shelf({("personal", name): text for name, text in scripts.items()})


# --- require -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "found"),
    [
        # RFC 5703 section 7: extracttext sets a variable
        ('require "extracttext";', ['1:9 "extracttext" needs the extension "variables" | require "variables";']),
        ('require "extracttext"; require "variables";', []),
        ('require "extracttext"; extracttext "a";', ['1:9 "extracttext" needs the extension "variables" | require'
                                                    ' "variables";', '1:24 extracttext outside of a loop | RFC 5703'
                                                    ' section 7: it stands in a foreverypart { ... }']),
        ('require ["duplicate", "vnd.dovecot.duplicate"]; keep;',
         ['1:23 "vnd.dovecot.duplicate" does not go with "duplicate" | require one of them']),
        # what is not required is one mistake, whatever else is wrong there
        ('if header :index "x" :index 1 "a" "b" { }', ['1:11 :index needs the extension "index" | require "index";']),
    ],
)  # fmt: skip
def test_what_is_required_as_a_whole(script: str, found: list[str]) -> None:
    assert errors(script) == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('require "foo";', ['1:9 unknown extension "foo" | mdafilter does not have it']),
        ('require ["fileinto", "regexp"];', ['1:22 unknown extension "regexp" | did you mean "regex"?']),
        # one mistake in require is one error: what it brings is not reported as missing
        ('require "fileino"; fileinto "a";', ['1:9 unknown extension "fileino" | did you mean "fileinto"?']),
        ('require "convert"; keep;', ['1:9 unknown extension "convert" | mdafilter does not have it']),
        ('require "convert"; if convert "a" "b" "c" {}',
         ['1:9 unknown extension "convert" | mdafilter does not have it']),
        ('require "imapflags"; addflag "a"; mark;', []),
        ('fileinto "a"; fileinto "b";', ['1:1 `fileinto` needs the extension "fileinto" | require "fileinto";']),
    ],
)  # fmt: skip
def test_require(script: str, found: list[str]) -> None:
    assert errors(script) == found


def test_the_older_of_two_words() -> None:
    """The draft's "notify" became "enotify" (RFC 5435), whose word of that name has other arguments."""
    assert errors('require "notify"; notify :high :options "a@b.test";') == []
    assert "unknown tag :high" in errors('require "enotify"; notify :high "mailto:a@b.test";')[0]
    assert "unknown tag :from" in errors('require "notify"; notify :from "a@b.test";')[0]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('require ["fileinto", "copy"]; keep;', ['1:10 "fileinto" is required and never used | remove it',
                                                 '1:22 "copy" is required and never used | remove it']),
        ('require ["fileinto", "copy"]; fileinto :copy "a";', []),
        ('require "variables"; keep;', ['1:9 "variables" is required and never used | remove it']),
        ('require "variables"; redirect "${a}";', []),
        ('require "encoded-character"; redirect "a@b.c";', ['1:9 "encoded-character" is required and never used | remove it']),
        ('require "encoded-character"; redirect "a${hex:40}b.c";', []),
        ('require "comparator-i;octet"; if header :comparator "i;octet" "a" "b" {}', []),
        ('require "comparator-i;octet"; if header "a" "b" {}', ['1:9 "comparator-i;octet" is required and never used | remove it']),
        ('require "ihave"; if ihave "fileinto" {}', []),
    ],
)  # fmt: skip
def test_what_is_required_and_never_used(script: str, found: list[str]) -> None:
    assert warnings(script) == found


def test_a_string_that_is_wrong_is_an_error_of_the_script() -> None:
    assert errors('require "variables"; redirect "${global.a}";') == [
        '1:31 ${global.a} needs the extension "include" | require "include";'
    ]
    assert errors('require "encoded-character"; redirect "${unicode:d800}";')[0].startswith(
        "1:39 ${unicode:d800} is no Unicode character"
    )


# --- include -----------------------------------------------------------------------------------------------------------

INCLUDE = 'require "include"; '


def test_an_included_script_is_a_plan_of_its_own() -> None:
    found = compile(
        (INCLUDE + 'include "a"; include :once "a";').encode(), "t.sieve", shelf(a="stop;"), vocabulary=None
    )
    first, second = found.plan.steps
    assert isinstance(first, Call)
    assert first.plan.steps == (Stop("all", "", first.plan.steps[0].at),)  # type: ignore[union-attr]
    assert (first.plan.source, first.once) == ("personal/a.sieve", "")
    assert isinstance(second, Call)
    assert second.once
    assert found.included == ("personal/a.sieve",)


def test_errors_of_an_included_script_have_its_name() -> None:
    with pytest.raises(RuleErrors) as caught:
        compile(
            (INCLUDE + 'include "a"; include "b"; include "a"; foo;').encode(),
            "t.sieve",
            shelf(a="bar;", b='fileinto "x"'),
        )
    assert [(p.file, line(p)) for p in caught.value.problems] == [
        (
            "t.sieve",
            "1:59 unknown command `foo` | a command is a word like keep or if; is a quote or a ; missing before it?",
        ),
        (
            "personal/a.sieve",
            "1:1 unknown command `bar` | a command is a word like keep or if; is a quote or a ; missing before it?",
        ),
        ("personal/b.sieve", '1:1 `fileinto` needs the extension "fileinto" | require "fileinto";'),
        ("personal/b.sieve", '1:13 `;` is missing after `"x"` | every command ends with `;`'),
    ]


def test_require_holds_for_one_script() -> None:
    """RFC 6609 section 3.2: "The scope of a "require" statement is the script in which it immediately appears" """
    assert errors('require ["include", "fileinto"]; include "a"; fileinto "y";', shelf(a='fileinto "x";')) != []


def test_warnings_of_included_scripts_count_once() -> None:
    assert warnings(INCLUDE + 'include "a"; include "a";', shelf(a="stop; keep;")) == [
        "1:7 this is never reached | what stands before it ends the rules here: remove one of them"
    ]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('include "none";', ['1:28 there is no personal script "none" | mark it :optional if it may be missing']),
        ('include :global "a";', ['1:36 there is no global script "a" | mark it :optional if it may be missing']),
        ('include :optional "none";', []),
        ('include "self";', ["1:28 this includes itself: personal/self.sieve -> personal/self.sieve"
                             " | scripts must not include each other in a circle"]),
        ('include "b";', ["1:28 this includes itself: personal/b.sieve -> personal/c.sieve -> personal/b.sieve"
                          " | scripts must not include each other in a circle"]),
        ('include "once";', []),
    ],
)  # fmt: skip
def test_what_can_be_included(script: str, found: list[str]) -> None:
    """RFC 6609 section 3.2: "Implementations MUST NOT generate an error if an "include :once" command names a script
    whose inclusion would be recursive"."""
    library = shelf(
        a="stop;",
        self=INCLUDE + 'include "self";',
        b=INCLUDE + 'include "c";',
        c=INCLUDE + 'include "b";',
        once=INCLUDE + 'include :once "once"; stop;',
    )
    assert errors(INCLUDE + script, library) == found


def test_without_a_library_nothing_is_there() -> None:
    assert errors(INCLUDE + 'include "a";') == [
        '1:28 there is no personal script "a" | mark it :optional if it may be missing'
    ]


def test_a_script_that_cannot_be_read_is_an_error() -> None:
    class Broken:
        def find(self, location: str, name: str) -> tuple[str, bytes] | None:
            if name == "large":
                raise RuleErrors([Problem("large", 1, 1, "the file is longer than 5 octets")])
            raise PermissionError(13, "Permission denied")

    assert errors(INCLUDE + 'include "a"; include "large";', Broken()) == [
        '1:28 the personal script "a" cannot be read: Permission denied | look at its name, and who may read it',
        '1:41 the personal script "large" cannot be read: the file is longer than 5 octets'
        " | look at its name, and who may read it",
    ]


def test_includes_are_as_deep_as_the_limit() -> None:
    scripts = {f"s{n}": INCLUDE + f'include "s{n + 1}";' for n in range(20)}
    last = limits.INCLUDE_DEPTH - 1
    assert errors(INCLUDE + 'include "s0";', shelf(**(scripts | {f"s{last}": "stop;"}))) == []
    assert errors(INCLUDE + 'include "s0";', shelf(**(scripts | {f"s{last + 1}": "stop;"}))) == [
        "1:28 scripts are included deeper than 10 | include them one after the other"
    ]


def test_the_number_of_includes_is_limited_however_they_multiply() -> None:
    """Five scripts that each include the next ten times would run a hundred thousand times."""
    scripts = {f"s{n}": INCLUDE + f'include "s{n + 1}";' * 10 for n in range(5)} | {"s5": "keep;"}
    (error, *_others) = errors(INCLUDE + 'include "s0";', shelf(**scripts))
    assert error.endswith(
        "more than 255 scripts are included, counted each time | include :once a script that several of them include"
    )
    assert errors(INCLUDE + 'include "a";' * 255, shelf(a="keep;")) == []
    assert len(errors(INCLUDE + 'include "a";' * 256, shelf(a="keep;"))) == 1


def nested(inner: str) -> str:
    deep = limits.SCRIPT_NESTING
    return INCLUDE + "if true {" * deep + inner + "}" * deep


def test_blocks_of_all_scripts_together_stay_within_what_can_run() -> None:
    scripts = {f"s{n}": nested(f'include "s{n + 1}";') for n in range(5)} | {"s5": "keep;"}
    (error, *_others) = errors(INCLUDE + 'include "s0";', shelf(**scripts))
    assert error.endswith("blocks and includes together are nested deeper than 64 | include them one after the other")


def test_the_deepest_plan_runs_and_can_be_kept() -> None:
    from tests.support.script import decide, folders

    half = limits.SCRIPT_NESTING - 2
    deep = "not " * limits.SCRIPT_NESTING + "true"
    inner = f"if {deep} {{" * half + "stop;" + "}" * half
    outer = INCLUDE + f"if {deep} {{" * half + 'include "a";' + "}" * half
    found = compile(outer.encode(), "t.sieve", shelf(a=inner))
    classes: dict[tuple[str, str], int] = {}
    assert compiled.freeze(found.plan, classes)
    assert folders(decide(outer, scripts={("personal", "a"): inner})) == ["INBOX"]


# --- shared variables and loops ------------------------------------------------------------------------------------------


def test_global_names_are_part_of_the_plan() -> None:
    script = 'require ["include", "variables"]; global ["A", "b"]; set "a" "x"; global "a";'
    with pytest.raises(RuleErrors) as caught:
        compile(script.encode(), "t.sieve")
    assert [line(problem) for problem in caught.value.problems] == [
        "1:67 the variable a is set before it is declared global"
        " | move global before the first set (RFC 6609 section 3.4.1)"
    ]
    plan = compile(script.rpartition("global")[0].encode(), "t.sieve").plan
    assert plan.globals_ == ("a", "b")


LOOP = 'require ["foreverypart"]; '


@pytest.mark.parametrize(
    ("script", "labels"),
    [
        ("foreverypart { break; }", [""]),
        ('foreverypart :name "x" { break; }', [""]),
        ('foreverypart :name "x" { foreverypart { break :name "x"; } }', ["x"]),
    ],
)
def test_break_knows_its_loop(script: str, labels: list[str]) -> None:
    assert [stop.label for stop in stops(Plan(steps(LOOP + script)))] == labels


def stops(plan: Plan) -> list[Stop]:
    """All stops of a plan without ifs."""
    found: list[Stop] = []
    todo = list(plan.steps)
    while todo:
        match todo.pop():
            case Stop() as stop:
                found.append(stop)
            case Loop(body=body):
                todo += body
            case If():
                raise AssertionError
    return found


@pytest.mark.parametrize("script", ["break;", 'foreverypart :name "x" { break :name "y"; }', "foreverypart {} break;"])
def test_break_without_its_loop_is_an_error(script: str) -> None:
    assert len(errors(LOOP + script)) == 1


# --- limits --------------------------------------------------------------------------------------------------------------


def test_a_script_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCRIPT_OCTETS", 20)
    assert errors(b"keep; #" + b"\xc3\xa9" * 6 + b"\n") == []
    assert errors(b"keep; " + b"\xc3\xa9" * 10) == [
        "1:1 the file is longer than 20 octets | divide it, and include the parts"
    ]


def test_errors_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCRIPT_ERRORS", 3)
    assert errors("stop 5; " * 10) == [
        "1:1 `stop` stands alone | written: stop;",
        "1:9 `stop` stands alone | written: stop;",
        "1:17 `stop` stands alone | written: stop;",
        "1:25 more than 3 problems; the rest is not listed | mend these first",
    ]
