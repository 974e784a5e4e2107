"""Places and texts as people read them."""

from __future__ import annotations

from mdafilter.texts import Either, Template, Var, Where, disarmed


def test_a_place_is_file_and_line() -> None:
    assert str(Where("rules.sieve", 3, 7)) == "rules.sieve:3"


def test_a_template_is_shown_as_it_is_written() -> None:
    assert str(Template(("a ", Var("name"), "!"))) == "a ${name}!"
    assert str(Template((Either("NAME", ":-", Template(("x", Var("Y")))),))) == "${NAME:-x${Y}}"


def test_a_disarmed_text_is_found_as_it_stands() -> None:
    """procmailrc(5): "$\\name will be substituted by the all-magic-regular-expression-characters-disarmed equivalent"."""
    assert disarmed("a.b*") == "()a\\.b\\*"
