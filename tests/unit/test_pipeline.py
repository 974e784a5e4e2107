"""The way of a message from octets to the Maildir and the journal, in one process and on a real disk."""

from __future__ import annotations

import contextlib
import gc
import json
import os
from pathlib import Path
from typing import Any

import pytest

from mdafilter import lang, limits, pipeline, policy, record
from mdafilter.errors import Problem, TryAgain
from mdafilter.journal import Journal
from mdafilter.lang import procmail
from mdafilter.lang.sieve import compile
from mdafilter.message import Envelope, Message, Octets
from mdafilter.perform import Receipts
from mdafilter.pipeline import Setup
from mdafilter.rulebook import Rulebook
from mdafilter.settings import Settings
from mdafilter.targets import Options
from mdafilter.world import Scored, Verdict
from tests.support.scene import StillWorld

MESSAGE = (
    b"Received: from a by b (Postfix)\n\tid 4F1X2y3Z; Sun, 22 Nov 2026 10:00:00 +0000\n"
    b"Message-ID: <1@example.org>\nSubject: hello\n\nbody\n"
)
ENVELOPE = Envelope("s@example.org", "r@example.net", user="r")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return tmp_path


def setup(home: Path, *rules: str, problems: tuple[Problem, ...] = (), **settings: object) -> Setup:
    plans = tuple(compile(text.encode(), f"rules{n}.sieve").plan for n, text in enumerate(rules))
    journal = Journal(str(home / "journal"), syslog=False)
    return Setup(Settings(**settings), Rulebook(plans, problems), str(home / "Maildir"), str(home), journal)  # type: ignore[arg-type]


def deliver(made: Setup, world: StillWorld | None = None, envelope: Envelope = ENVELOPE) -> Receipts:
    return pipeline.deliver(Octets.of(MESSAGE), envelope, made, world or StillWorld())


def files(home: Path, folder: str = "") -> list[bytes]:
    return [p.read_bytes() for p in sorted((home / "Maildir" / folder).glob("[nc]*/*"))]


def entries(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "journal").read_text().splitlines()]


def test_without_rules_the_message_is_in_the_inbox_as_it_came(home: Path) -> None:
    receipts = deliver(setup(home))
    assert files(home) == [MESSAGE]
    assert receipts.exit_code == 0


def test_the_journal_has_where_which_rule_and_why(home: Path) -> None:
    deliver(setup(home, 'require "fileinto";\nif header :contains "subject" "hell" { fileinto "Warm"; }'))
    (entry,) = entries(home)
    assert (entry["status"], entry["id"], entry["message_id"]) == ("delivered", "4F1X2y3Z", "<1@example.org>")
    (act,) = entry["acts"]
    assert (act["action"], act["to"], act["rule"]) == ("file", "Warm", "rules0.sieve:2")
    assert "hello" in act["why"]
    assert (home / "Maildir" / ".Warm" / "new" / act["name"]).exists()


def test_the_verdict_is_in_the_journal(home: Path) -> None:
    world = StillWorld(Verdict(True, 15.2, 5.0, ("GTUBE",)))
    deliver(setup(home, 'require ["spamtest", "fileinto"]; if spamtest :is "10" { fileinto "Trash"; }'), world)
    (entry,) = entries(home)
    assert (entry["score"]["score"], entry["score"]["symbols"]) == (15.2, ["GTUBE"])


def test_a_refused_message_is_nowhere_and_said_so(home: Path) -> None:
    receipts = deliver(setup(home, 'require "reject"; reject "go away";'))
    assert (receipts.exit_code, receipts.reply) == (77, "5.7.1 go away")
    assert files(home) == []
    assert entries(home)[0]["status"] == "refused"


def test_a_discarded_message_is_nowhere_and_said_so(home: Path) -> None:
    receipts = deliver(setup(home, "discard;"))
    assert (receipts.exit_code, files(home), entries(home)[0]["status"]) == (0, [], "discarded")


def test_try_again_leaves_nothing_but_a_line_in_the_journal(home: Path) -> None:
    class Deferring(StillWorld):
        def score(self, message: object) -> Scored:
            raise TryAgain("spamd is down", "4.3.2")

    made = setup(home, 'require ["spamtest", "fileinto"]; fileinto "a"; if spamtest :is "10" { keep; }')
    with pytest.raises(TryAgain):
        deliver(made, Deferring())
    assert list((home / "Maildir").rglob("*")) == []
    assert (entries(home)[0]["status"], entries(home)[0]["reason"]) == ("deferred", "spamd is down")


def test_a_program_of_a_procmailrc_gets_the_message(home: Path) -> None:
    made = setup(home)
    plan = procmail.compile(f":0\n* ^Subject: hello\n| cat > {home}/got\n".encode(), "rc").plan
    deliver(made.replace(rulebook=Rulebook((plan,))))
    assert (home / "got").read_bytes() == MESSAGE + b"\n"  # as procmail ends it with an empty line
    assert (files(home), entries(home)[0]["acts"][0]["action"]) == ([], "pipe")


def test_a_program_that_fails_leaves_the_message_in_the_inbox(home: Path) -> None:
    plan = procmail.compile(b":0\n| exit 3;\nLOG=$?\n", "rc").plan
    deliver(setup(home).replace(rulebook=Rulebook((plan,))))
    assert files(home) == [MESSAGE]
    assert entries(home)[-1]["notes"] == ["rc:1: /bin/sh ended with 3; the rules went on without it", "3"]


def test_broken_rules_are_told_once_with_the_message(home: Path) -> None:
    made = setup(home, problems=(Problem("f.sieve", 1, 1, "missing ;"),))
    deliver(made)
    letters = [f for f in files(home) if b"Your mail rules are not in force" in f]
    assert (len(letters), len(files(home))) == (1, 2)
    deliver(made, envelope=ENVELOPE.replace(recipient="other@example.net"))
    assert len([f for f in files(home) if b"Your mail rules" in f]) == 1


def test_broken_rules_are_told_also_when_a_rule_of_the_site_files_the_message(home: Path) -> None:
    deliver(setup(home, 'require "fileinto"; fileinto "a";', problems=(Problem("f.sieve", 1, 1, "missing ;"),)))
    assert (len(files(home)), len(files(home, ".a"))) == (1, 1)


@pytest.mark.parametrize(
    ("mode", "folders", "where"),
    [("off", ("lists",), ""), ("existing", ("lists",), ".lists"), ("existing", (), ""), ("create", (), ".lists")],
)
def test_subaddress_folders(home: Path, mode: str, folders: tuple[str, ...], where: str) -> None:
    deliver(setup(home, subaddress=mode), StillWorld(folders=folders), ENVELOPE.replace(extension="lists"))
    assert len(files(home, where)) == 1


def test_a_subaddress_is_only_for_what_no_rule_filed(home: Path) -> None:
    made = setup(home, 'require "fileinto"; fileinto "a";', subaddress="create")
    deliver(made, envelope=ENVELOPE.replace(extension="lists"))
    assert (len(files(home, ".a")), len(files(home, ".lists"))) == (1, 0)


def test_an_impossible_subaddress_is_kept(home: Path) -> None:
    deliver(setup(home, subaddress="create"), envelope=ENVELOPE.replace(extension="../x"))
    assert files(home) == [MESSAGE]


def test_a_journal_that_cannot_be_written_fails_nothing(home: Path) -> None:
    (home / "file").write_text("no folder")
    made = setup(home).replace(journal=Journal(str(home / "file" / "journal"), syslog=False))
    assert deliver(made).exit_code == 0


def test_a_delivery_that_fails_goes_to_the_next_recipe(home: Path) -> None:
    """procmailrc(5): a delivery that fails is as if the recipe had not matched; programs are asked once."""
    rc = f":0\n* ? echo >>{home}/asked\n| false\n:0\n/proc/none/x/\n:0\n{home}/next/\n"
    made = setup(home).replace(rulebook=Rulebook((procmail.compile(rc.encode(), "rc").plan,)))
    receipts = deliver(made)
    assert [(r.folder, r.done) for r in receipts.receipts] == [(f"{home}/next/", "delivered")]
    assert len(list((home / "next" / "new").iterdir())) == 1
    assert files(home) == []
    assert (home / "asked").read_text() == "\n"
    assert entries(home)[-1]["acts"][0]["rule"] == "rc:7"


def test_where_every_delivery_fails_it_is_tried_again(home: Path) -> None:
    rc = ":0\n| false\n" * (limits.TRIES + 1)
    made = setup(home).replace(rulebook=Rulebook((procmail.compile(rc.encode(), "rc").plan,)))
    with pytest.raises(TryAgain, match="deliveries failed"):
        deliver(made)


# --- what the policy daemon found ---------------------------------------------------------------------------------

SECRET = "0123456789abcdef"
ASKS = 'environment :is "vnd.mdafilter.policy.spf" "fail"'
IN_EACH_LANGUAGE = {
    "rules.sieve": f'require ["environment", "fileinto"];\nif {ASKS} {{ fileinto "Quarantine"; }}\n',
    "rules.procmailrc": f":0\n* mdafilter ?? {ASKS}\nMaildir/.Quarantine/\n",
    "rules.regexp": f"if mdafilter ?? {ASKS}\n/^Subject:/ HOLD\nendif\n",
}


def found(secret: str = SECRET, client: str = "192.0.2.1") -> bytes:
    """The field of a daemon with this secret; StillWorld.now() is 60 seconds later."""
    text = f"time=1799999940; client={client}; spf=fail"
    return f"X-Mdafilter-Policy: {text}; sign={policy.sign(text, secret)}\n".encode()


@pytest.mark.parametrize("name", IN_EACH_LANGUAGE)
@pytest.mark.parametrize(
    ("fields", "believed"),
    [
        (found(), True),
        (found() + found("of somebody else"), True),
        (found("of somebody else"), False),
        (b"X-Mdafilter-Policy: spf=fail\n" + found(), False),
        (found(client="198.51.100.7"), False),
        (b"", False),
    ],
    ids=["signed", "above a forged one", "forged", "below a forged one", "of another client", "none"],
)
def test_rules_of_each_language_see_what_is_believed(home: Path, name: str, fields: bytes, believed: bool) -> None:
    plan = lang.compile(IN_EACH_LANGUAGE[name].encode(), name).plan
    made = setup(home, policy=policy.Options(SECRET)).replace(rulebook=Rulebook((plan,)))
    world = StillWorld(environment={"vnd.mdafilter.quarantine": "Quarantine"})
    world.presets = lambda: {"HOME": str(home), "MAILDIR": str(home)}  # type: ignore[method-assign]
    decision = pipeline.decide(
        Message.parse(fields + MESSAGE), ENVELOPE.replace(client_address="192.0.2.1"), made, world
    )
    assert ["Quarantine" in repr(one.act) for one in decision.decided] == [believed], decision.trace


def test_what_is_not_believed_is_renamed_before_any_rule_and_the_journal_says_why(home: Path) -> None:
    made = setup(
        home, 'require "fileinto"; if exists "X-Mdafilter-Policy" { fileinto "a"; }', policy=policy.Options(SECRET)
    )
    pipeline.deliver(Octets.of(found("of somebody else") + MESSAGE), ENVELOPE, made, StillWorld())
    assert files(home) == [b"X-Original-" + found("of somebody else") + MESSAGE]
    assert entries(home)[-1]["policy"] == "not believed: it is not signed with our secret"


def test_what_is_believed_stays_as_it_came_and_is_in_the_journal(home: Path) -> None:
    made = setup(home, policy=policy.Options(SECRET))
    pipeline.deliver(Octets.of(found() + MESSAGE), ENVELOPE, made, StillWorld())
    assert files(home) == [found() + MESSAGE]
    assert entries(home)[-1]["policy"] == "spf=fail (signed by the policy daemon, client 192.0.2.1, 60 s before)"


# --- a quota -------------------------------------------------------------------------------------------------------


def with_quota(home: Path, **options: object) -> Setup:
    return setup(home, 'require "copy"; redirect :copy "b@example.org"; keep;', delivery=Options(**options))  # type: ignore[arg-type]


def test_a_full_mailbox_defers_and_the_journal_says_so(home: Path) -> None:
    with pytest.raises(TryAgain) as raised:
        deliver(with_quota(home, quota="10S"))
    assert raised.value.status == "4.2.2"
    (entry,) = entries(home)
    assert (entry["status"], entry["dsn"]) == ("deferred", "4.2.2")
    assert entry["reason"] == f"the mailbox is full: with this message {len(MESSAGE)} of 10 octets"
    assert files(home) == []


def test_or_refuses(home: Path) -> None:
    receipts = deliver(with_quota(home, quota="10S", over_quota="refuse", sendmail="/bin/false"))
    assert (receipts.exit_code, receipts.reply) == (77, "5.2.2 the mailbox is full")
    (entry,) = entries(home)
    assert (entry["status"], entry["dsn"], entry["reason"]) == ("refused", "5.2.2", "the mailbox is full")
    assert files(home) == []


@pytest.mark.parametrize(("percent", "count"), [(90, 2), (100, 1), (0, 1)])
def test_a_letter_warns_before(home: Path, percent: int, count: int) -> None:
    made = setup(home, delivery=Options(quota=f"{len(MESSAGE) + 5}S", quota_warning=percent))
    receipts = deliver(made)
    assert len(files(home)) == count
    (entry,) = entries(home)
    assert [act["why"] for act in entry["acts"][1:]] == ["the mailbox is 96 % full"][: count - 1]
    assert receipts.exit_code == 0


def test_it_has_the_line_ends_of_the_message(home: Path) -> None:
    octets = MESSAGE.replace(b"\n", b"\r\n")
    made = setup(home, delivery=Options(quota=f"{len(octets)}S"))
    pipeline.deliver(Octets.of(octets), ENVELOPE, made, StillWorld())
    (letter,) = [f for f in files(home) if b"Subject: Your mailbox is nearly full: 100 %\r\n" in f]
    assert letter.count(b"\n") == letter.count(b"\r\n")


def test_what_goes_wrong_after_the_delivery_leaves_no_lock_behind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process may live on, and a retry that met our lock could not see that all was done."""
    before = os.listdir("/proc/self/fd")
    made = setup(home, "keep;")
    with monkeypatch.context() as broken:
        broken.setattr(record, "write", lambda *_facts: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(made)
    assert os.listdir("/proc/self/fd") == before
    receipts = deliver(made)
    assert [receipt.done for receipt in receipts.receipts] == ["already"]
    receipts.forget()
    assert (files(home), list((home / "Maildir" / "tmp").iterdir())) == ([MESSAGE], [])


def test_a_delivery_that_fails_holds_nothing_until_garbage_is_collected(home: Path) -> None:
    """What went wrong is no cause of itself: the message, and its file, would stay in memory."""

    class Deferring(StillWorld):
        def score(self, message: object) -> Scored:
            raise TryAgain("spamd is down", "4.3.2")

    made = setup(home, 'require "spamtest"; if spamtest :is "10" { keep; }')
    gc.collect()
    before = len([one for one in gc.get_objects() if isinstance(one, Message)])
    gc.disable()
    try:
        with contextlib.suppress(TryAgain):
            deliver(made, Deferring())
        assert len([one for one in gc.get_objects() if isinstance(one, Message)]) == before
    finally:
        gc.enable()
