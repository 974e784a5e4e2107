"""What a worker is to its user: somebody with that user's rights alone, who delivers as the one-shot does."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.serve import wire
from mdafilter.serve.worker import acknowledged
from tests.support.service import (
    NAMELESS,
    NOBODY,
    NOT_TAKEN,
    Service,
    file,
    mail,
    needs_root,
    running,
    until,
)

REQUEST = wire.encode(wire.Request())


@pytest.fixture(scope="module")
def one() -> Iterator[Service]:
    """A service in which every user has one worker."""
    with running(per_user=1) as service:
        yield service


@pytest.fixture
def service(one: Service) -> Service:
    """The same, with an empty inbox and no rules of the user."""
    one.idle()
    for uid in {NOBODY, NAMELESS}:
        for path in [*one.inbox(uid), one.home(uid) / ".mdafilter.sieve"]:
            path.unlink(missing_ok=True)
    return one


def facts(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: " ".join(value.split()) for name, _, value in (line.partition(":") for line in lines)}


def settled(service: Service, uid: int = NOBODY) -> None:
    """Waits until the worker has tidied up."""
    until(lambda: not service.traces(uid))


# --- whose rights ---


@pytest.mark.parametrize("uid", {NOBODY, NAMELESS})
def test_it_has_the_rights_of_the_user_alone(service: Service, uid: int) -> None:
    assert service.deliver(mail(), uid=uid) == (0, "")
    found = facts(service.worker(uid))
    assert found["Uid"] == " ".join([str(uid)] * 4)
    try:
        entry = pwd.getpwuid(uid)
        gid, groups = entry.pw_gid, set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    except KeyError:
        gid, groups = uid, set()
    assert found["Gid"] == " ".join([str(gid)] * 4)
    if os.geteuid() == 0:
        assert set(map(int, found["Groups"].split())) == groups
    for of in ("CapEff", "CapPrm", "CapAmb"):
        assert int(found[of], 16) == 0, of
    assert found["Umask"] == "0077"


@pytest.mark.parametrize("uid", {NOBODY, NAMELESS})
def test_what_it_delivers_is_the_users(service: Service, uid: int) -> None:
    assert service.deliver(mail(7), uid=uid) == (0, "")
    (delivered,) = service.inbox(uid)
    assert delivered.read_bytes().endswith(mail(7).split(b"\n", 1)[1])
    state = delivered.stat()
    assert (state.st_uid, stat.S_IMODE(state.st_mode)) == (uid, 0o600)


def test_it_has_no_descriptor_of_the_broker(service: Service) -> None:
    """Beside its end of a socket to the broker, and the three that every process has."""
    service.deliver(mail())
    settled(service)
    until(lambda: len(descriptors(service)) == 4)
    assert {"0", "1", "2"} < set(descriptors(service))
    assert {n: os.readlink(f"/proc/{service.worker()}/fd/{n}") for n in "01"} == {"0": "/dev/null", "1": "/dev/null"}


def descriptors(service: Service) -> list[str]:
    """Without the file that waits for the next message (spare.py)."""
    folder, found = f"/proc/{service.worker()}/fd", []
    for fd in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            if "/tmp/#" not in os.readlink(f"{folder}/{fd}"):
                found.append(fd)
    return found


def test_it_is_in_no_session_of_a_terminal(service: Service) -> None:
    """The terminal of whoever started the service by hand is none of the user's (ioctl_tty(2), TIOCSTI)."""
    service.deliver(mail())
    assert os.getsid(service.worker()) == service.worker()


@needs_root
def test_it_sees_the_slate_of_nobody_else(service: Service) -> None:
    for uid in (NOBODY, NAMELESS):
        service.deliver(mail(), uid=uid)
    for uid in (NOBODY, NAMELESS):
        maps = Path(f"/proc/{service.worker(uid)}/maps").read_text().splitlines()
        assert len([line for line in maps if "rw-s" in line]) == 1


@needs_root
def test_the_kernel_says_who_it_is_and_no_claim_does(service: Service) -> None:
    root = service.environ(NOBODY, USER="root", LOGNAME="root", SENDER="root@localhost", SHELL="/bin/false")
    assert service.deliver(mail(), ("-u", "root"), root) == (0, "")
    assert {path.stat().st_uid for path in service.inbox()} == {NOBODY}
    stranger = service.environ(NAMELESS)
    code, text = service.deliver(mail(), ("-m", f"{service.home(NAMELESS)}/Maildir"), stranger)
    assert (code, text[:4]) == (75, "4.3.")
    assert not service.inbox(NAMELESS)


def test_variables_that_are_not_of_the_list_do_not_come_over(service: Service) -> None:
    service.write(".procmailrc", f":0\n| env >{service.home()}/env\n")
    packet = (
        wire.encode(service.request()) + b"eLD_PRELOAD=/tmp/x.so\0ePATH=/tmp\0eQUEUE_ID=4X\0eSENDER=s@example.test\0"
    )
    message = file(mail())
    with service.connect() as connection:
        connection.send(packet, message)
        assert connection.end() == (0, "")
        connection.acknowledge()
    os.close(message)
    (service.home() / ".procmailrc").unlink()
    environ = dict(line.split("=", 1) for line in (service.home() / "env").read_text().splitlines())
    assert environ["SENDER"] == "s@example.test"
    assert not {"LD_PRELOAD", "QUEUE_ID"} & environ.keys()
    assert environ.get("PATH") != "/tmp"


# --- what it answers ---


def test_a_refused_message(service: Service) -> None:
    service.write(".mdafilter.sieve", 'require "reject";\nreject "no, thank you";\n')
    assert service.deliver(mail()) == (77, "5.7.1 no, thank you\n")
    assert not service.inbox()
    assert not service.traces()


def test_try_again(service: Service) -> None:
    missing = service.folder / "missing.toml"
    code, text = service.deliver(mail(), ("-c", str(missing)))
    assert (code, text.split(" ")[:2]) == (75, ["4.3.5", "mdafilter:"])
    assert str(missing) in text


def test_the_next_one_is_not_harmed(service: Service) -> None:
    service.deliver(mail(), ("-c", "/nonexistent"))
    pid = service.worker()
    assert service.deliver(mail()) == (0, "")
    assert service.worker() == pid


@pytest.mark.parametrize(
    "arguments", [("--dry-run",), ("-n",), ("--help",), ("-h",), ("--nonsense",), ("-r",), ("word",)], ids=" ".join
)
def test_what_the_one_shot_answers_better_is_not_taken(service: Service, arguments: tuple[str, ...]) -> None:
    message = file(mail())
    assert service.deliver(message, arguments) == (NOT_TAKEN, "")
    assert os.lseek(message, 0, os.SEEK_CUR) == 0, "it was read"
    os.close(message)


@pytest.mark.parametrize(
    "packet",
    [
        b"x",
        b"mdafilter/2\0",
        b"mdafilter/1",
        REQUEST + b"a-f",
        REQUEST + b"eSENDER\0",
        REQUEST + b"\0",
        REQUEST + b"zwhat\0",
        REQUEST + b"a-f" + b"x" * (wire.REQUEST_OCTETS - len(REQUEST) - 4) + b"\0" + b"a-n\0",
    ],
    ids=lambda packet: repr(packet[:20]),
)
def test_garbage_is_not_taken(service: Service, packet: bytes) -> None:
    message = file(mail())
    with service.connect() as connection:
        connection.send(packet, message)
        assert connection.packet() == wire.NOT_TAKEN
        assert connection.packet() == b""
    assert os.lseek(message, 0, os.SEEK_CUR) == 0, "it was read"
    os.close(message)


def test_a_request_without_a_message_is_not_taken(service: Service) -> None:
    with service.connect() as connection:
        connection.send(REQUEST)
        assert connection.packet() == wire.NOT_TAKEN


def test_only_the_door_sends_the_message_itself(service: Service) -> None:
    """What mdafilter-deliver has comes from local(8), as a descriptor."""
    with service.connect() as connection:
        connection.send(REQUEST + wire.MESSAGE + mail())
        assert connection.packet() == wire.NOT_TAKEN


def test_a_request_in_two_packets_is_not_taken(service: Service) -> None:
    message = file(mail())
    packet = wire.encode(service.request(("-f", "a@example.test")))
    with service.connect() as connection:
        connection.send(packet[:-5], message)
        try:
            connection.send(packet[-5:])
        except BrokenPipeError:
            pass  # it has answered already
        assert connection.packet() == wire.NOT_TAKEN
    os.close(message)


def test_of_several_descriptors_the_first_is_the_message(service: Service) -> None:
    """The kernel closes those for which we have left no room (recvmsg(2), MSG_CTRUNC)."""
    first, other = file(mail(1)), file(mail(2))
    with service.connect() as connection:
        connection.send(wire.encode(service.request()), first, other)
        assert connection.end() == (0, "")
        connection.acknowledge()
    os.close(first)
    os.close(other)
    assert b"number 1" in service.inbox()[0].read_bytes()


def test_the_standard_input_is_closed(service: Service) -> None:
    """What cannot be read at all is no message: it is never delivered as an empty one."""
    write = os.open(service.log, os.O_WRONLY)
    assert service.deliver(write)[0] == 75
    os.close(write)
    assert not service.inbox()


# --- acknowledged or not ---


def test_acknowledged_the_traces_go(service: Service) -> None:
    with service.taken(mail()) as connection:
        assert connection.end() == (0, "")
        assert service.traces()
        connection.acknowledge()
    settled(service)
    assert len(service.inbox()) == 1


def test_without_it_they_stay_and_a_retry_delivers_no_second_copy(service: Service) -> None:
    with service.taken(mail()) as connection:
        assert connection.end() == (0, "")
    service.idle()
    assert service.traces()
    assert len(service.inbox()) == 1
    assert service.deliver(mail()) == (0, "")
    settled(service)
    assert len(service.inbox()) == 1


@pytest.mark.parametrize("said", [b"", b"B", b"\0", REQUEST])
def test_nothing_else_is_an_acknowledgement(said: bytes) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if said:
        theirs.send(said)
    theirs.close()
    with ours:
        assert not acknowledged(ours)


def test_the_acknowledgement_is_left_for_the_broker() -> None:
    """A worker that is killed while it tidies up is followed by another one, if the broker sees it as well."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    brokers = ours.dup()
    theirs.send(wire.ACKNOWLEDGED)
    theirs.close()
    with ours, brokers:
        assert acknowledged(ours)
        assert brokers.recv(1) == wire.ACKNOWLEDGED


# --- as the one-shot ---


def test_relative_paths_are_of_the_clients_folder(service: Service) -> None:
    work = service.home() / "work"
    work.mkdir(exist_ok=True)
    os.chown(work, NOBODY, -1)
    service.write("work/extra.toml", 'rules = ["/nonexistent-rules.sieve"]\n')
    service.write("work/to.sieve", 'require "fileinto";\nfileinto "Found";\n')
    given = service.request(("-m", "box", "-R", "to.sieve")).replace(folder=str(work))
    with service.connect() as connection:
        connection.ask(mail(), given)
        assert connection.end() == (0, "")
        connection.acknowledge()
    assert len(list((work / "box" / ".Found" / "new").iterdir())) == 1
    with service.connect() as connection:
        connection.ask(mail(), given.replace(arguments=("-c", "missing.toml")))
        code, text = connection.end()
    assert code == 75
    assert f"{work}/missing.toml" in text


def test_changed_files_count_for_the_next_message(service: Service) -> None:
    def filed(number: int) -> str:
        assert service.deliver(mail(number)) == (0, "")
        settled(service)
        (found,) = [p for p in (service.home() / "Maildir").glob("**/new/*") if b"number %d" % number in p.read_bytes()]
        return found.parent.parent.name

    assert filed(11) == "Maildir"
    pid = service.worker()
    service.write(".mdafilter.sieve", 'require "fileinto";\nfileinto "One";\n')
    assert filed(12) == ".One"
    service.write(".mdafilter.sieve", 'require "fileinto";\nfileinto "Two";\n')
    assert filed(13) == ".Two"
    (service.home() / ".mdafilter.sieve").unlink()
    assert filed(14) == "Maildir"
    config = service.home() / ".config" / "mdafilter" / "mdafilter.toml"
    before = config.read_text()
    config.write_text(f'maildir = "~/Elsewhere"\n{before}')
    assert service.deliver(mail(15)) == (0, "")
    assert len(list((service.home() / "Elsewhere" / "new").iterdir())) == 1
    config.write_text(before)
    assert service.worker() == pid


def test_a_user_without_a_name_is_called_as_the_environment_says(service: Service) -> None:
    environ = {"HOME": str(service.home(NAMELESS)), "USER": "bob"}
    where = f"{service.home(NAMELESS)}/of-%u"
    code, text = service.deliver(mail(), ("-m", where), environ, uid=NAMELESS)
    assert (code, text) == (0, "")
    assert (service.home(NAMELESS) / "of-bob" / "new").is_dir()


def test_no_descriptor_is_left_by_a_delivery(service: Service) -> None:
    """Of large messages, through pipes and files; of programs, and of what fails."""
    large = mail(1, 700_000)
    service.write(".mdafilter.sieve", 'require ["fileinto", "copy"];\nfileinto :copy "A";\n')
    service.deliver(mail())
    settled(service)
    before = sorted(descriptors(service))
    for number in range(3):
        assert service.deliver(large) == (0, "")
        read, write = os.pipe()
        with service.taken(read) as connection:
            os.close(read)
            if number % 2:
                os.write(write, large[:1000])
            else:
                for at in range(0, len(large), 4096):
                    os.write(write, large[at : at + 4096])
            os.close(write)
            assert connection.end() == (0, "")
            connection.acknowledge()
        assert service.deliver(large, ("-m", "/proc/nowhere"))[0] == 75
    service.write(".procmailrc", f"MAILDIR={service.home()}\n:0 fw\n| cat; cat /dev/null\n:0 c\nfolder/\n:0\nbox\n")
    (service.home() / ".mdafilter.sieve").unlink()
    for _ in range(2):
        assert service.deliver(large) == (0, "")
    (service.home() / ".procmailrc").unlink()
    service.idle()
    assert sorted(descriptors(service)) == before


@pytest.mark.parametrize("kept", [{7}, {7, 9}])
def test_all_descriptors_are_closed_but_those_that_are_kept(kept: set[int]) -> None:
    """In a process of its own, where there are more than there may be."""
    code = "import os; from mdafilter.serve.worker import _clear_up; [os.dup2(0, n) for n in range(3, 20)]\n"
    code += f"_clear_up({kept}); print(sorted(n for n in map(int, os.listdir('/proc/self/fd')) if n < 20))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    left = {int(n) for n in done.stdout.strip("[]\n").split(",")}
    assert left - {3} == {0, 1, 2, *kept}  # 3 is that of the listing
