"""include, return and global (RFC 6609)."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleErrors
from tests.support.script import compiled, decide, folders
from tests.support.sieve import said

FILE_A = 'require "fileinto"; fileinto "A";'


def test_the_included_script_runs_in_its_place() -> None:
    script = 'require ["include", "fileinto"]; include "a"; fileinto "B";'
    assert folders(decide(script, scripts={("personal", "a"): FILE_A})) == ["A", "B"]


def test_global_scripts_are_the_sites() -> None:
    scripts = {("personal", "a"): "discard;", ("global", "a"): FILE_A}
    assert folders(decide('require "include"; include :global "a";', scripts=scripts)) == ["A"]


def test_personal_is_the_default() -> None:
    """Section 3.2: "The "location" parameter MUST default to ":personal" if not specified." """
    scripts = {("personal", "a"): FILE_A, ("global", "a"): "discard;"}
    assert folders(decide('require "include"; include "a";', scripts=scripts)) == ["A"]


def test_return_ends_one_script_and_stop_all() -> None:
    """Section 3.3: "The "return" command stops processing of the immediately included script only"; section 3.2: "A
    "stop" command in an included script MUST stop all script processing"."""
    script = 'require ["include", "fileinto"]; include "a"; fileinto "B";'
    returns = {("personal", "a"): 'require ["include", "fileinto"]; fileinto "A"; return; discard;'}
    stops = {("personal", "a"): 'require "fileinto"; fileinto "A"; stop;'}
    assert folders(decide(script, scripts=returns)) == ["A", "B"]
    assert folders(decide(script, scripts=stops)) == ["A"]


def test_return_in_the_main_script_is_stop() -> None:
    """Section 3.3: "If used in the main script ..., it has the same effect as the "stop" command"."""
    assert folders(decide('require "include"; if true { return; } discard;')) == ["INBOX"]


def test_a_missing_script_is_an_error_unless_optional() -> None:
    """Section 3.2: "When ":optional" is specified, implementations MUST NOT generate an error for a missing script"."""
    with pytest.raises(RuleErrors, match="nowhere"):
        compiled('require "include"; include "nowhere";')
    assert folders(decide('require ["include", "fileinto"]; include :optional "nowhere"; fileinto "B";')) == ["B"]


COUNT = 'require ["include", "variables", "fileinto"]; global "n"; set "n" "${n}x"; fileinto "A${n}";'


def test_once_runs_a_script_once() -> None:
    """Section 3.2: "only to include the named script if it has not already been included at any other point"."""
    script = 'require "include"; include :once "n"; include :once "n";'
    assert folders(decide(script, scripts={("personal", "n"): COUNT})) == ["Ax"]
    plain_first = 'require "include"; include "n"; include :once "n";'
    assert folders(decide(plain_first, scripts={("personal", "n"): COUNT})) == ["Ax"]
    again = 'require "include"; include "n"; include "n";'
    assert folders(decide(again, scripts={("personal", "n"): COUNT})) == ["Ax", "Axx"]


def test_recursion_is_an_error_and_with_once_skipped() -> None:
    """Section 3.2: "Implementations MUST NOT generate an error if an "include :once" command names a script whose
    inclusion would be recursive"."""
    with pytest.raises(RuleErrors, match="includes itself"):
        compiled('require "include"; include "a";', {("personal", "a"): 'require "include"; include "a";'})
    once = {("personal", "a"): 'require ["include", "fileinto"]; fileinto "A"; include :once "a";'}
    assert folders(decide('require "include"; include "a";', scripts=once)) == ["A"]


def test_variables_are_private_unless_global() -> None:
    """Section 3.4: "all variables defined in a script MUST be kept "private" to the immediate script by default"."""
    inner = {("personal", "a"): 'require ["include", "variables"]; global "g"; set "g" "seen"; set "p" "seen";'}
    script = """require ["include", "variables", "fileinto"];
        global "g"; set "p" "own"; include "a"; fileinto "${g} ${p} ${global.g}";"""
    assert folders(decide(script, scripts=inner)) == ["seen own seen"]


def test_the_namespace_global_is_the_same_variable() -> None:
    """Section 3.4.2: "Variables declared global and variables accessed via the "global" namespace MUST each be one and
    the same." """
    script = 'require ["include", "variables", "fileinto"]; global "g"; set "global.g" "yes"; fileinto "${g}";'
    assert folders(decide(script)) == ["yes"]


@pytest.mark.parametrize("name", ["1", "1a", "a.b", "global.a", "a-b", "", "${x}", "ü", "a" * 65])
def test_names_of_globals_are_checked(name: str) -> None:
    """Section 3.4.1: "Match variables cannot be specified, and namespace prefixes are not allowed. An invalid name
    MUST be detected as a syntax error." """
    with pytest.raises(RuleErrors, match="variable"):
        compiled(f'require ["include", "variables"]; global "{name}";')


def test_global_stands_before_the_first_set() -> None:
    """Section 3.4.1: for a variable "that has previously been defined in the immediate script with "set", an error MUST
    be generated"."""
    with pytest.raises(RuleErrors, match="before it is declared global"):
        compiled('require ["include", "variables"]; set "x" "1"; global "x";')


def test_global_needs_variables() -> None:
    """Section 3.4.1: "The "global" command is only available when the script has both "include" and "variables"."""
    with pytest.raises(RuleErrors, match="variables"):
        compiled('require "include"; global "g";')


@pytest.mark.parametrize("name", ["../etc/passwd", "a/b", "", "..", "a\x01b", "a" * 513])
def test_names_of_scripts_stay_in_the_folder(name: str) -> None:
    with pytest.raises(RuleErrors, match="not the name of a script"):
        compiled(f'require "include"; include "{name}";')


def test_the_name_is_constant() -> None:
    """Section 3.2: "implementations MUST NOT expand variables in the script name argument"."""
    with pytest.raises(RuleErrors, match="not the name of a script"):
        compiled('require ["include", "variables"]; set "x" "a"; include "${x}";', {("personal", "a"): "keep;"})


def test_changes_of_the_header_go_both_ways() -> None:
    """Section 3.5: "any changes made to headers in a script MUST be propagated both to and from included scripts"."""
    inner = 'require "editheader"; if exists "X-Out" { addheader "X-In" "1"; }'
    script = """require ["include", "editheader", "fileinto"];
        addheader "X-Out" "1"; include "a"; if exists "X-In" { fileinto "both"; }"""
    assert folders(decide(script, scripts={("personal", "a"): inner})) == ["both"]


def test_they_describe_themselves_in_the_trace() -> None:
    trace = decide('require ["include", "variables"]; global ["a", "b"]; return;').trace
    assert [asked.what for asked in trace] == ['global ["a", "b"]', "stop plan"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["include"];\ninclude "a/b";',
            "error 2:9 not the name of a script: \"a/b\" | a constant name without '/', control characters or variables (RFC 6609 section 3.2)",
        ),
        (
            'require ["include", "variables"];\ninclude "${a}";',
            "error 2:9 not the name of a script: \"${a}\" | a constant name without '/', control characters or variables (RFC 6609 section 3.2)",
        ),
        (
            'require ["include"];\nglobal "a";',
            'error 2:1 `global` needs the extension "variables" | require "variables"; (RFC 6609 section 3.4.1)',
        ),
        (
            'require ["include", "variables"];\nglobal "${a}";',
            "error 2:8 the name of a variable must be constant | write it without ${...}",
        ),
        (
            'require ["include", "variables"];\nglobal "global.a";',
            'error 2:8 the name of a global variable has no namespace: "global.a" | write what stands behind the last dot',
        ),
        (
            'require ["include", "variables"];\nglobal "a-b";',
            'error 2:8 "a-b" is not the name of a variable | a name has letters, digits and _, and no digit at its beginning (RFC 5229 section 3)',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
