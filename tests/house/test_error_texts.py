"""Every text that a user can meet as an error or a warning of rules and settings is quoted, as a whole, in some test.

So no text changes, or is never said, without a test that knows of it; and each was read by somebody.
"""

from __future__ import annotations

import ast

from tests.support import errortexts
from tests.support.errortexts import Said, Source
from tests.support.house import PACKAGE, modules, name

# Texts that cannot be provoked, each with the reason.
NOT_PROVOKED: dict[str, str] = {}

# How many arguments a report has with its hint, by the method and where it is called.
WITH_HINT = {"words": {"error": 2, "warn": 2}, "lang": {"error": 3, "warn": 3, "after": 3}, "lint": {"Found": 3}}


def test_every_text_is_quoted_in_a_test() -> None:
    missing = [one for one in errortexts.unquoted(errortexts.said()) if one.shown not in NOT_PROVOKED]
    assert not missing, "no test quotes\n" + "\n".join(f"  {one.place}: {one.shown}" for one in missing)


def test_no_exception_is_out_of_date() -> None:
    shown = {one.shown for one in errortexts.said()}
    assert [text for text in NOT_PROVOKED if text not in shown] == []


def test_every_report_says_what_to_do() -> None:
    """A hint stands beside each text of a word, a language and a lint."""
    without = [
        f"{name(path)}:{call.lineno}"
        for folder, reports in WITH_HINT.items()
        for path in modules(PACKAGE / folder)
        for report, arguments in reports.items()
        for call in errortexts.source(path).calls.get(report, ())
        if isinstance(call.func, ast.Attribute) or report == "Found"
        if len(call.args) < arguments and not any(isinstance(a, ast.Starred) for a in call.args)
        if not any(word.arg == "hint" for word in call.keywords)
    ]
    assert without == []


def test_what_is_found() -> None:
    """The look-out itself: pieces of f-strings, names, functions, and what is said of them."""
    found = {one.shown for one in errortexts.said()}
    assert "the folder name is empty" in found  # what a function returns, of another file
    assert "redirect: {}" not in found  # says nothing by itself
    assert ":{} cannot be used with the comparator {}" in found
    assert "mailboxes are locked as they need it" in found  # the value of a table


def test_what_is_a_quotation() -> None:
    one = Said("x.py:1", ("more than ", None, " variables"))
    assert one.is_in("error: more than 128 variables are set")
    assert one.is_in("more than \0 variables")
    assert not one.is_in("variables: more than 128")
    assert not one.is_in("more than that")


def test_calls_have_names() -> None:
    here = Source(PACKAGE / "sieving.py")
    assert here.calls["wrong.append"]
