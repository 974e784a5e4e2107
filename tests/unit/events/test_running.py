"""What a reader does, the script that runs then, and what becomes of the message (RFC 6785). With Dovecot: tests/e2e."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.events import running
from mdafilter.refiling.stored import Letter, letter
from mdafilter.train.folders import OURS, base
from tests.support.events import Reader, settings
from tests.support.folders import Spool

TOLD = """
if environment :matches "imap.cause" "*" { set "cause" "${1}"; }
if environment :matches "imap.mailbox" "*" { set "mailbox" "${1}"; }
if environment :matches "imap.changedflags" "*" { set "changed" "${1}"; }
fileinto :copy :create :flags "" "Told.${mailbox}.${cause}.x${changed}";
"""


def told(reader: Reader) -> list[str]:
    """The events that the script above was run for."""
    names = [path.name[6:] for path in reader.maildir.root.glob(".Told.*")]
    return sorted(f"{name} {len(reader.files('Told.' + name))}" for name in names if reader.files("Told." + name))


def test_what_is_appended_copied_and_moved(tmp_path: Path) -> None:
    """Section 4.3: "APPEND (for invocations resulting from APPEND commands)", "COPY (... from COPY commands)"."""
    reader = Reader(tmp_path, TOLD)
    reader.put("Lists")
    reader.look()
    assert told(reader) == ["Lists.APPEND.x 1"]
    reader.maildir.rename(reader.maildir.deliver(1), "Lists")  # delivered, and moved before it was ever seen
    reader.look()
    assert told(reader) == ["Lists.APPEND.x 1", "Lists.COPY.x 1"]
    path = reader.maildir.deliver(2)
    reader.look()
    reader.maildir.link(path, "Lists")
    reader.look()
    assert told(reader) == ["Lists.APPEND.x 1", "Lists.COPY.x 2"]
    reader.maildir.append(path, "Lists")
    reader.look()
    assert told(reader) == ["Lists.APPEND.x 2", "Lists.COPY.x 2"]


def test_what_is_no_event(tmp_path: Path) -> None:
    """A delivery of ours, what was there, what comes into other folders, and a name that changes without its flags."""
    reader = Reader(tmp_path, TOLD)
    reader.maildir.deliver(1, "Lists")
    reader.maildir.deliver(2, "Lists", told=False)
    reader.look()
    path = reader.put("", letters="S")
    reader.look()
    reader.maildir.link(path, "Junk")
    for one in reader.files("Lists"):
        one.rename(reader.maildir.at("Lists") / "cur" / f"{one.name}:2,")
    reader.look()
    one = reader.files("Lists")[0]
    one.rename(one.with_name(one.name.replace(",S=99", ",S=99,U=7")))
    reader.look()
    assert told(reader) == []


def test_flags(tmp_path: Path) -> None:
    """Section 4.5: "set ... to the name(s) of the flag(s) that have changed"; not to what they are now."""
    reader = Reader(tmp_path, TOLD)
    path = reader.put("Lists", letters="F")
    reader.look()
    path = reader.maildir.flag(path, "FS")
    reader.look()
    path = reader.maildir.flag(path, "S")
    reader.look()
    reader.again()
    reader.maildir.flag(path, "RS")  # while nobody looks
    reader.look()
    assert told(reader) == [
        "Lists.APPEND.x 1",
        "Lists.FLAG.x\\Answered 1",
        "Lists.FLAG.x\\Flagged 1",
        "Lists.FLAG.x\\Seen 1",
    ]


def test_a_keyword_has_its_name(tmp_path: Path) -> None:
    reader = Reader(tmp_path, TOLD + 'if hasflag "$Work" { addflag ["$Done", "\\\\Seen"]; }')
    (reader.maildir.at("Lists") / "dovecot-keywords").write_text("0 $Other\n1 $Work\n")
    path = reader.put("Lists", letters="")
    reader.look()
    reader.maildir.flag(path, "b")
    reader.look()
    assert told(reader) == ["Lists.APPEND.x 1", "Lists.FLAG.x$Work 1"]
    assert reader.flags(path) == "Sbc"
    assert (reader.maildir.at("Lists") / "dovecot-keywords").read_text() == "0 $Other\n1 $Work\n2 $Done\n"
    assert told(reader) == ["Lists.APPEND.x 1", "Lists.FLAG.x$Work 1"], "no event of a script"


def test_fileinto_makes_a_new_message_and_marks_the_old_one(tmp_path: Path) -> None:
    """Section 3.3. Both events that this could cause are none (section 6)."""
    reader = Reader(tmp_path, 'fileinto :create "Filed";')
    reader.annotate({"Lists": "own", "Filed": "own"})
    path = reader.put("Lists", letters="FS")
    content = path.read_bytes()
    reader.look()
    assert reader.flags(path) == "FST"
    (filed,) = reader.files("Filed")
    assert OURS.fullmatch(base(filed.name))
    assert filed.name.partition(":2,")[2] == "FS"
    assert filed.stat().st_mtime == 1_500_000_000, "it has the date of the other one"
    label, _, rest = filed.read_bytes().partition(b"From: ")
    assert b" ".join(label.split()) == f"X-Mdafilter: Filed; rule {tmp_path}/sieve/own.sieve:2".encode()
    assert b"From: " + rest == content
    assert reader.files("Lists")[0].read_bytes() == content
    assert reader.files("") == []
    (entry,) = reader.journal()
    assert [(act["action"], act["to"]) for act in entry["acts"]] == [("file", "Filed"), ("flags", "+\\Deleted")]
    assert entry["acts"][1]["rule"] == f"{tmp_path}/sieve/own.sieve:2"
    assert entry["notes"] == ["APPEND in Lists"]
    assert list((reader.maildir.at("Filed") / "tmp").iterdir()) == [], "nothing is left of the try"


def test_into_the_inbox_and_into_its_own_folder(tmp_path: Path) -> None:
    """Section 3.3: "In all cases, fileinto always creates a new message, separate from the original."."""
    reader = Reader(tmp_path, 'keep; fileinto "INBOX"; fileinto "Lists";')
    path = reader.put("Lists")
    reader.look()
    assert (len(reader.files("")), len(reader.files("Lists")), reader.flags(path)) == (1, 2, "")


def test_discard_marks_and_keep_undoes_that(tmp_path: Path) -> None:
    """Section 3.5."""
    reader = Reader(tmp_path, 'discard; if header "subject" "keep" { keep; }')
    one, two = reader.put("Lists", "x"), reader.put("Lists", "keep", "S")
    reader.look()
    assert (reader.flags(one), reader.flags(two)) == ("T", "S")


def test_a_change_of_the_message_is_not_kept(tmp_path: Path) -> None:
    """Section 3.1: "those changes are considered transient and MUST NOT be retained for any "keep" action"."""
    reader = Reader(tmp_path, 'addheader "X-New" "1"; fileinto :copy :create "Filed"; addflag "\\\\Seen";')
    path = reader.put("Lists")
    content = path.read_bytes()
    reader.look()
    (kept,) = reader.files("Lists")
    assert (kept.read_bytes(), kept.name) == (content, f"{path.name}:2,S")
    assert b"\nX-New: 1\n" in reader.files("Filed")[0].read_bytes()


def test_redirect_has_the_owner_as_its_sender(tmp_path: Path) -> None:
    """Section 3.4: "the "MAIL FROM" SHOULD be set to the address of the owner of the mailbox"."""
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/sent; cat >>{tmp_path}/sent\n')
    program.chmod(0o755)
    chosen = settings(sendmail=str(program))
    chosen = chosen.replace(sieve=chosen.sieve.replace(user_email="alice@example.net"))
    reader = Reader(tmp_path, 'redirect "bob@example.org";', chosen)
    path = reader.put("Lists", more="Return-Path: <ann@example.org>\n")
    reader.look()
    sent = (tmp_path / "sent").read_text()
    assert sent.startswith("-i -f alice@example.net -- bob@example.org\n")
    assert "\nSubject: x\n" in sent
    assert reader.flags(path) == "T"
    assert [act["action"] for act in reader.journal()[0]["acts"]] == ["redirect", "flags"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ('addflag "\\\\Flagged"; fileinto :copy "Filed"; fileinto "${sender}..";', "an empty level"),
        ('addflag "\\\\Flagged"; redirect "alice@example.net";', "it comes from there"),
    ],
)
def test_what_cannot_be_done_leaves_the_message_as_it_is(tmp_path: Path, script: str, why: str) -> None:
    """RFC 5228 section 2.10.6, and nothing lands in the inbox, as it would in a delivery."""
    chosen = settings().replace(sieve=settings().sieve.replace(user_email="alice@example.net"))
    reader = Reader(tmp_path, script, chosen)
    path = reader.put("Lists", letters="S")
    reader.look()
    assert reader.files("Lists") == [path]
    assert reader.files("") == reader.files("Filed") == []
    (entry,) = reader.journal()
    assert "acts" not in entry
    assert why in entry["notes"][1]


def test_a_script_that_fails_changes_nothing(tmp_path: Path) -> None:
    """Section 4.6: an envelope test "MUST generate a runtime error"."""
    reader = Reader(tmp_path, "")
    head = 'require ["envelope", "imapsieve", "imap4flags", "fileinto", "copy", "mailbox"];\n'
    reader.write("own", head + 'addflag "\\\\Flagged"; fileinto :copy :create "F"; if envelope "from" "a" { keep; }')
    path = reader.put("Lists", letters="S")
    reader.look()
    assert reader.files("Lists") == [path]
    assert reader.files("F") == []
    assert "there is no envelope" in reader.journal()[0]["notes"][1]


def test_who_answers_a_delivery_is_no_script_of_an_event(tmp_path: Path) -> None:
    """Section 3.11: "MUST result in an error condition that will terminate the Sieve script". It is told once."""
    reader = Reader(tmp_path, "")
    reader.write("own", 'require ["imapsieve", "vacation"]; vacation "I am away."; discard;')
    one, two = reader.put("Lists"), reader.put("Lists")
    reader.look()
    assert reader.files("Lists") == [one, two]
    (said,) = reader.said
    assert '"vacation" cannot be used at an IMAP event' in said
    (fact,) = reader.journal()
    assert (fact["event"], fact["user"]) == ("rules", "alice")
    reader.write("own", 'require "imapsieve"; discard;')
    reader.put("Lists")
    reader.look()
    assert [reader.flags(path) for path in (one, two)] == ["", ""], "what happened before is over"
    assert sum(path.name.endswith("T") for path in reader.files("Lists")) == 1


def test_what_cannot_be_done_now_is_done_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EVENT_AGAIN_SECONDS", 0.0)
    reader = Reader(
        tmp_path, 'redirect :copy "bob@example.org"; addflag "\\\\Flagged";', settings(sendmail="/bin/false")
    )
    path = reader.put("Lists")
    reader.look()
    assert reader.flags(path) == ""
    assert "APPEND of" in reader.said[0]
    reader.settings = settings(sendmail="/bin/true").replace(
        journal=reader.settings.journal, user_rules_dir=reader.settings.user_rules_dir
    )
    reader.again()
    reader.look()
    assert reader.flags(path) == "F"


def test_it_is_given_up_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(tmp_path, 'redirect "bob@example.org";', settings(sendmail="/bin/false"))
    path = reader.put("Lists")
    monkeypatch.setattr(limits, "EVENT_GIVE_UP_SECONDS", -1.0)
    reader.look()
    assert (reader.watcher.state.events(), reader.files("Lists")) == ([], [path])
    assert "given up, the message stays as it is" in reader.journal()[0]["notes"][1]


def test_a_message_that_has_gone_meanwhile_has_no_event(tmp_path: Path) -> None:
    reader = Reader(tmp_path, "discard;")
    path = reader.put("Lists")
    reader.watcher.round()
    path.unlink()
    reader.look()
    assert (reader.watcher.state.events(), reader.said) == ([], [])


def test_a_flag_that_is_set_while_the_script_runs_stays(tmp_path: Path) -> None:
    reader = Reader(tmp_path, 'setflag "\\\\Flagged";')
    path = reader.put("Lists", letters="R")
    reader.watcher.round()
    scripts = reader.watcher.events.scripts if reader.watcher.events else None
    assert scripts is not None
    (event,) = reader.watcher.state.events()
    result = scripts.run(event)
    assert (result.added, result.removed) == ("F", "R")
    reader.maildir.flag(path, "RS")
    scripts.flag(event.replace(ran=True, added=result.added, removed=result.removed))
    assert reader.flags(path) == "FS"


def test_a_compressed_message_is_read_as_what_it_is(tmp_path: Path) -> None:
    reader = Reader(tmp_path, 'if header "subject" "packed" { fileinto :create "Filed"; }')
    path = reader.maildir.at("Lists") / "cur" / "1790000000.M1P1.host:2,S"
    path.write_bytes(gzip.compress(b"Subject: packed\n\nbody\n"))
    packed = path.read_bytes()
    reader.look()
    assert reader.flags(path) == "ST"
    assert reader.files("Lists")[0].read_bytes() == packed
    assert reader.files("Filed")[0].read_bytes().endswith(b"\nSubject: packed\n\nbody\n")


def test_duplicate_remembers(tmp_path: Path) -> None:
    reader = Reader(tmp_path, "")
    reader.write("own", 'require ["imapsieve", "duplicate"]; if duplicate { discard; }')
    one = reader.put("Lists")
    reader.look()
    two = reader.maildir.append(one, "Lists")
    reader.look()
    assert (reader.flags(one), reader.flags(two)) == ("", "T")


def test_what_a_script_does_teaches_nothing_and_what_the_reader_did_does(tmp_path: Path) -> None:
    reader, spool = Reader(tmp_path, 'fileinto :create "Lists";'), Spool()
    reader.annotate({"Junk": "own"})
    path = reader.maildir.deliver(1)
    reader.watcher.close()
    reader.watcher = reader.watching(spool)
    reader.maildir.rename(path, "Junk")
    reader.look()
    assert spool.taken() == [("spam", "1")]
    assert len(reader.files("Lists")) == 1


def test_refile_is_no_event(tmp_path: Path) -> None:
    from mdafilter.journal import Journal
    from mdafilter.refiling.fate import MOVES, Fate
    from mdafilter.refiling.moving import Move, Mover
    from mdafilter.refiling.stored import listed
    from mdafilter.targets import Mailbox

    reader = Reader(tmp_path, TOLD)
    reader.maildir.deliver(1)
    reader.look()
    root = str(reader.maildir.root)
    moves = [Move(one, Fate(MOVES, "Lists", "r:1")) for one in listed(root, ("",))]
    assert [bool(done.path) for done in Mover(Mailbox(root), Journal(reader.maildir.log, syslog=False)).run(moves)] == [
        True
    ]
    reader.look()
    assert (len(reader.files("Lists")), told(reader)) == (1, [])


def test_a_folder_with_another_name_keeps_what_is_known(tmp_path: Path) -> None:
    reader = Reader(tmp_path, TOLD)
    path = reader.put("Lists", letters="S")
    reader.look()
    reader.annotate({"Lists": "own", "Kept": "own"})
    os.rename(reader.maildir.at("Lists"), reader.maildir.at("Kept"))
    reader.look()
    (path,) = reader.files("Kept")
    reader.maildir.flag(path, "FS")
    reader.look()
    assert told(reader) == ["Kept.FLAG.x\\Flagged 1", "Lists.APPEND.x 1"]


@pytest.mark.parametrize(
    ("name", "tags", "wanted"),
    [("learn", "", "S"), ("fail", "", ""), ("fail", " :try", "S"), ("none", "", ""), ("none", " :try", "S")],
)
def test_a_program_of_the_site(tmp_path: Path, name: str, tags: str, wanted: str) -> None:
    """What scripts at such events are written for most: it learns. Where it fails, :try goes on without it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for program, status in (("learn", 0), ("fail", 1)):
        (programs / program).write_text(
            f'#!/bin/sh\ncat >>{tmp_path}/given\necho "$1 $SENDER" >>{tmp_path}/given\nexit {status}\n'
        )
        (programs / program).chmod(0o755)
    chosen = settings().replace(
        sieve=settings().sieve.replace(pipe_bin_dir=str(programs), user_email="alice@example.net")
    )
    reader = Reader(tmp_path, "", chosen)
    head = 'require ["imapsieve", "vnd.dovecot.pipe", "copy", "imap4flags"];\n'
    reader.write("own", f'{head}addflag "\\\\Seen"; pipe :copy{tags} "{name}" ["spam"];')
    path = reader.put("Lists")
    reader.look()
    assert reader.flags(path) == wanted
    assert len(reader.files("")) == 0
    if name != "none":
        assert (tmp_path / "given").read_text().count("spam alice@example.net\n") == 1, "it has had it once"


def test_a_site_may_have_what_is_not_kept_expunged(tmp_path: Path) -> None:
    """Section 2.2.4: "The implementation MAY then expunge the original message (WITHOUT expunging other messages"."""
    chosen = settings().replace(sieve=settings().sieve.replace(imapsieve_expunge_discarded=True))
    reader = Reader(
        tmp_path, 'if header "subject" "x" { fileinto :create "Filed"; } else { addflag "\\\\Deleted"; }', chosen
    )
    _, kept, other = reader.put("Lists"), reader.put("Lists", "kept"), reader.put("Lists", "old", "T")
    reader.look()
    assert {path.name.partition(":")[0] for path in reader.files("Lists")} == {
        kept.name,
        other.name.partition(":")[0],
    }
    assert (reader.flags(kept), len(reader.files("Filed"))) == ("T", 1)
    acts = [(act["action"], act.get("to", "")) for entry in reader.journal() for act in entry["acts"]]
    assert acts == [("file", "Filed"), ("expunge", ""), ("flags", "+\\Deleted")]


def test_a_message_that_gets_another_name_meanwhile_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a server moves it from new/ to cur/ at the very moment."""
    reader = Reader(tmp_path, 'addflag "\\\\Flagged";')
    path = reader.put("Lists")
    reader.watcher.round()
    real, turns = letter, iter((True, True, False))

    def restless(name: str, user: str, delimiters: str) -> Letter:
        if next(turns, False):
            os.rename(name, f"{reader.maildir.at('Lists')}/cur/{path.name}:2,{'S' * name.count('/cur/')}")
        return real(name, user, delimiters)

    monkeypatch.setattr(running, "letter", restless)
    reader.watcher.attend()
    assert reader.flags(path) == "FS"
