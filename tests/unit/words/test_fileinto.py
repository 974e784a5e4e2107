"""`fileinto`."""

from __future__ import annotations

import pytest

from mdafilter.acts import File, Keep
from mdafilter.errors import BadFolder, RuleErrors
from mdafilter.targets.foldername import folder_name
from mdafilter.words.fileinto import FileInto
from tests.support.scene import scene
from tests.support.script import acts, compiled, decide
from tests.support.sieve import said, warnings

HEAD = 'require ["fileinto", "variables", "copy", "mailbox", "imap4flags"];\n'


def test_it_takes_the_place_of_the_implicit_keep() -> None:
    """RFC 5228, 2.10.2: "if a fileinto, a keep, a redirect, or a discard is performed, an implicit keep is not"."""
    assert acts(decide(f'{HEAD}fileinto "lists/debian";')) == [File("lists/debian")]


def test_its_tags() -> None:
    one = decide(f'{HEAD}fileinto :copy :create :flags ["\\\\Seen", "$Work"] "a";')
    assert acts(one) == [File("a", ("\\Seen", "$Work"), copy=True, create=True), Keep()]
    assert one.trace[0].what == 'fileinto :copy :create :flags ["\\\\Seen", "$Work"] "a"'


@pytest.mark.parametrize("name", ["", "..", "a/../b", "a..b", "a\\nb\x01", "   ", "x" * 300])
def test_what_is_no_folder_keeps_the_message(name: str) -> None:
    """RFC 5228, 4.1: "use of an invalid mailbox name MAY be treated as an error"."""
    script = f'{HEAD}fileinto "{name}";'
    assert "folder name" in warnings(script)[0]
    (act,) = acts(decide(script))
    assert isinstance(act, File)
    with pytest.raises(BadFolder, match="folder name"):  # which perform.py answers with a keep
        folder_name(act.folder)


def test_made_of_variables_too() -> None:
    decision = decide(f'{HEAD}set "up" "..";\nfileinto "a"; fileinto "x/${{up}}/y";')
    assert acts(decision) == [File("a"), File("x/../y")]
    with pytest.raises(BadFolder, match="has an empty level in it"):
        folder_name("x/../y")


def test_it_needs_its_extension() -> None:
    with pytest.raises(RuleErrors, match="fileinto"):
        compiled('fileinto "a";')


def test_flags_of_the_scene() -> None:
    one = scene()
    one.flags = ("$Work",)
    assert FileInto("a").acts(one) == (File("a", ("$Work",)),)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["fileinto"];\nfileinto "";',
            'warning 2:10 the folder name is empty | the message goes to the inbox where this is reached; folders are named like "Trash" or "lists/debian"',
        ),
        (
            'require ["fileinto"];\nfileinto "a//b";',
            'warning 2:10 the folder name "a//b" has an empty level in it'
            ' | the message goes to the inbox where this is reached; folders are named like "Trash" or "lists/debian"',
        ),
        (
            'require ["fileinto"];\nfileinto "a\x01";',
            "warning 2:10 the folder name has a control character in it"
            ' | the message goes to the inbox where this is reached; folders are named like "Trash" or "lists/debian"',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
