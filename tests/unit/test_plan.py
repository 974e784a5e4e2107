"""The Scene: variables, match values, namespaces, and the verdict that is asked for once."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.texts import Template, Var
from mdafilter.world import Finding, Scanned, Verdict
from tests.support.scene import StillWorld, scene


def test_unknown_variables_are_empty() -> None:
    """RFC 5229, 3: "Unknown variables are replaced by the empty string"."""
    s = scene()
    s.set("name", "value")
    assert s.expand(Template(("[", Var("name"), Var("other"), "]"))) == "[value]"


def test_match_values_are_numbered() -> None:
    s = scene()
    s.matched = ("all", "first")
    assert s.expand(Template((Var("1"), Var("0"), Var("7")))) == "firstall"


def test_namespaces() -> None:
    s = scene(world=StillWorld(environment={"host": "mx"}))
    s.set("global.x", "shared")
    parts = (Var("envelope.from"), " ", Var("envelope.to"), " ", Var("env.host"), " ", Var("global.x"), Var("other.y"))
    assert s.expand(Template(parts)) == "s@example.org r@example.net mx shared"


def test_global_names_are_shared() -> None:
    s = scene()
    s.globals = frozenset({"x"})
    s.set("x", "1")
    s.set("y", "2")
    assert (s.shared, s.variables) == ({"x": "1"}, {"y": "2"})
    assert s.value("x") == "1"


def test_a_long_value_is_cut_between_characters() -> None:
    s = scene()
    s.set("x", "a" + "é" * limits.VARIABLE_CHARACTERS)
    assert s.value("x") == "a" + "é" * (limits.VARIABLE_CHARACTERS - 1)


@pytest.mark.parametrize(
    ("most", "kept"), [("4000", 4000), ("8k", 8192), ("0", 0), ("wrong", limits.VARIABLE_CHARACTERS)]
)
def test_how_long_a_value_may_be_is_the_site_s_to_say(most: str, kept: int) -> None:
    s = scene(world=StillWorld(options={"variables_max_variable_size": most}))
    s.set("x", "é" * 10_000)
    assert len(s.value("x")) == kept


def test_too_many_variables_fail() -> None:
    s = scene()
    for number in range(limits.VARIABLES):
        s.set(f"v{number}", "")
    s.set("v0", "again")
    with pytest.raises(RuleFailed, match="variables"):
        s.set("one_more", "")


def test_a_string_has_a_limit() -> None:
    s = scene()
    s.set("x", "a" * limits.VARIABLE_CHARACTERS)
    with pytest.raises(RuleFailed, match="longer than"):
        s.expand(Template((Var("x"),) * (limits.STRING_OCTETS // limits.VARIABLE_CHARACTERS + 1)))


def test_a_variable_quoted_for_expressions() -> None:
    """procmailrc(5): "$\\name will be substituted by the all-magic-regular-expression-characters-disarmed equivalent"."""
    s = scene()
    s.set("x", "a.b*(c)+[d]?e^f$|g\\h-i")
    assert s.value("\\x") == "()a\\.b\\*\\(c\\)\\+\\[d]\\?e\\^f\\$\\|g\\\\h-i"


def test_the_scorer_is_asked_once() -> None:
    world = StillWorld(Verdict(True, 9.0, 5.0), note="one note")
    s = scene(world=world)
    assert s.verdict_so_far() is None
    assert s.verdict() is s.verdict()
    assert (world.asked, s.notes) == (1, ["one note"])


def test_no_answer_is_not_asked_for_again() -> None:
    world = StillWorld(None, note="down")
    s = scene(world=world)
    assert (s.verdict(), s.verdict(), world.asked) == (None, None, 1)


def test_the_virus_scanner_is_asked_once() -> None:
    world = StillWorld(scanned=Scanned(Finding("Eicar"), "one note"))
    s = scene(world=world)
    assert s.finding() is s.finding()
    assert (world.asked_for_viruses, s.notes) == (1, ["one note"])


def test_and_not_again_when_it_did_not_scan() -> None:
    world = StillWorld(scanned=Scanned(None, "down"))
    s = scene(world=world)
    assert (s.finding(), s.finding(), world.asked_for_viruses, s.notes) == (None, None, 1, ["down"])
