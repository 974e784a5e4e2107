"""The simple form: a folder with a message and what must become of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import RuleErrors
from mdafilter.settings import Settings
from mdafilter.testing import folders

MESSAGE = "From: ann@example.org\nTo: bob@example.net\nSubject: pills\n\nbody\n"
SIEVE = 'require ["fileinto", "mailbox"];\nif header :contains "subject" "pills" { fileinto :create "Junk"; }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "case"
    made.mkdir()
    (made / "message.eml").write_text(MESSAGE)
    (made / "rules.sieve").write_text(SIEVE)
    return made


def reasons(folder: Path, expect: str) -> list[str | None]:
    (folder / "expect.toml").write_text(expect)
    return [result.reason for result in folders.run(str(folder), Settings()).results]


@pytest.mark.parametrize("name", ["Junk", ".Junk", "INBOX.Junk"])
def test_the_folder_that_it_says(folder: Path, name: str) -> None:
    assert reasons(folder, f'folder = "{name}"') == [None]


@pytest.mark.parametrize(
    ("rules", "expect", "said"),
    [
        (SIEVE, 'folder = "INBOX"', "it is in Junk, not in INBOX"),
        (SIEVE, "", "it is in Junk, not in nowhere"),
        (SIEVE, 'folder = "Junk"\nflags = ["\\\\Seen"]', "it has not the flags \\Seen"),
        (SIEVE, 'folder = "Junk"\nhas = ["X-A"]', "'X-A' is not in it"),
        (SIEVE, 'folder = "Junk"\nlacks = ["pills"]', "'pills' is in it"),
        (SIEVE, 'folder = "Junk"\nreject = "no"', "it is not refused"),
        (SIEVE, 'folder = "Junk"\nredirect = ["a@b.example"]', "it is sent to nowhere, not to a@b.example"),
        ('require "reject"; reject "never";', 'folder = "Junk"', "it is in nowhere, not in Junk; it is refused: never"),
        ('require "reject"; reject "never";', 'reject = "often"', "it is refused: never"),
        ('redirect "a@b.example";', 'redirect = ["b@b.example"]', "it is sent to a@b.example, not to b@b.example"),
    ],
)
def test_what_is_not_as_expected(folder: Path, rules: str, expect: str, said: str) -> None:
    (folder / "rules.sieve").write_text(rules)
    assert reasons(folder, expect) == [said]


@pytest.mark.parametrize(
    ("rules", "expect"),
    [
        ('require "reject"; reject "never again";', 'reject = "never"'),
        ('redirect :copy "a@b.example";'.join(['require "copy";', ""]), 'folder = "INBOX"\nredirect = ["a@b.example"]'),
        ('require "imap4flags"; addflag "\\\\flagged";', 'folder = "INBOX"\nflags = ["\\\\Flagged"]'),
        ('require ["fileinto", "copy", "mailbox"]; fileinto :copy :create "A";', 'folder = "INBOX"\nalso = ["A"]'),
        ('require "editheader"; addheader "X-A" "b";', 'folder = "INBOX"\nhas = ["X-A: b"]\nlacks = ["X-B"]'),
        ('require "spamtest"; if spamtest "7" { discard; }', "score = 7"),
        ('require "virustest"; if virustest "5" { discard; }', 'virus = "Eicar"'),
        ('require "envelope"; if envelope "from" "x@y.example" { discard; }', '[envelope]\nsender = "x@y.example"'),
        (
            'require "spamtest"; if spamtest "10" { discard; }',
            '[settings]\nsieve_spamtest_status_header = "Subject"\nsieve_spamtest_status_type = "strlen"\nsieve_spamtest_max_value = 5',
        ),
    ],
)
def test_what_is(folder: Path, rules: str, expect: str) -> None:
    (folder / "rules.sieve").write_text(rules)
    assert reasons(folder, expect) == [None]


def test_each_language_by_itself(folder: Path) -> None:
    (folder / "procmailrc").write_text("MAILDIR=$HOME/Maildir\n:0\n* ^Subject: pills\n.Junk/\n")
    (folder / "header_checks").write_text("/^Subject: pills/ HOLD\n")
    found = reasons(folder, 'folder = "Junk"')
    assert [reason is None for reason in found] == [False, True, True]
    assert str(found[0]).startswith("it is in Quarantine, not in Junk")


def test_rules_that_are_named_run_one_after_the_other(folder: Path) -> None:
    (folder / "first.sieve").write_text('require "editheader"; addheader "X-First" "1";')
    assert reasons(folder, 'folder = "Junk"\nhas = ["X-First"]\nrules = ["first.sieve", "rules.sieve"]') == [None]


def test_rules_of_the_site(folder: Path) -> None:
    """They are those that are shipped, too."""
    (folder / "rules.sieve").unlink()
    assert reasons(folder, 'folder = "Trash"\nscore = 9\nrules = ["spam.sieve"]') == [None]


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("folder = 3", "folder cannot be 3"),
        ("score = true", "score cannot be True"),
        ('fodler = "A"', f"unknown key 'fodler'; known: {', '.join(folders.KEYS)}"),
        ("also = [1]", "also is a list of texts"),
        ('[envelope]\ncc = "x"', "[envelope] has no 'cc'; it has sender, recipient, "),
        ("folder = ", "Invalid value"),
    ],
)
def test_mistakes_of_expect_toml(folder: Path, expect: str, said: str) -> None:
    with pytest.raises(RuleErrors) as wrong:
        reasons(folder, expect)
    assert said in str(wrong.value)


def test_a_mistake_has_its_place(folder: Path) -> None:
    with pytest.raises(RuleErrors) as wrong:
        reasons(folder, 'about = "x"\nfodler = "A"\n[envelope]\ncc = "b"\n')
    assert [(p.line, p.source) for p in wrong.value.problems] == [(2, 'fodler = "A"'), (4, 'cc = "b"')]
    with pytest.raises(RuleErrors) as wrong:
        reasons(folder, 'about = "x"\nfolder = A\n')
    assert [(p.line, p.column) for p in wrong.value.problems] == [(2, 10)]


def test_no_rules(folder: Path) -> None:
    (folder / "rules.sieve").unlink()
    with pytest.raises(RuleErrors, match="no rules are named here, and none lie in this folder"):
        reasons(folder, 'folder = "Junk"')


def test_what_is_found(folder: Path) -> None:
    (folder / "expect.toml").write_text("")
    for name in ("b.svtest", "a.svtest", "x.sieve"):
        (folder.parent / name).write_text("")
    top = str(folder.parent)
    assert list(folders.found([top])) == [f"{top}/a.svtest", f"{top}/b.svtest", f"{top}/case"]
    assert list(folders.found([f"{top}/x.sieve"])) == [f"{top}/x.sieve"]


KEYS = st.sampled_from((*folders.KEYS, "fodler", "envelope.sender", "envelope.cc", "rules.x"))
VALUES = st.sampled_from(('"INBOX"', "1", "1.5", "true", '["A"]', "[1]", "[]", "{ sender = 1 }", "2026-12-24", '"', ""))


@given(lines=st.lists(st.tuples(KEYS, VALUES), max_size=6))
def test_whatever_stands_in_expect_toml(lines: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is read, or what is wrong is told."""
    path = tmp_path_factory.mktemp("any") / "expect.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in lines))
    try:
        found = folders.expected(str(path))
    except RuleErrors:
        return
    assert set(found) <= set(folders.KEYS)
