"""Our client against the real spamd, with aiospamc and spamc as witnesses. Each daemon is private to this file."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.scorers import spamd
from mdafilter.scorers.hosts import Unanswered
from mdafilter.scorers.spamc import symbols
from tests.support.spamd import HAM, SPAM, certificate, missing, real

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(missing()), reason=missing() or "spamd is here")]

REWRITE = "rewrite_header Subject *****SPAM*****"
LINE = b"The minutes of the meeting are on the shelf in the library, as they were.\n"


@pytest.fixture(scope="module")
def tcp() -> Iterator[str]:
    with real(configuration=REWRITE) as (host, _):
        yield host


@pytest.fixture(scope="module")
def unix() -> Iterator[str]:
    with real(unix=True) as (host, _):
        yield host


@pytest.fixture(scope="module")
def tls() -> Iterator[tuple[str, Path]]:
    with real(tls=True) as (host, folder):
        yield host, folder / "cert.pem"


def options(host: str, **changes: object) -> spamd.Options:
    return spamd.Options(enabled="on", hosts=(host,), when_down="defer", retries=0).replace(**changes)


def test_PING(tcp: str) -> None:
    assert spamd.ask("PING", options(tcp)).text == "PONG"


def test_GTUBE_is_spam(tcp: str) -> None:
    scored = spamd.score(Message.parse(SPAM), options(tcp), user="alice")
    assert scored.verdict is not None
    assert scored.verdict.spam
    assert scored.verdict.score > 900
    assert scored.verdict.threshold == 5.0
    assert "GTUBE" in scored.verdict.symbols
    assert scored.note == ""
    flag = scored.message.headers.first("x-spam-flag")
    assert flag is not None
    assert flag.value == "YES"


def test_ham_is_ham(tcp: str) -> None:
    scored = spamd.score(Message.parse(HAM), options(tcp), user="alice")
    assert scored.verdict is not None
    assert not scored.verdict.spam
    assert scored.verdict.score < 5.0
    assert scored.message.headers.first("x-spam-flag") is None


def test_HEADERS_gives_the_same_verdict_and_the_subject(tcp: str) -> None:
    plain = spamd.score(Message.parse(SPAM), options(tcp))
    rewritten = spamd.score(Message.parse(SPAM), options(tcp, rewrite_subject=True))
    assert rewritten.verdict == plain.verdict
    fields = rewritten.message.headers
    assert [f.value for f in fields.all("subject")] == ["*****SPAM***** test folded"]
    assert [f.value for f in fields.all("x-spam-prev-subject")] == ["test folded"]
    for name in ("x-spam-checker-version", "x-spam-status", "x-spam-report", "x-spam-level", "x-spam-flag"):
        assert len(fields.all(name)) == 1


def test_HEADERS_leaves_ham_as_it_is(tcp: str) -> None:
    scored = spamd.score(Message.parse(HAM), options(tcp, rewrite_subject=True))
    came = Message.parse(HAM).headers
    assert [f.raw for f in scored.message.headers if not f.key.startswith("x-spam-")] == [f.raw for f in came]


def test_forged_fields_do_not_come_back_through_HEADERS(tcp: str) -> None:
    forged = b"X-Spam-Prev-Subject: forged\nX-Spam-Status: No, score=-100\n" + SPAM
    for rewrite in (False, True):
        fields = spamd.score(Message.parse(forged), options(tcp, rewrite_subject=rewrite)).message.headers
        assert not [f for f in fields if f.key.startswith("x-spam-") and ("forged" in f.value or "-100" in f.value)]
        assert len([f for f in fields if f.key.startswith("x-original-x-spam-")]) == 2


@pytest.mark.parametrize("verb", ["CHECK", "SYMBOLS", "REPORT", "REPORT_IFSPAM", "HEADERS", "PROCESS"])
@pytest.mark.parametrize("data", [SPAM, HAM], ids=["spam", "ham"])
def test_every_verb_says_what_aiospamc_reads(tcp: str, verb: str, data: bytes) -> None:
    aiospamc = pytest.importorskip("aiospamc")
    reply = spamd.ask(verb, options(tcp), Message.parse(data), user="alice")
    host, _, port = tcp.rpartition(":")
    ask = getattr(aiospamc, verb.lower().replace("ifspam", "if_spam"))
    theirs = asyncio.run(ask(data, host=host, port=int(port), user="alice"))
    judgement = reply.judgement()
    header = theirs.headers.spam
    assert (judgement.spam, judgement.score, judgement.threshold) == (header.value, header.score, header.threshold)
    # A report lists its rules in the order of a Perl hash.
    assert sorted(reply.body.splitlines()) == sorted(theirs.body.splitlines())


def test_REPORT_IFSPAM_is_empty_for_ham(tcp: str) -> None:
    assert spamd.ask("REPORT_IFSPAM", options(tcp), Message.parse(HAM)).body == b""
    assert b"GTUBE" in spamd.ask("REPORT_IFSPAM", options(tcp), Message.parse(SPAM)).body


def test_learning_and_forgetting(tcp: str) -> None:
    message = Message.parse(HAM.replace(b"<1@", b"<learned@"))
    ask = options(tcp)
    assert spamd.tell(message, "spam", ask, user="alice")
    assert not spamd.tell(message, "spam", ask, user="alice")  # it knows that already
    assert spamd.tell(message, "ham", ask, user="alice")  # and learns that it was wrong
    assert spamd.tell(message, "forget", ask, user="alice")
    assert not spamd.tell(message, "forget", ask, user="alice")


def test_a_user_that_nobody_knows_is_no_failure(tcp: str) -> None:
    for user in ("no-such-user", "jörg", "a b; rm -rf", "x" * 300, ""):
        assert spamd.score(Message.parse(HAM), options(tcp), user=user).verdict is not None


def test_a_large_message_is_scored_by_its_first_octets(tcp: str) -> None:
    large = Message.parse(SPAM + LINE * (600 * 1024 // len(LINE) + 1))
    assert large.size > 600 * 1024
    scored = spamd.score(large, options(tcp))
    assert scored.verdict is not None
    assert scored.verdict.spam
    assert scored.verdict.scanned == 512 * 1024
    assert "only the first 524288 of" in scored.note
    status = scored.message.headers.first("x-spam-status")
    assert status is not None
    assert "scanned=524288" in status.value


def test_compression(tcp: str) -> None:
    for data in (SPAM, HAM):
        plain = spamd.score(Message.parse(data), options(tcp))
        assert spamd.score(Message.parse(data), options(tcp, compress=True)).verdict == plain.verdict
    message = Message.parse(HAM.replace(b"<1@", b"<packed@"))
    assert spamd.tell(message, "spam", options(tcp, compress=True))
    assert spamd.tell(message, "forget", options(tcp, compress=True))


odd = pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"Subject: x", b"\0\xff\r\r\n", b"x" * 10_000, HAM.replace(b"\n", b"\r\n"), HAM[:-1]],
    ids=["nothing", "a-line-end", "no-line-end", "binary", "one-line", "crlf", "no-last-line-end"],
)


@odd
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_odd_messages_have_a_verdict_too(tcp: str, data: bytes, compress: bool) -> None:
    """spamd refuses a message whose length is not what was told, and waits for the end of its last line."""
    asked = options(tcp, compress=compress, timeout=20.0)
    assert spamd.score(Message.parse(data), asked).verdict is not None


@odd
def test_odd_messages_have_a_verdict_over_TLS(tls: tuple[str, Path], data: bytes) -> None:
    asked = options(tls[0], ca_file=str(tls[1]), timeout=20.0)
    assert spamd.score(Message.parse(data), asked).verdict is not None
    cut = spamd.score(Message.parse(HAM), asked.replace(max_size=len(HAM) - 5)).verdict
    assert cut is not None
    assert cut.scanned == len(HAM) - 5


def test_the_same_rules_hit_as_spamc_says(tcp: str) -> None:
    if not shutil.which("spamc"):
        pytest.skip("spamc is not installed")
    host, _, port = tcp.rpartition(":")
    for data, status in ((SPAM, 1), (HAM, 0)):
        verdict = spamd.score(Message.parse(data), options(tcp), user="alice").verdict
        assert verdict is not None
        command = ["spamc", "-d", host, "-p", port, "-u", "alice"]
        check = subprocess.run([*command, "-c"], input=data, capture_output=True, check=False)
        score, _, threshold = check.stdout.decode().strip().partition("/")
        assert (check.returncode, float(score), float(threshold)) == (status, verdict.score, verdict.threshold)
        tests = subprocess.run([*command, "-y"], input=data, capture_output=True, check=False)
        assert symbols(tests.stdout.decode()) == verdict.symbols


def test_a_UNIX_socket(unix: str) -> None:
    assert spamd.ask("PING", options(unix)).text == "PONG"
    for compress in (False, True):
        verdict = spamd.score(Message.parse(SPAM), options(unix, compress=compress), user="alice").verdict
        assert verdict is not None
        assert verdict.spam


def test_TLS(tls: tuple[str, Path]) -> None:
    host, certificate_file = tls
    asked = options(host, ca_file=str(certificate_file))
    assert spamd.ask("PING", asked).text == "PONG"
    for changes in ({}, {"compress": True}, {"rewrite_subject": True}):
        verdict = spamd.score(Message.parse(SPAM), asked.replace(**changes), user="alice").verdict
        assert verdict is not None
        assert verdict.spam
    assert spamd.ask("CHECK", asked, Message.parse(SPAM + LINE * 2000)).judgement().spam


def test_TLS_with_a_certificate_of_somebody_else(tls: tuple[str, Path], tmp_path: Path) -> None:
    certificate(tmp_path)
    for ca_file in ("", str(tmp_path / "cert.pem")):
        with pytest.raises(TryAgain, match="certificate verify failed"):
            spamd.score(Message.parse(HAM), options(tls[0], ca_file=ca_file, timeout=10.0))


def test_TLS_with_another_name_than_that_of_the_certificate(tls: tuple[str, Path]) -> None:
    host = tls[0].replace("127.0.0.1", "localhost")
    with pytest.raises(Unanswered, match="certificate verify failed"):
        spamd.ask("PING", options(host, ca_file=str(tls[1]), timeout=10.0))


def test_failing_over_from_a_port_where_nobody_is(tcp: str) -> None:
    asked = options(tcp).replace(hosts=("127.0.0.1:1", "unix:/nonexistent/spamd", tcp))
    scored = spamd.score(Message.parse(SPAM), asked)
    assert scored.verdict is not None
    assert scored.verdict.spam
