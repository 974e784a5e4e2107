"""What a decision means for a message that lies somewhere already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.decision import Decided, Decision
from mdafilter.message import Message
from mdafilter.refiling.fate import MOVES, SPARED, STAYS, UNDECIDED, Fate, delivered, fate
from mdafilter.texts import Where

if TYPE_CHECKING:
    from mdafilter.acts import Act

MESSAGE = Message.parse(b"Subject: x\n\n")
AT = Where("r.sieve", 3)


def decision(*acts: Act) -> Decision:
    return Decision(tuple(Decided(act, MESSAGE, AT, "Subject: x") for act in acts))


def of(*acts: Act, folder: str = "", label: str | None = None, unasked: tuple[str, ...] = ()) -> Fate:
    return fate(decision(*acts), folder, label, unasked, None)


def test_a_file_moves_and_says_by_which_rule() -> None:
    assert of(File("lists/debian")) == Fate(MOVES, "lists.debian", "r.sieve:3", "Subject: x")


def test_what_is_there_stays() -> None:
    assert of(File("lists"), folder="lists").kind == STAYS
    assert of(File("INBOX")).kind == STAYS
    assert of(File(".lists"), folder="lists").kind == STAYS


def test_of_several_folders_it_stays_in_one_or_goes_to_the_first() -> None:
    assert of(File("a"), File("b"), folder="b").kind == STAYS
    assert of(File("a", copy=True), Keep()).kind == STAYS
    two = of(File("a"), File("b"), File("a"))
    assert (two.to, two.copies) == ("a", ("b",))


@pytest.mark.parametrize(
    ("folder", "label", "kind"),
    [
        ("", None, STAYS),
        ("Archive", None, STAYS),  # its reader put it there
        ("Archive", "Trash", STAYS),  # so he did here
        ("Trash", "Trash", MOVES),  # the filter had, and would not today
        ("lists.debian", "lists/debian", MOVES),
        ("Trash", "\x00", STAYS),
    ],
)
def test_what_is_kept_moves_only_out_of_a_folder_where_the_filter_had_put_it(
    folder: str, label: str | None, kind: str
) -> None:
    found = of(Keep(), folder=folder, label=label)
    assert (found.kind, found.to) == (kind, "")


def test_what_the_filter_filed_stays_where_a_scorer_was_not_asked() -> None:
    found = of(Keep(), folder="Trash", label="Trash", unasked=("spamd was not asked",))
    assert (found.kind, found.to) == (UNDECIDED, "spamd was not asked")
    assert of(File("a"), folder="Trash", label="Trash", unasked=("spamd was not asked",)).kind == UNDECIDED
    assert of(File("Trash"), folder="Trash", label="Trash", unasked=("spamd was not asked",)).kind == STAYS
    assert of(File("a"), unasked=("spamd was not asked",)).kind == MOVES
    assert of(Keep(), unasked=("spamd was not asked",)).notes == ("spamd was not asked",)


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (Discard(), "discarded"),
        (Reject("no"), "refused"),
        (Redirect("a@example.org"), "redirected to a@example.org"),
        (Pipe(("cat", "-n")), "given to cat -n"),
        (Box("/tmp/box"), "filed into /tmp/box"),
    ],
)
def test_nothing_else_is_done_to_stored_mail(act: Act, what: str) -> None:
    assert of(act, folder="x") == Fate(SPARED, what, "r.sieve:3", "Subject: x")
    assert of(act, Keep(), folder="x").kind == STAYS


def test_what_is_discarded_can_be_moved() -> None:
    assert fate(decision(Discard()), "", None, (), "Trash").to == "Trash"
    assert fate(decision(Discard()), "Trash", None, (), "Trash").kind == STAYS
    assert fate(decision(Reject("no")), "", None, (), "Trash").kind == SPARED


def test_letters_of_ours_are_nothing() -> None:
    assert of(Send("vacation", b"x", ("a",)), Keep(), folder="a").kind == STAYS
    assert of(File("Sent", letter=b"x"), File("a")).copies == ()


def test_flags_are_those_that_have_a_letter() -> None:
    assert of(File("a", ("\\Seen", "$label", "\\Flagged"))).flags == "FS"


def test_a_name_that_is_none_keeps_the_message() -> None:
    assert of(File("a..b"), folder="x").kind == STAYS


def test_where_a_delivery_would_bring_it() -> None:
    assert delivered(decision(File("a"), Keep())) == ("INBOX and a", "r.sieve:3", "Subject: x")
    assert delivered(decision(Discard()))[0] == "discarded"
    assert delivered(Decision((Decided(Keep(), MESSAGE),))) == ("INBOX", "", "")
