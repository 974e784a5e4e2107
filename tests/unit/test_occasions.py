"""The lines of [sieve] imapsieve."""

from __future__ import annotations

import pytest

from mdafilter import settings
from mdafilter.errors import SettingsError
from mdafilter.occasions import Occasion, parse


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("name=Junk before=spam.sieve", Occasion("Junk", "", ("APPEND", "COPY"), "spam.sieve")),
        ("name=Junk causes=copy,FLAG before=x", Occasion("Junk", "", ("COPY", "FLAG"), "x")),
        ("name=* from=Junk after=file:/etc/x.sieve", Occasion("*", "Junk", ("COPY",), "", "/etc/x.sieve")),
        ("name='Sent Messages' causes=APPEND before=a after=b", Occasion("Sent Messages", "", ("APPEND",), "a", "b")),
    ],
)
def test_a_line(line: str, found: Occasion) -> None:
    assert parse(line) == found


LIKE = 'has lines like "name=Junk causes=COPY before=report.sieve"'
INCOMPLETE = f"{LIKE}: a folder, and a script before or after the owner's, not "
ONCE = f"{LIKE}, each of name, from, causes, before, after once, not "


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", f"{INCOMPLETE}''"),
        ("name=Junk", f"{INCOMPLETE}'name=Junk'"),
        ("before=x", f"{INCOMPLETE}'before=x'"),
        ("name=Junk name=Junk before=x", f"{ONCE}'name=Junk name=Junk before=x'"),
        ("name=Junk mailbox=Junk before=x", f"{ONCE}'name=Junk mailbox=Junk before=x'"),
        ("name= before=x", f"{ONCE}'name= before=x'"),
        ("name=Junk before", f"{ONCE}'name=Junk before'"),
        (
            "name=Junk causes=MOVE before=x",
            "knows the causes APPEND, COPY, FLAG, not MOVE as in 'name=Junk causes=MOVE before=x'",
        ),
        (
            "name=Junk from=Lists causes=APPEND before=x",
            "has from= with the cause COPY alone: nothing else comes from a folder,"
            " as in 'name=Junk from=Lists causes=APPEND before=x'",
        ),
        ("name='Junk before=x", f"""{LIKE}, not "name='Junk before=x": no closing quotation"""),
    ],
)
def test_what_is_no_line(line: str, why: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        parse(line)
    assert str(wrong.value) == why


def test_a_mistake_has_its_place_in_the_configuration() -> None:
    with pytest.raises(SettingsError) as wrong:
        settings.parse([("m.toml", b'[sieve]\nimapsieve = [\n  "name=Junk"]\n')])
    assert str(wrong.value).startswith('m.toml:2: [sieve] imapsieve has lines like "name=Junk causes=COPY before=')


@pytest.mark.parametrize(
    ("pattern", "folder", "held"),
    [
        ("Junk", "Junk", True),
        ("Junk", "junk", False),
        ("Junk", "Junk.old", False),
        ("inbox", "INBOX", True),
        ("INBOX.Junk", "Junk", True),
        ("lists/debian", "lists.debian", True),
        ("lists.*", "lists.debian.user", True),
        ("lists.*", "lists", False),
        ("*", "INBOX", True),
        ("l*s.?", "lists.a", True),
        ("l*s.?", "lists.ab", False),
        ("*ab*ab", "ab", False),
        ("*ab*ab", "abxab", True),
        ("a[b]c", "a[b]c", True),
        ("a**c", "abc", True),
    ],
)
def test_a_folder(pattern: str, folder: str, held: bool) -> None:
    assert Occasion(pattern).is_in(folder) == held


def test_an_event() -> None:
    junk = parse("name=* from=Junk before=x")
    assert junk.is_for("COPY", "INBOX", "Junk")
    assert not junk.is_for("COPY", "INBOX", "Trash")
    assert not junk.is_for("APPEND", "INBOX", "Junk")
    any_ = parse("name=Junk causes=FLAG before=x")
    assert any_.is_for("FLAG", "Junk", "")
    assert not any_.is_for("COPY", "Junk", "")


def test_many_stars() -> None:
    """Whoever goes back from each of them does not see the end of it."""
    assert not Occasion("*a" * 100 + "b").is_in("a" * 250)
