"""The native client, before a service that behaves well, badly, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import client
from tests.support.client import Service, Stage, end, ignored

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user's service needs root")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    if not client.compiler():
        pytest.skip("there is no C compiler")
    with client.stage() as made:
        yield made


@pytest.fixture
def service(stage: Stage) -> Iterator[Service]:
    with stage.listening() as listening:
        yield listening


def went_once(code: int, output: bytes) -> bool:
    """The one-shot had the arguments of `play` and the whole message, and signals as whoever runs the tests has them."""
    wanted = (0, b"once 1 [-x] <message>")
    return (code, output[: len(wanted[1])]) == wanted and b"SigIgn:\t%016x\n" % ignored() in output


# --- what is asked


def test_the_request_has_all_that_a_delivery_needs(stage: Stage, service: Service) -> None:
    environ = {b"SENDER": b"a@b", b"HOME": b"/home/a b", b"EXTENSION": b"", b"CLIENT_HELO": b"\xff=", b"OTHER": b"1"}
    started = stage.start("-r", "", b"\xfe x", environ=environ, data=b"the message")
    connection = service.accept()
    fields, message = connection.request()
    assert fields[:4] == [b"mdafilter/1", b"a-r", b"a", b"a\xfe x"]
    assert fields[4:-1] == [b"eSENDER=a@b", b"eEXTENSION=", b"eHOME=/home/a b", b"eCLIENT_HELO=\xff="]
    assert fields[-1] == b"d" + os.fsencode(stage.folder)
    assert os.read(message, 100) == b"the message"
    connection.send(b"S0\n")
    assert end(started) == (0, b"")
    assert connection.rest() == b"A"


def test_a_request_of_65536_octets_is_sent_and_a_longer_one_is_for_the_one_shot(stage: Stage, service: Service) -> None:
    rest = len(b"mdafilter/1\0" + b"a\0" + b"d" + os.fsencode(stage.folder) + b"\0")
    for length in (65536 - rest, 65536 - rest + 1):
        started = stage.start(b"x" * length)
        connection = service.accept()
        fields, _message = connection.request()
        if fields:
            connection.send(b"S0\n")
        code, output = end(started)
        fits = rest + length <= 65536
        assert (code, bool(fields), output.startswith(b"once 1 [xx")) == (0, fits, not fits)
        connection.close()


def test_a_huge_environment_and_many_arguments_are_for_the_one_shot(stage: Stage, service: Service) -> None:
    started = stage.start("-x", environ={b"SENDER": b"a" * 70000})
    assert service.accept().request() == ([], -1)
    assert went_once(*end(started))
    started = stage.start(*["x"] * 40000)
    assert service.accept().request() == ([], -1)
    assert end(started)[1].startswith(b"once 40000 [x] [x]")


# --- what is answered


@pytest.mark.parametrize("code", [0, 67, 75, 77])
def test_the_code_and_the_text_come_through(stage: Stage, service: Service, code: int) -> None:
    """`A` only where all is delivered: it says that no retry will come."""
    for text in (b"", b"5.7.1 no \0\xff\n", b"x" * 4096):
        answer = b"S%d\n" % code + text
        assert stage.play(service, answer) == (code, text, b"A" if code == 0 else b"")


@pytest.mark.parametrize(("hang_up", "read"), [(False, True), (True, True), (True, False)])
def test_not_taken_is_the_one_shot(stage: Stage, service: Service, hang_up: bool, read: bool) -> None:
    code, output, last = stage.play(service, b"N", hang_up=hang_up, read=read)
    assert went_once(code, output)
    assert last == b""


def test_hung_up_without_reading_the_request_is_the_one_shot(stage: Stage, service: Service) -> None:
    """unix(7): ECONNRESET, which recv(2) says before it says the end of the file."""
    assert went_once(*stage.play(service, hang_up=True, read=False)[:2])


def test_hung_up_without_being_accepted_is_the_one_shot(stage: Stage, service: Service) -> None:
    """By a service that ends, or is killed, while connections wait in the kernel's queue."""
    started = stage.start("-x")
    select.select([service.listener], [], [])
    service.listener.close()
    assert went_once(*end(started))


@pytest.mark.parametrize(("packet", "code"), [(b"S77\n", 77), (b"S0\n", 0), (b"S1\n", 75), (b"what?", 75)])
def test_what_was_said_without_reading_the_request_counts(
    stage: Stage, service: Service, packet: bytes, code: int
) -> None:
    """It comes behind the ECONNRESET. No worker does that, but who says how it ended may have had the message."""
    assert stage.play(service, packet, hang_up=True, read=False)[0] == code


@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
def test_shut_down_it_is_the_end_of_the_file(stage: Stage, service: Service, how: int) -> None:
    """shutdown(2), with the request unread or not: it can still be read, so nobody else may deliver."""
    started = stage.start()
    connection = service.accept()
    connection.wait()
    connection.socket.shutdown(how)
    assert end(started)[0] == 75


def test_hung_up_after_reading_the_request_is_try_again(stage: Stage, service: Service) -> None:
    code, output, _last = stage.play(service, hang_up=True)
    assert (code, output[:17]) == (75, b"4.3.0 mdafilter: ")


def test_answered_and_hung_up_at_once_is_answered(stage: Stage, service: Service) -> None:
    assert stage.play(service, b"S77\n5.7.1 no\n", hang_up=True)[:2] == (77, b"5.7.1 no\n")
    assert stage.play(service, b"S0\n", hang_up=True)[:2] == (0, b"")


WRONG = [
    b"", b"T", b"n", b"NN", b"N\n", b"N\0", b"N" * 60000, b"A", b"\0", b"\0" * 9, b"x" * 4101,
    b"S", b"S0", b"S1\n", b"S00\n", b"S 0\n", b"S-1\n", b"S67", b"S64\n", b"S750\n", b"s0\n", b"S0\r\n",
    b"S0\n" + b"x" * 4097, b"S77\n" + b"x" * 4097, b"S0\n" + b"x" * 60000,
]  # fmt: skip


@pytest.mark.parametrize("packet", WRONG, ids=lambda p: repr(p[:9]))
def test_any_other_packet_is_try_again(stage: Stage, service: Service, packet: bytes) -> None:
    code, output, last = stage.play(service, packet)
    assert (code, output[:17], last) == (75, b"4.3.0 mdafilter: ", b"")


@pytest.mark.parametrize("first", [b"", b"T", b"what?", b"S75\n"])
def test_the_first_packet_is_the_answer(stage: Stage, service: Service, first: bytes) -> None:
    """An empty one is the end of the file to recv(2)."""
    for more in (b"N", b"S0\n"):
        assert stage.play(service, first, more, hang_up=True)[0] == 75


def test_a_killed_client_has_not_said_that_no_retry_comes(stage: Stage, service: Service) -> None:
    started = stage.start()
    connection = service.accept()
    connection.request()
    started.kill()
    assert end(started)[0] == -signal.SIGKILL
    connection.send(b"S0\n")
    assert connection.rest() == b""


def test_a_service_that_does_not_go_on_or_declines_late_is_try_again(stage: Stage) -> None:
    """Stopped, or hanging: it might be reading the message, so nobody else may. Half of a second has always passed, and
    then the one-shot is not begun for who declines either (tests/crash/test_client_late.py: the same by the clock)."""
    program = stage.folder / "impatient"
    stage.build(program, "-DPATIENCE=1")
    for packets, read, hang_up in (((), False, False), ((), True, False), ((), False, True), ((b"N",), True, False)):
        with stage.listening() as service:
            code, output, _last = stage.play(service, *packets, hang_up=hang_up, read=read, program=program)
            assert (code, output[:17]) == (75, b"4.3.0 mdafilter: ")


# --- who is asked


def test_no_socket_is_the_one_shot(stage: Stage) -> None:
    assert went_once(*stage.run("-x"))
    assert went_once(*stage.run("-x", environ={b"MDAFILTER_SOCKET": b""}))
    assert went_once(*stage.run("-x", environ={b"MDAFILTER_SOCKET": b"/" + b"x" * 200}))


def test_a_socket_that_nobody_listens_on_is_the_one_shot(stage: Stage) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as bound:
        bound.bind(str(stage.socket))
        stage.socket.chmod(0o666)
        assert went_once(*stage.run("-x"))
    stage.socket.unlink()


def test_a_socket_of_another_kind_and_a_file_are_the_one_shot(stage: Stage) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(stage.socket))
        stage.socket.chmod(0o666)
        other.listen()
        assert went_once(*stage.run("-x"))
    stage.socket.unlink()
    stage.socket.write_text("")
    assert went_once(*stage.run("-x"))
    stage.socket.unlink()


def test_a_full_backlog_is_the_one_shot_at_once(stage: Stage) -> None:
    """connect(2): "EAGAIN For nonblocking UNIX domain sockets, the socket is nonblocking, and the connection cannot be
    completed immediately."""
    with stage.listening(backlog=0), contextlib.ExitStack() as waiting:
        full = 0
        while full == 0:
            other = waiting.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK))
            full = other.connect_ex(str(stage.socket))
        assert full == errno.EAGAIN
        assert went_once(*stage.run("-x"))


@needs_root
def test_another_users_service_never_sees_the_message(stage: Stage) -> None:
    with stage.listening(uid=65533) as service:
        started = stage.start("-x")
        assert service.accept().request() == ([], -1)
        assert went_once(*end(started))


@needs_root
def test_a_service_of_our_own_is_asked(stage: Stage) -> None:
    with stage.listening(uid=client.NOBODY) as service:
        assert stage.play(service, b"S77\nno") == (77, b"no", b"")


def test_the_users_own_service_comes_before_the_one_of_the_system(stage: Stage) -> None:
    home = stage.folder / "home"
    home.mkdir()
    environ = {b"HOME": os.fsencode(home)}
    command = ("env", "-u", "MDAFILTER_SOCKET")
    assert went_once(*stage.run("-x", environ=environ, command=command))
    with stage.listening(stage.system) as system:
        started = stage.start(environ=environ, command=command)
        system.accept().send(b"S67\n")
        assert end(started)[0] == 67
        with stage.listening(home / ".mdafilter.sock") as own:
            started = stage.start(environ=environ, command=command)
            own.accept().send(b"S77\n")
            assert end(started)[0] == 77
        if os.geteuid() == 0:
            with stage.listening(home / ".mdafilter.sock", uid=65533):
                started = stage.start(environ=environ, command=command)
                system.accept().send(b"S0\n")
                assert end(started)[0] == 0


@needs_root
def test_root_goes_to_the_one_shot(stage: Stage, service: Service) -> None:
    environ = {"PATH": os.environ["PATH"], "MDAFILTER_SOCKET": str(stage.socket)}
    done = subprocess.run([stage.program, "-x"], input=b"message", env=environ, capture_output=True, check=False)
    assert went_once(done.returncode, done.stdout)
    service.listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        service.accept()


# --- how it was started


@pytest.mark.parametrize("code", [0, 67, 75, 77, 1])
def test_the_one_shot_has_our_process_and_its_code_is_ours(stage: Stage, code: int) -> None:
    started = stage.start("a b", "", environ={b"ONCE": b"%d" % code}, data=b"x")
    status, output = end(started)
    assert (status, output[:19]) == (code, b"once 2 [a b] [] <x>")
    assert b"Pid:\t%d\n" % started.pid in output


def test_the_one_shot_is_beside_the_program_whatever_its_name(stage: Stage, tmp_path: Path) -> None:
    link = stage.folder / "elsewhere"
    link.symlink_to(stage.program)
    assert went_once(*stage.run("-x", program=link))
    link.unlink()


def test_a_missing_one_shot_is_try_again(stage: Stage) -> None:
    alone = stage.folder / "alone"
    alone.mkdir()
    program = alone / "mdafilter-deliver"
    program.write_bytes(stage.program.read_bytes())
    program.chmod(0o755)
    code, output = stage.run(program=program)
    assert (code, output[:6]) == (75, b"4.3.5 ")


def test_without_standard_input_it_is_try_again(stage: Stage, service: Service) -> None:
    code, output = stage.run(command=("sh", "-c", 'exec "$0" <&-'))
    assert (code, output[:6]) == (75, b"4.3.0 ")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", ">/dev/full"])
def test_an_output_that_cannot_be_written_changes_no_code(stage: Stage, service: Service, closed: str) -> None:
    """Nor does the socket get the number of a closed one, and the text."""
    for answer, code in ((b"S0\n", 0), (b"S77\n", 77)):
        started = stage.start(command=("sh", "-c", f'exec "$0" {closed}'))
        connection = service.accept()
        connection.request()
        connection.send(answer + b"text")
        status, output = end(started)
        assert (status, output) == (code, b"text" if closed == "2>&-" else b"")
        assert connection.rest() == (b"A" if code == 0 else b"")


def test_a_reader_that_has_gone_changes_no_code(stage: Stage, service: Service) -> None:
    """SIGPIPE would be death by a signal."""
    read, write = os.pipe()
    os.close(read)
    started = stage.start(output=write)
    os.close(write)
    connection = service.accept()
    connection.send(b"S0\ntext")
    assert end(started)[0] == 0


def test_a_file_size_limit_changes_no_code(stage: Stage, service: Service) -> None:
    """SIGXFSZ, too; mailbox_size_limit of postconf(5) is a limit on our output as well."""
    place = stage.folder / "output"
    place.touch()
    place.chmod(0o666)
    started = stage.start(command=("sh", "-c", f'ulimit -f 0; exec "$0" >>{place}'))
    connection = service.accept()
    connection.send(b"S77\ntext")
    assert end(started)[0] == 77


def test_blocked_and_ignored_signals_change_nothing(stage: Stage, service: Service) -> None:
    code = "import os, signal as s, sys; s.pthread_sigmask(s.SIG_SETMASK, s.valid_signals()); os.execv(sys.argv[1], sys.argv[1:])"
    started = stage.start(command=(sys.executable, "-c", code))
    connection = service.accept()
    connection.send(b"S0\ntext")
    assert end(started) == (0, b"text")


def test_a_client_that_was_stopped_goes_on(stage: Stage, service: Service) -> None:
    started = stage.start()
    connection = service.accept()
    started.send_signal(signal.SIGSTOP)
    os.waitpid(started.pid, os.WUNTRACED)
    started.send_signal(signal.SIGCONT)
    connection.send(b"S0\n")
    assert end(started) == (0, b"")


def test_without_a_single_argument_not_even_a_name(stage: Stage, service: Service) -> None:
    """execve(2) allows an empty argv; Linux 5.18 and later put an empty name into it."""
    code = "import ctypes, sys; none = (ctypes.c_char_p * 1)(); one = (ctypes.c_char_p * 2)(sys.argv[2].encode()); "
    code += "ctypes.CDLL(None).execve(sys.argv[1].encode(), none, one)"
    started = stage.start(f"MDAFILTER_SOCKET={stage.socket}", command=(sys.executable, "-c", code))
    connection = service.accept()
    fields, _message = connection.request()
    assert [f[:1] for f in fields] == [b"m", b"d"]
    connection.send(b"N")
    assert end(started)[1].startswith(b"once 0 <")


def test_no_descriptors_to_be_had_is_no_bounce_of_ours(stage: Stage, service: Service) -> None:
    """Then there is no socket, and the one-shot is asked; whether it can start is its own affair."""
    program = stage.folder / "static"
    try:
        stage.build(program, "-static")
    except AssertionError:
        pytest.skip("there is no libc.a; a dynamic program needs a descriptor to start")
    stage.once.rename(stage.folder / "away")
    try:
        code, output = stage.run(program=program, command=("sh", "-c", 'ulimit -n 3; exec "$0"'))
    finally:
        (stage.folder / "away").rename(stage.once)
    assert (code, output[:6]) == (75, b"4.3.5 ")


def test_a_current_folder_that_is_gone_is_for_the_one_shot(stage: Stage, service: Service) -> None:
    code = "import os, sys, tempfile; os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd()); os.execv(sys.argv[1], sys.argv[1:])"
    started = stage.start(command=(sys.executable, "-c", code))
    assert service.accept().request() == ([], -1)
    assert started.communicate()[0].startswith(b"once 0 <")  # the shell complains on standard error


@needs_root
@pytest.mark.parametrize("bit", [stat.S_ISUID, stat.S_ISGID])
def test_setuid_it_does_nothing(stage: Stage, service: Service, bit: int) -> None:
    if os.statvfs(stage.folder).f_flag & os.ST_NOSUID:
        pytest.skip("no setuid programs in this folder (nosuid)")
    program = stage.folder / f"special{bit}"
    stage.build(program, "-O2")
    program.chmod(0o755 | bit)
    code, output = stage.run(program=program)
    assert (code, output[:6]) == (75, b"4.3.5 ")
