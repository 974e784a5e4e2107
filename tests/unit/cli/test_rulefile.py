"""Rule files for somebody who looks at them."""

from __future__ import annotations

import click
import pytest

from mdafilter import rulebook, settings
from mdafilter.cli import rulefile
from mdafilter.errors import RuleErrors
from mdafilter.lint.sight import Sight

LIBRARY = rulebook.folders(settings.Settings(), "")


def test_names() -> None:
    assert rulefile.LANGUAGES == ("sieve", "procmail", "tables")
    assert (rulefile.shown("-"), rulefile.shown("a.sieve")) == ("<stdin>", "a.sieve")
    chosen = settings.Settings()
    assert rulefile.named(("a", "b"), None, chosen, "") == ("a", "b")
    assert rulefile.named((), None, chosen, "") == rulebook.site_files(chosen)
    with pytest.raises(click.UsageError, match="standard input has no name that tells its language"):
        rulefile.named(("-",), None, chosen, "")


def test_every_language_and_who_looks_on() -> None:
    sight = Sight()
    assert rulefile.compiled("a.sieve", b"keep;", None, LIBRARY, sight).plan.source == "a.sieve"
    assert list(sight.required) == ["a.sieve"]
    assert rulefile.compiled("x", b":0\nbox\n", "procmail", LIBRARY, sight).plan.copies
    assert rulefile.compiled("a.pcre", b"/x/ OK\n", None, LIBRARY).plan.source == "a.pcre"
    with pytest.raises(RuleErrors, match="tells no rule language"):
        rulefile.compiled("x", b"keep;", None, LIBRARY)
