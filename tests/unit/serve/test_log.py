"""Each fact is one line on standard error, and a closed one is no failure."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import pytest

from mdafilter.serve import log
from tests.support.processes import child, status

FACTS: list[tuple[Callable[[], None], str]] = [
    (lambda: log.ready(["unix:/a", "inet:b:1"]), "ready on unix:/a, inet:b:1"),
    (lambda: log.died(7, 42, -9), "worker 42 of user 7 was killed by signal 9"),
    (lambda: log.died(7, 42, 75), "worker 42 of user 7 ended with 75"),
    (lambda: log.killed(7, 42), "worker 42 of user 7 is killed: it is past its deadline"),
    (
        lambda: log.no_worker(7, OSError(errno.EMFILE, "Too many open files")),
        "no worker for user 7: Too many open files",
    ),
    (log.no_descriptors, "no descriptors are left; see LimitNOFILE in systemd.exec(5), or fewer --workers"),
    (lambda: log.not_taken_over("status 1"), "the new version does not start (status 1): going on with the old one"),
    (log.ends, "ending: what is in hand is finished"),
]


@pytest.mark.parametrize(("say", "text"), FACTS, ids=[text[:20] for _, text in FACTS])
def test_it_is_one_line(say: Callable[[], None], text: str, capfd: pytest.CaptureFixture[str]) -> None:
    say()
    assert capfd.readouterr().err == f"mdafilter serve: {text}\n"


def test_where_nobody_listens_it_goes_on() -> None:
    def work() -> int:
        os.close(2)
        log.ends()
        return 0

    assert status(child(work)) == 0
