"""The command line of the service: what it takes, what it says is wrong; tests/unit/serve has what it does."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import click
import pytest

from mdafilter.cli import serve
from mdafilter.errors import SettingsError
from mdafilter.serve.listen import Place
from mdafilter.serve.service import Options
from tests.support.commandline import invoke
from tests.support.service import ROOT_RUNS, mail, needs_root, program, running

ME = pwd.getpwuid(os.geteuid()).pw_name
SOMEBODY = "nobody" if ROOT_RUNS else ME


def options(*arguments: str) -> Options:
    with serve.command.make_context("serve", list(arguments)) as context:
        return serve._options(context.params)


def wrong(*arguments: str) -> str:
    with pytest.raises((click.UsageError, SettingsError)) as caught:
        options(*arguments)
    return caught.value.message if isinstance(caught.value, click.UsageError) else str(caught.value)


@pytest.mark.parametrize("root", [True, False])
def test_without_options_it_is_where_the_client_looks(
    root: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = options()
    folder = "/run/mdafilter/" if root else f"{tmp_path}/."
    assert found.socket.path == f"{folder}{'deliver' if root else 'mdafilter'}.sock"
    assert found.status.path == f"{folder}{'status' if root else 'mdafilter-status'}.sock"
    assert (found.lmtp, found.metrics, found.maildir) == ((), None, None)


def test_the_bounds_are_those_that_were_given() -> None:
    given = "--workers 12 --per-user 3 --messages 4 --idle 5.5 --memory 6".split()
    size = options(*given).size
    assert (size.workers, size.per_user, size.messages, size.idle, size.memory) == (12, 3, 4, 5.5, 6 << 20)
    assert size.shares == (4 if ROOT_RUNS else 1)
    assert size.at_once == os.cpu_count()


def test_places_modes_and_owners() -> None:
    found = options("--socket", "unix:/x", "--lmtp", "unix:/y", "--lmtp", "inet:[::1]:24", "--lmtp-mode", "0600")
    assert found.socket == Place(path="/x")
    assert found.status == Place(path="/x.status")
    assert found.lmtp == (Place(path="/y"), Place(host="::1", port=24))
    assert found.lmtp_mode == 0o600


@needs_root
def test_virtual_mailboxes() -> None:
    entry = pwd.getpwnam(SOMEBODY)
    found = options("--virtual", f"{SOMEBODY}:/var/mail/%d/%n")
    assert found.maildir == (entry.pw_uid, "/var/mail/%d/%n")
    assert found.door.virtual is not None and found.door.virtual.uid == entry.pw_uid


@needs_root
def test_who_reads_what_comes_in_is_not_root() -> None:
    entry = pwd.getpwnam("nobody")
    assert options().user == (entry.pw_uid, entry.pw_gid)
    assert "is root" in wrong("--user", "root")
    assert "is root" in wrong("--virtual", "root:/x")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--socket", "/run/x"), "neither unix:PATH"),
        (("--lmtp", "inet:host"), "neither unix:PATH"),
        (("--lmtp-mode", "rw"), "is no mode such as 0660"),
        (("--lmtp-group", "no-such-group"), "there is no group 'no-such-group'"),
        (("--virtual", "no-such-user:/x"), "there is no user 'no-such-user'"),
        (("--virtual", SOMEBODY), "say USER:PATH"),
        (("--workers", "0"), "not in the range"),
        (("--per-user", "-1"), "not in the range"),
        (("--idle", "long"), "not a valid float"),
        (("--idle", "-1"), "not in the range"),
        (("--memory", "0"), "not in the range"),
        (("--max-size", "0"), "not in the range"),
        (("--lmtp-mode", "7777"), "is no mode such as 0660"),
        (("--spool", "/no/such/folder"), "does not exist"),
        (("--spool", "/etc/passwd"), "is a file"),
        (("--virtual", f"{SOMEBODY}:/x", "--recipients", "/no/such/table"), "does not exist"),
        (("--virtual", f"{SOMEBODY}:/x/%x"), "unknown %x; known are"),
        (("--virtual", f"{SOMEBODY}:x/%n"), "must begin with /"),
    ],
)
def test_what_is_wrong(arguments: tuple[str, ...], text: str) -> None:
    assert text in wrong(*arguments)


def test_what_is_wrong_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    done = invoke(tmp_path, "serve", "--socket", f"unix:{tmp_path}/missing/s")
    assert (done.exit_code, done.output) == (
        1,
        f"Error: cannot listen on unix:{tmp_path}/missing/s: "
        f"there is no folder {tmp_path}/missing; make it, or say another path\n",
    )


def test_a_table_without_virtual_mailboxes_has_no_meaning(tmp_path: Path) -> None:
    done = invoke(tmp_path, "serve", "--recipients", "/etc/passwd")
    assert done.exit_code == 2
    assert "--recipients goes with --virtual" in done.output


@pytest.mark.parametrize("root", [True, False])
def test_a_usual_socket_that_is_said_is_the_usual_one(root: bool) -> None:
    own = Place(path="/home/a/.mdafilter.sock")
    assert serve._status_place(Place(path=serve.SYSTEM), root, "/home/a").path == serve.SYSTEM_STATUS
    assert serve._status_place(own, root, "/home/a") == serve._status_place(None, False, "/home/a")


def test_nobody_answers(tmp_path: Path) -> None:
    done = invoke(tmp_path, "serve", "--status", "--socket", f"unix:{tmp_path}/s")
    assert done.exit_code == 1
    assert "no service runs" in done.output


def test_it_is_asked_for_what_it_has_done(tmp_path: Path) -> None:
    with running() as service:
        assert service.deliver(mail()) == (0, "")
        service.idle()
        done = invoke(tmp_path, "serve", "--status", "--json", "--socket", f"unix:{service.path}")
        assert done.exit_code == 0
        assert '"delivered": 1' in done.output


def test_on_trial_nothing_is_made(tmp_path: Path) -> None:
    done = invoke(tmp_path, "serve", "--trial", "--socket", f"unix:{tmp_path}/s")
    assert (done.exit_code, done.output) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_it_serves_as_the_options_say() -> None:
    with program("--per-user", "1", "--messages", "1") as service:
        service.ready()
        assert service.said(f"ready on unix:{service.path}")
        for number in range(2):
            assert service.deliver(mail(number)) == (0, "")
            service.idle()
        assert service.status()["hired"] == 2
        assert service.stop() == 0
