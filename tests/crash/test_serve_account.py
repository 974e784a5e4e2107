"""Users and their processes where numbers, groups and limits are not as plain as that."""

from __future__ import annotations

import os
import pwd
import resource
from collections.abc import Iterator

import pytest

from mdafilter.delivery import Account
from mdafilter.serve import wire
from mdafilter.serve.worker import LMTP, Order, Post, _clear_up, _understood
from tests.support.processes import child, status
from tests.support.service import NAMELESS, NOBODY, Connection, Service, mail, needs_root, running


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running(per_user=1) as one:
        yield one


@needs_root
def test_the_group_of_a_number_without_a_name_is_for_who_has_it(service: Service) -> None:
    """On Debian 42 is no user, and as a group it is shadow."""
    with Connection(service.path, NAMELESS, NOBODY) as connection:
        connection.ask(mail(), service.request(uid=NAMELESS))
        assert connection.packet() == wire.NOT_TAKEN
    assert service.deliver(mail(), uid=NAMELESS) == (0, "")


def test_programs_of_rules_may_raise_their_limits_as_high_as_without_it(service: Service) -> None:
    """setrlimit(2): a hard limit that is lowered once is so for all that is started from there."""
    service.write(".procmailrc", ":0\n| prlimit --noheadings --raw --output HARD --nofile --core >$HOME/limits\n")
    assert service.deliver(mail()) == (0, "")
    (service.home() / ".procmailrc").unlink()
    hard = [resource.getrlimit(which)[1] for which in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)]
    given = (service.home() / "limits").read_text().split()  # in the order of prlimit(1)
    assert given == ["unlimited" if most == resource.RLIM_INFINITY else str(most) for most in hard]


def test_a_program_that_ends_late_is_no_zombie() -> None:
    """One that hangs in the kernel is not waited for when it is killed (program.py)."""

    def work() -> int:
        late = child(lambda: 0)
        os.waitid(os.P_PID, late, os.WEXITED | os.WNOWAIT)
        _clear_up({0})
        try:
            os.kill(late, 0)
        except ProcessLookupError:
            return 0
        return 1

    assert status(child(work)) == 0


def test_users_with_one_number_have_homes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with mailbox_command, where Postfix says HOME. The LMTP door says whose mail it is, and the number alone."""
    us = pwd.getpwuid(os.geteuid())
    numbers = {"anna": us.pw_uid, "bert": us.pw_uid + 1}
    users = {n: pwd.struct_passwd((n, "x", uid, 1, "", f"/home/{n}", "/bin/sh")) for n, uid in numbers.items()}
    monkeypatch.setattr(pwd, "getpwnam", users.__getitem__)

    def order(user: str) -> Order | None:
        packet = wire.encode(wire.Request((), (("USER", user), ("HOME", "/of-the-door"))))
        return _understood(packet, [0], LMTP, Post(us.pw_uid), Account(us.pw_name, us.pw_dir))

    usual, anna = order(us.pw_name), order("anna")
    assert usual is not None
    assert "HOME" not in usual.environ
    assert anna is not None
    assert (anna.arguments.user, anna.environ["HOME"]) == ("anna", "/home/anna")
    assert order("bert") is None
    assert order("nobody-at-all") is None


def test_a_virtual_mailbox_is_that_of_the_folded_address() -> None:
    """virtual(8): "All delivery decisions are made using the full recipient address, folded to lower case." """
    said = (("RECIPIENT", "Bob+X@Example.org"), ("EXTENSION", "X"), ("ORIGINAL_RECIPIENT", "Info@example.org"))
    packet = wire.encode(wire.Request((), said))
    us = Account("nobody", "/")
    virtual, local = (_understood(packet, [0], LMTP, Post(NOBODY, path), us) for path in ("/m/%d/%n", ""))
    assert virtual is not None
    assert (virtual.environ["RECIPIENT"], virtual.environ["EXTENSION"]) == ("bob+x@example.org", "x")
    assert virtual.environ["ORIGINAL_RECIPIENT"] == "Info@example.org"
    assert b"Delivered-To: Bob+X@Example.org\n" in virtual.top
    assert local is not None
    assert local.environ == dict(said)
