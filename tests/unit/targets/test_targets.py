"""The table of targets."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter import targets
from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.files import SUFFIX
from mdafilter.perform import Receipts, perform
from mdafilter.serve import slate
from mdafilter.targets import Mailbox, Options, load, rank
from tests.support.faults import Faulty
from tests.support.mailboxes import ENVELOPE, decision, mailbox, message, within

if TYPE_CHECKING:
    from mdafilter.acts import Act


def test_what_can_be_undone_comes_first() -> None:
    assert rank(Keep()) == rank(File("a")) < rank(Pipe(("a",))) < rank(Redirect("a@b.test"))


@pytest.mark.parametrize("act", [Discard(), Reject("no")])
def test_what_delivers_nowhere_has_no_target(act: Discard | Reject) -> None:
    assert rank(act) == -1


@pytest.mark.parametrize("number", range(len(targets.TABLE)))
def test_every_target_stages(number: int) -> None:
    target = load(number)
    assert callable(target.place)
    assert callable(target.stage)


def test_a_mailbox_has_the_options_defaults() -> None:
    options = Options()
    same = {name: getattr(options, name) for name in Options._fields if name in Mailbox._fields}
    assert Mailbox("/m") == Mailbox("/m", **same)


# --- traces ---

EACH: dict[str, tuple[Act, ...]] = {
    "inbox": (Keep(),),
    "flagged": (Keep(flags=("\\Seen",)),),
    "folder": (File("a", create=True),),
    "a Maildir elsewhere": (Box("other/"),),
    "an MH folder": (Box("mh/."),),
    "a directory": (Box("plain"),),
    "an mbox file": (Box("box"),),
    "a program": (Pipe(("/bin/cat",)),),
    "an address": (Redirect("bob@c.test"),),
    "several": (Keep(), File("a", create=True), File("b", create=True), Box("box"), Pipe(("/bin/cat",))),
}


def files(home: Path) -> set[str]:
    return {str(path) for path in home.rglob("*") if path.is_file()}


def done(home: Path, acts: tuple[Act, ...], calls: Faulty) -> Receipts:
    (home / "plain").mkdir(exist_ok=True)
    about = message()
    there = mailbox(home, sendmail="/bin/true")
    return perform(decision(about, *within(home, acts)), about, ENVELOPE, there, calls=calls)


@pytest.mark.parametrize("links", [True, False], ids=["links", "no-links"])
@pytest.mark.parametrize("name", EACH)
def test_the_traces_are_what_is_forgotten(tmp_path: Path, name: str, links: bool) -> None:
    """A worker notes them, and another one removes them for it: neither more nor less than `forget` would."""
    calls = Faulty() if links else Faulty(lambda _number, call: errno.EOPNOTSUPP if call == "link" else None)
    receipts = done(tmp_path, EACH[name], calls)
    traces, before = receipts.traces, files(tmp_path)
    receipts.release()
    assert files(tmp_path) == before
    receipts.forget()
    assert before - files(tmp_path) == before & set(traces)
    assert all(slate.draft(path) for path in traces)
    assert not [path for path in files(tmp_path) if path.endswith(SUFFIX)]


@pytest.mark.parametrize("name", EACH)
def test_those_of_a_retry_are_the_same(tmp_path: Path, name: str) -> None:
    """It finds that all was done: what it forgets in the end is what the first try would have."""
    first = done(tmp_path, EACH[name], Faulty())
    before = files(tmp_path)
    first.release()
    again = done(tmp_path, EACH[name], Faulty())
    assert {receipt.done for receipt in again.receipts} == {"already"}
    assert set(again.traces) & before == set(first.traces) & before
    again.forget()
    assert before - files(tmp_path) == before & set(first.traces)


def test_who_was_refused_has_none(tmp_path: Path) -> None:
    assert done(tmp_path, (Reject("no"),), Faulty()).traces == ()
