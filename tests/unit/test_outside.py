"""The real World, as far as it needs no server."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import VERSION
from mdafilter.errors import RuleFailed
from mdafilter.message import Envelope, Message, Piece
from mdafilter.outside import Outside
from mdafilter.plan import Plan
from mdafilter.settings import Settings
from mdafilter.world import Found, Scanned

ENVELOPE = Envelope("s@example.org", "r@example.net", client_name="mx.example.org", client_address="192.0.2.1")


def outside(mailbox: Path, **changes: object) -> Outside:
    return Outside(Settings(hostname="host.example.net").replace(**changes), ENVELOPE, str(mailbox))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "host.example.net"),
        ("domain", "example.net"),
        ("location", "MDA"),
        ("phase", "during"),
        ("name", "mdafilter"),
        ("version", VERSION),
        ("remote-host", "mx.example.org"),
        ("remote-ip", "192.0.2.1"),
        ("vnd.mdafilter.recipient-delimiter", "+"),
        ("vnd.mdafilter.trusted-upstream", "no"),
        ("unheard-of", None),
    ],
)
def test_environment_items(tmp_path: Path, name: str, value: str | None) -> None:
    """RFC 5183, 4.1 names the items."""
    assert outside(tmp_path).environment(name) == value


@pytest.mark.parametrize(
    ("client", "name", "value"),
    [
        ("unknown", "remote-host", ""),
        ("", "remote-host", ""),
        ("2001:db8::1", "remote-ip", "IPv6:2001:db8::1"),
        ("IPv6:2001:db8::1", "remote-ip", "IPv6:2001:db8::1"),
        ("192.0.2.1", "remote-ip", "192.0.2.1"),
        ("", "remote-ip", ""),
    ],
)
def test_the_client(tmp_path: Path, client: str, name: str, value: str) -> None:
    """RFC 5183, 4.1: "The empty string will be returned if ... this information cannot be obtained"; addresses are
    "represented in the formats defined by the IPv4-address-literal, IPv6-address-literal" of RFC 5321."""
    world = Outside(
        Settings(), Envelope("s@x.test", "r@x.test", client_name=client, client_address=client), str(tmp_path)
    )
    assert world.environment(name) == value


def test_a_folder_exists_when_it_is_a_maildir_folder(tmp_path: Path) -> None:
    (tmp_path / ".Work" / "cur").mkdir(parents=True)
    (tmp_path / "cur").mkdir()
    world = outside(tmp_path)
    assert [world.has_folder(n) for n in ("Work", "INBOX", "INBOX.Work", "Play", "..", "")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_inbox_is_always_there_and_what_is_closed_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5490 section 3.1: "and each allows the user ... to "deliver" messages into it"."""
    assert outside(tmp_path / "none").has_folder("INBOX")
    (tmp_path / ".Work" / "cur").mkdir(parents=True)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert not outside(tmp_path).has_folder("Work")


def test_folders_by_id_and_use_and_their_annotations(tmp_path: Path) -> None:
    for name in (".Spam", ".Junk"):
        (tmp_path / name / "cur").mkdir(parents=True)
    text = '["Spam"]\nid = "F1"\nspecial-use = ["\\\\Junk"]\nmetadata = {"/private/a" = "b"}\n'
    (tmp_path / "mailboxes.toml").write_text(text)
    world = outside(tmp_path)
    assert world.folder_with_id("F1") == "Spam"
    assert world.folders_for("\\Junk") == ("Spam", "Junk")
    assert world.folders_for("\\Sent") == ()
    assert world.metadata("Spam", "/private/a") == "b"


def test_lists_outside(tmp_path: Path) -> None:
    (tmp_path / "team").write_text("a@x.test\n")
    world = outside(tmp_path, sieve=Settings().sieve.replace(lists=(str(tmp_path),)))
    team = world.external("team")
    assert team is not None
    assert team.has("A@x.test")
    assert world.external("none") is None


def test_a_scorer_that_is_off_is_not_asked(tmp_path: Path) -> None:
    settings = Settings()
    world = outside(tmp_path, spamd=settings.spamd.replace(enabled="off"))
    scored = world.score(Message.parse(b"Subject: x\n\n"))
    assert (scored.verdict, scored.note) == (None, "spamd was not asked")


def test_a_spamd_that_is_not_there_is_a_note(tmp_path: Path) -> None:
    settings = Settings()
    world = outside(tmp_path, spamd=settings.spamd.replace(hosts=("127.0.0.1:1",)))
    scored = world.score(Message.parse(b"Subject: x\n\n"))
    assert scored.verdict is None
    assert "127.0.0.1:1" in scored.note


@pytest.mark.parametrize(
    ("enabled", "scoring", "note"),
    [
        ("off", True, ""),
        ("off", False, ""),
        ("on", False, "clamd was not asked"),
        ("on", True, "clamd unix:/nowhere: "),
    ],
)
def test_clamd_is_asked_where_it_is_switched_on(tmp_path: Path, enabled: str, scoring: bool, note: str) -> None:
    asked = Settings().clamd.replace(enabled=enabled, hosts=("unix:/nowhere",))
    scanned = outside(tmp_path, clamd=asked).replace(scoring=scoring).scan(Message.parse(b"Subject: x\n\n"))
    assert scanned.finding is None
    assert scanned.note.startswith(note)
    assert bool(scanned.note) is bool(note)


def test_as_it_is_shipped_clamd_is_not_asked(tmp_path: Path) -> None:
    assert outside(tmp_path).scan(Message.parse(b"Subject: x\n\n")) == Scanned()


def test_the_clock_goes(tmp_path: Path) -> None:
    assert outside(tmp_path).now() > 1_700_000_000


def test_what_procmail_presets(tmp_path: Path) -> None:
    """procmailrc(5): "HOME and SHELL ... MAILDIR ... defaults to $HOME"."""
    presets = outside(tmp_path / "Maildir").replace(home="/home/r").presets()
    assert (presets["HOME"], presets["MAILDIR"], presets["DEFAULT"]) == ("/home/r", "/home/r", f"{tmp_path}/Maildir/")


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("Maildir/", "INBOX"),
        ("Maildir/.a.b/", "a.b"),
        (".maildir/.Trash/", "Trash"),
        ("Mail/.Trash/", None),
        ("Maildir/a/", None),
        ("mbox", None),
    ],
)
def test_which_folder_a_path_is(tmp_path: Path, path: str, folder: str | None) -> None:
    world = outside(tmp_path / "Maildir").replace(home=str(tmp_path))
    assert world.folder_of(f"{tmp_path}/{path}") == world.folder_of(path) == folder


def test_another_maildir_that_is_there_is_no_spelling_of_ours(tmp_path: Path) -> None:
    (tmp_path / ".maildir").mkdir()
    assert outside(tmp_path / "Maildir").replace(home=str(tmp_path)).folder_of(".maildir/.Trash/") is None


def test_programs(tmp_path: Path) -> None:
    world = outside(tmp_path / "Maildir").replace(home=str(tmp_path))
    body = Piece(Message.parse(b"A: b\n\nx\n"), "body")
    ran = world.run("pwd; cat", body, {})
    assert ran.output.slice(0, 1000) == f"{tmp_path}\nx\n".encode()
    assert world.replace(running=False).run("true", body, {}).status is None


def test_a_table_of_the_user_is_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "access").write_text("ann@example.org REJECT no\n")
    world = outside(tmp_path / "Maildir").replace(home=str(tmp_path))
    found = Found("ann@example.org", "REJECT no", "REJECT", "no", f"{tmp_path}/access", 1)
    rule = f"{tmp_path}/.mdafilter.sieve"
    for name in ("access", "~/access", f"{tmp_path}/access"):
        assert world.lookup(name, "mail", "ann+x@example.org", rule) == found
        assert world.lookup(name, "mail", "bob@example.org", rule) is None


def test_the_delimiter_is_that_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "access").write_text("ann@example.org OK\n")
    world = outside(tmp_path, recipient_delimiter="-").replace(home=str(tmp_path))
    assert world.lookup("~/access", "mail", "ann-x@example.org", "")
    assert world.lookup("~/access", "mail", "ann+x@example.org", "") is None


def test_a_table_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(RuleFailed, match="No such file"):
        outside(tmp_path).lookup("/nowhere/access", "mail", "a@example.org", "")


def test_the_environment_is_that_of_the_delivery(tmp_path: Path) -> None:
    """One process delivers many messages, each with an environment of its own."""
    given = {"HOME": str(tmp_path), "LOGNAME": "ann", "SHELL": "/bin/dash", "CLIENT_HELO": "mx"}
    world = outside(tmp_path / "Maildir").replace(environ=given)
    assert [world.presets()[name] for name in ("HOME", "LOGNAME", "SHELL")] == [str(tmp_path), "ann", "/bin/dash"]
    ran = world.run('echo "$CLIENT_HELO $A $PYTEST_CURRENT_TEST"', Message.parse(b"A: b\n\n"), {"A": "x"})
    assert ran.output.slice(0, 100) == b"mx x \n"


def test_rules_that_are_read_when_others_run(tmp_path: Path) -> None:
    world = outside(tmp_path / "Maildir").replace(home=str(tmp_path))
    path = tmp_path / "more"
    assert world.rules(str(path)) is None
    path.write_text("A=b\n")
    path.chmod(0o644)
    plan = world.rules(str(path))
    assert isinstance(plan, Plan)
    assert (plan.source, len(plan.steps)) == (str(path), 1)
    assert world.rules(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("text", "mode", "wrong"),
    [("A=b\n", 0o666, "everybody may write to this file"), (":0 f\nx\n", 0o644, "needs a | and a program")],
)
def test_rules_that_are_not_believed_or_broken(tmp_path: Path, text: str, mode: int, wrong: str) -> None:
    """Their name may come from the message."""
    path = tmp_path / "more"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(RuleFailed, match=wrong):
        outside(tmp_path / "Maildir").rules(str(path))
