"""`:copy`."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, File, Keep, Redirect
from mdafilter.errors import RuleErrors
from tests.support.script import acts, compiled, decide

HEAD = 'require ["copy", "fileinto"];\n'


def test_the_implicit_keep_stays_in_force() -> None:
    """RFC 3894, 3: "it merely files or redirects a copy in addition to whatever else is happening to the message"."""
    assert acts(decide(f'{HEAD}fileinto :copy "incoming";')) == [File("incoming", copy=True), Keep()]
    assert acts(decide(f'{HEAD}redirect :copy "a@b.example";')) == [Redirect("a@b.example", copy=True), Keep()]


def test_a_later_discard_is_effective() -> None:
    assert acts(decide(f'{HEAD}fileinto :copy "a"; discard;')) == [File("a", copy=True), Discard()]


def test_it_needs_its_extension_and_its_words() -> None:
    with pytest.raises(RuleErrors, match="copy"):
        compiled('require "fileinto"; fileinto :copy "a";')
    with pytest.raises(RuleErrors, match="copy"):
        compiled(f"{HEAD}keep :copy;")
