"""The [train] table: its defaults are right, and each mistake is told."""

from __future__ import annotations

from typing import Any

import pytest

from mdafilter.errors import SettingsError
from mdafilter.settings import parse
from mdafilter.teaching import Options, account, check, mailbox


def test_the_defaults_are_right() -> None:
    check(Options())


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("spool", "train", "[train] spool is a path from the root, not 'train'"),
        ("state", "", "[train] state is a path from the root, not ''"),
        ("networks", ("10.0.0.0/8", "10.0.0.1/8"), "[train] networks has '10.0.0.1/8', which is none: "),
        ("networks", ("mynetworks",), "[train] networks has 'mynetworks', which is none: "),
        ("teacher", ("auto", "perl"), "[train] teacher has 'perl'; known: auto, sa-learn, spamd, bayes"),
        ("sa_learn", (), '[train] sa_learn is empty; say ["sa-learn"]'),
        ("teacher", (), '[train] teacher is empty; say "auto"'),
        ("allowed", ("bob",), "[train] allowed has 'bob', which is no address"),
        ("header", "X-Login:", "[train] header is the name of a field, not 'X-Login:'"),
        ("late", -1.0, "[train] late is 0 to 1440 minutes"),
        ("late", float("nan"), "[train] late is 0 to 1440 minutes"),
        ("per_day", 0, "[train] per_day is more than 0"),
        ("moved_per_day", 0, "[train] moved_per_day is more than 0"),
        ("virtual", "vmail", "[train] virtual is USER:PATH, as in vmail:/var/mail/%d/%n, not 'vmail'"),
        ("virtual", ":/m/%u", "[train] virtual is USER:PATH, as in vmail:/var/mail/%d/%n, not ':/m/%u'"),
        ("virtual", "v:mail/%u", "[train] virtual is USER:PATH, as in vmail:/var/mail/%d/%n, not 'v:mail/%u'"),
        ("virtual", "v:/m/%u/%x", "[train] virtual knows %u %n %d %h %%, not 'v:/m/%u/%x'"),
        ("virtual", "v:/m/%n", "[train] virtual names a mailbox by %d and %n, or by %u, not 'v:/m/%n'"),
        ("virtual", "v:/m/%%d/%n", "[train] virtual names a mailbox by %d and %n, or by %u, not 'v:/m/%%d/%n'"),
        ("junk", ("Junk", " "), "[train] junk has an empty name"),
        ("trash", ("Junk",), "[train] junk and trash both have 'Junk'"),
        ("rescan", 0.0, "[train] rescan is 1 to 86400 seconds"),
        ("undo_days", -1, "[train] undo_days is 0 or more"),
    ],
)
def test_what_cannot_be_is_told(field: str, value: Any, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check(Options().replace(**{field: value}))
    assert str(caught.value).startswith(said)
    assert len(str(caught.value).splitlines()) == 1


def test_an_address_has_the_account_of_virtual_mailboxes() -> None:
    virtual = Options(virtual="vmail:~/%d/%n/Maildir")
    check(virtual)
    assert (account(virtual, "bob@example.org"), account(virtual, "bob")) == ("vmail", "bob")
    assert (mailbox(virtual, "bob@example.org"), mailbox(virtual, "bob")) == ("~/%d/%n/Maildir", "")
    assert (account(Options(), "bob@example.org"), mailbox(Options(), "bob@example.org")) == ("bob@example.org", "")
    for text in ("v:/m/%u/100%%", "v:%h/%d/%n"):
        check(Options(virtual=text))


def test_it_is_a_table_of_the_configuration() -> None:
    made = parse([("a", b'[train]\ndomains = ["example.org"]\nlate = 1\nscope = "user"\n')])
    assert made.train == Options(domains=("example.org",), late=1.0, scope="user")
    with pytest.raises(SettingsError, match=r"a:2: scope must be one of site, user, not 'all'"):
        parse([("a", b'[train]\nscope = "all"\n')])
    with pytest.raises(SettingsError, match=r"a:3: \[train\] per_day is more than 0"):
        parse([("a", b"[train]\nlate = 1\nper_day = 0\n")])
