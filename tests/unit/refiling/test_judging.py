"""Rules on stored files: what becomes of each, and what two rule sets make of it differently."""

from __future__ import annotations

import os
from pathlib import Path

from mdafilter import rulebook
from mdafilter.journal import Journal
from mdafilter.message import Envelope
from mdafilter.outside import Outside
from mdafilter.pipeline import Setup
from mdafilter.refiling.fate import MOVES, STAYS, UNREAD, Fate
from mdafilter.refiling.judging import Comparison, Difference, Judge
from mdafilter.refiling.stored import Stored
from mdafilter.settings import Settings

HEAD = b"Return-Path: <s@example.org>\nDelivered-To: ann+lists@example.net\nMessage-ID: <1@x>\nSubject: pills\n\nbody\n"


def put(root: Path, name: str = "1.a:2,", data: bytes = HEAD) -> Stored:
    (root / "cur").mkdir(parents=True, exist_ok=True)
    (root / "cur" / name).write_bytes(data)
    return Stored("", "cur", name)


def judge(root: Path, rules: str, chosen: Settings | None = None) -> Judge:
    path = root.parent / f"r{abs(hash(rules))}.sieve"
    path.write_text(rules)
    path.chmod(0o600)
    settings = chosen or Settings()
    book = rulebook.load(settings, str(root.parent), (str(path),))
    assert not book.problems
    setup = Setup(settings, book, str(root), str(root.parent), Journal(""), "", {})
    return Judge(setup, Outside(settings, Envelope(), str(root), False, False, str(root.parent), {}), "ann")


def fate(root: Path, rules: str, chosen: Settings | None = None) -> Fate | None:
    said = judge(root, rules, chosen).fate(put(root))
    return Fate(*said) if said else None  # type: ignore[arg-type]


def test_a_rule_moves_and_the_journal_knows_whose_message_it_is(tmp_path: Path) -> None:
    found = fate(tmp_path / "m", 'require "fileinto"; if header "subject" "pills" { fileinto "Trash"; }')
    assert found is not None and (found.kind, found.to, found.why) == (MOVES, "Trash", "Subject: pills")
    assert found.rule.endswith(".sieve:1")
    assert found.head == ("<1@x>", "s@example.org", "ann+lists@example.net", len(HEAD))


def test_what_stays_has_nothing_to_say(tmp_path: Path) -> None:
    assert fate(tmp_path / "m", "keep;") is None


def test_the_envelope_and_the_day_are_those_of_the_delivery(tmp_path: Path) -> None:
    rules = """require ["fileinto", "envelope", "subaddress"];
        if allof (envelope "from" "s@example.org", envelope :detail "to" "lists") { fileinto "lists"; }"""
    root = tmp_path / "m"
    stored = put(root)
    os.utime(stored.path(str(root)), (1_600_000_000,) * 2)
    one = judge(root, rules)
    assert Fate(*one.fate(stored)).to == "lists"  # type: ignore[arg-type]
    assert one.world.now() == 1_600_000_000


def test_an_address_extension_files_as_it_does_at_delivery(tmp_path: Path) -> None:
    found = fate(tmp_path / "m", "", Settings(subaddress="create", recipient_delimiter="+"))
    assert found is not None and (found.kind, found.to) == (MOVES, "lists")


def test_a_message_that_cannot_be_read_stays_and_is_told_of(tmp_path: Path) -> None:
    root = tmp_path / "m"
    put(root)
    found = Fate(*judge(root, "keep;").fate(Stored("", "cur", "none")))  # type: ignore[arg-type]
    assert (found.kind, found.to) == (UNREAD, "it has gone meanwhile")


def test_a_rule_that_fails_leaves_the_message_and_says_so(tmp_path: Path) -> None:
    rules = 'require ["fileinto", "reject"]; reject "no"; fileinto "x";'
    found = fate(tmp_path / "m", rules)
    assert found is not None and found.kind == STAYS and "contradicts" in found.notes[0]


def test_two_rule_sets_differ_where_they_deliver_to_different_places(tmp_path: Path) -> None:
    root = tmp_path / "m"
    stored = put(root)
    old = judge(root, 'require "fileinto"; if header "subject" "pills" { fileinto "Trash"; }')
    new = judge(root, 'require "fileinto"; fileinto "Junk";')
    said = Difference(*Comparison(old, new).difference(stored))  # type: ignore[arg-type]
    assert (said.old, said.new, said.why) == ("Trash", "Junk", "Subject: pills")
    assert Comparison(old, old).difference(stored) == ()
    assert Comparison(old, judge(root, "discard;")).difference(stored)[2] == "discarded"
    gone = Difference(*Comparison(old, new).difference(Stored("", "cur", "none")))  # type: ignore[arg-type]
    assert gone.old == gone.new != ""
