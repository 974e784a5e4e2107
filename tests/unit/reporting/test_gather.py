"""A report of a real Maildir, into which the real pipeline delivered, and in which its reader moved things."""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path

import pytest

from mdafilter import teaching
from mdafilter.delivery import Account
from mdafilter.errors import MdafilterError
from mdafilter.reporting import Summary, days, gather
from mdafilter.reporting.gather import Wish, read_back, told
from mdafilter.train.ledger import Ledger, Line
from tests.support.commandline import ordinary_home
from tests.support.mail import Mail

NOW = time.time()
WISH = Wish(days.dates(NOW, 2), NOW + 1000, "Trash", 30 * 86400.0)


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mail:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return Mail(tmp_path)


def summary(mail: Mail, *lines: Line) -> Summary:
    return gather.of_account(Account("ann", str(mail.home)), WISH, gather.by_user(lines))


def numbers(mail: Mail, *lines: Line) -> tuple[int, ...]:
    return summary(mail, *lines).total().numbers()


def line(number: int, verdict: str = "ham", reporter: str = "ann", database: str = "site") -> Line:
    made = Line(NOW, reporter, "sasl", verdict, "alias", f"h{number}", f"<{number}@example.org>")
    return made.replace(result="learned", report=f"r{number}", id=number, database=database)


def test_delivered_and_filed_as_spam(mail: Mail) -> None:
    for subject in ("hello", "pills", "pills & more"):
        mail.deliver(subject)
    found = summary(mail)
    assert found.total().numbers() == (3, 2, 0, 0, 0)
    assert [item.subject for item in found.held] == ["pills", "pills & more"]
    assert (found.held_count, found.notes) == (2, ())
    assert found.held[0].expires - found.held[0].time == 30 * 86400
    assert found.held_octets == sum(path.stat().st_size for path in (mail.root / ".Trash" / "new").iterdir())


def test_what_is_overdue_goes_today_at_the_earliest(mail: Mail) -> None:
    mail.deliver()
    wish = WISH.replace(older=1.0)
    (item,) = gather.of_account(Account("ann", str(mail.home)), wish, {}).held
    assert item.expires == wish.now


@pytest.mark.parametrize("name", ["{own}:2,S", "{now}.M1P2.host,S=9,W=9:2,S"], ids=["renamed", "by an IMAP server"])
@pytest.mark.parametrize(("folder", "rescued"), [("", 1), (".Lists", 1), (".Trash.old", 0), (".Junk", 0)])
def test_what_lies_elsewhere_was_rescued(mail: Mail, folder: str, rescued: int, name: str) -> None:
    path = mail.deliver()
    there = mail.root / folder / "cur"
    there.mkdir(parents=True, exist_ok=True)
    path.rename(there / name.format(own=path.name, now=int(NOW)))
    assert numbers(mail) == (1, 1, rescued, 0, 0)
    assert summary(mail).held == ()


@pytest.mark.parametrize(("end", "rescued"), [(None, 1), (30, 0)], ids=["whole", "broken"])
def test_what_dovecot_has_compressed_was_rescued(mail: Mail, end: int | None, rescued: int) -> None:
    path = mail.deliver()
    (mail.root / "cur" / f"{int(NOW)}.M1P2.host,S=9,W=9:2,S").write_bytes(gzip.compress(path.read_bytes())[:end])
    path.unlink()
    assert numbers(mail) == (1, 1, rescued, 0, 0)


def test_another_message_of_the_same_id_was_not(mail: Mail) -> None:
    """Delivered twice, once by a list: its file has a name of ours."""
    path = mail.deliver()
    other = mail.deliver("hello")
    other.write_bytes(path.read_bytes())
    assert numbers(mail) == (2, 1, 0, 0, 0)


def test_what_was_taught_as_ham_was_rescued_though_it_lies_there(mail: Mail) -> None:
    mail.deliver()
    assert numbers(mail, line(1)) == (1, 1, 1, 1, 1)
    assert numbers(mail, line(1, "spam")) == (1, 1, 0, 1, 1)
    assert numbers(mail, line(1, reporter="bob")) == (1, 1, 0, 0, 0)
    assert numbers(mail, line(1, reporter="bob", database="ann")) == (1, 1, 1, 1, 1)


def test_a_journal_that_cannot_be_read_is_a_note(mail: Mail) -> None:
    mail.deliver()
    Path(mail.journal).unlink()
    Path(mail.journal).mkdir()
    found = summary(mail)
    assert found.total().delivered == 0
    assert found.notes == (f"the journal {mail.journal} cannot be read: Is a directory",)
    assert found.held_count == 1, "X-Mdafilter says so"


def test_without_a_maildir_there_is_nothing(tmp_path: Path) -> None:
    found = gather.of_account(Account("ann", str(tmp_path)), WISH, {}, "why not")
    assert (found.total().delivered, found.notes) == (0, ("why not", gather.NO_MAILDIR))


def test_what_the_process_of_a_user_says_comes_back(mail: Mail) -> None:
    mail.deliver("pills \x1b[2J")
    found = summary(mail)
    assert read_back(json.loads(json.dumps(told(found))), WISH) == found


@pytest.mark.parametrize(
    "change",
    [{"who": None, "days": 5}, {"days": []}, {"held": 3}, {"held": [{}]}, {"held_count": "x"}, {"notes": None},
     {"held_octets": float("inf")}, {"days": [{"date": "2020-01-01"}] * 2}],
)  # fmt: skip
def test_what_is_no_answer_is_none(mail: Mail, change: dict[str, object]) -> None:
    with pytest.raises(MdafilterError, match="no answer"):
        read_back({**told(summary(mail)), **change}, WISH)
    with pytest.raises(MdafilterError, match="no answer"):
        read_back(list(change), WISH)


def test_the_ledger(tmp_path: Path) -> None:
    options = teaching.Options(state=str(tmp_path))
    assert gather.ledger(options, 0.0) == ((), "")
    with Ledger(f"{tmp_path}/ledger.db") as opened:
        opened.add(Line(NOW, "ann", "sasl", "spam", "alias"))
        opened.add(Line(NOW - 99, "ann", "sasl", "spam", "alias"))
    assert len(gather.ledger(options, NOW - 50)[0]) == 1
    (tmp_path / "ledger.db").write_bytes(b"x" * 5000)
    lines, why = gather.ledger(options, 0.0)
    assert (lines, "ledger.db" in why) == ((), True)


def test_the_ledger_of_the_site_is_not_for_everybody(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read all")
    with ordinary_home() as home:
        home.chmod(0)
        assert gather.ledger(teaching.Options(state=str(home)), 0.0) == ((), gather.CLOSED)
        home.chmod(0o700)


@pytest.mark.parametrize(
    ("recipient", "whose"),
    [("ann@example.org", "ann@example.org"), ("ann+lists@EXAMPLE.org", "ann@example.org"),
     ("ann-lee+x@example.org", "ann-lee@example.org"), ("ann-x@example.org", "ann@example.org"),
     ("anna@example.org", ""), ("ann@example.net", ""), ("bob", "bob"), ("bob+x@anywhere.org", "bob"),
     ("x@all.example", "all.example"), ("", ""), ("@", ""), ("+", "")],
)  # fmt: skip
def test_whose_a_recipient_is(recipient: str, whose: str) -> None:
    """RFC 5233 section 1: "a detail part", behind a separator that the site chooses."""
    users = frozenset(("ann@example.org", "ann-lee@example.org", "bob", "all.example"))
    assert gather.owner(recipient, users) == whose
