"""What the daemon says of itself."""

from __future__ import annotations

import logging
import os

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.decide import Decision
from mdafilter_policyd.log import Log, Outages, bridge
from tests.support.policyd_core import Lines, request


def test_what_a_client_says_forges_no_line() -> None:
    log = Lines()
    log.decided(request(helo_name="x\nNOQUEUE: \udcff\x1b"), Decision("DUNNO", "a"))
    assert "helo=<x?NOQUEUE: ??>" in log.lines[0]


def test_a_line_is_not_too_long() -> None:
    log = Lines()
    log.decided(request(helo_name="x" * 9999), Decision("DUNNO", "a"))
    assert len(log.lines[0]) < limits.DECISION_TEXT + 200
    assert log.lines[0].endswith("action=DUNNO")
    log.say("x" * 9999)
    assert len(log.lines[1]) == limits.LOG_LINE


def test_who_has_logged_in_and_the_queue_id_are_told() -> None:
    log = Lines()
    log.decided(request(sasl_username="bob", queue_id="ABC", client_name="unknown"), Decision("HOLD", "rate"))
    assert log.lines[0].startswith("ABC: RCPT from unknown[192.0.2.1]: ")
    assert log.lines[0].endswith(", sasl_username=bob: by=rate, action=HOLD")


def test_what_the_parts_say_goes_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("mdafilter_policyd")
    for name in ("handlers", "level", "propagate"):
        monkeypatch.setattr(logger, name, getattr(logger, name))
    log = Lines()
    logger.handlers = []
    bridge(log)
    logging.getLogger("mdafilter_policyd.server").warning("%d are too many", 7)
    logging.getLogger("mdafilter_policyd.reload").info("two\nlines")
    logging.getLogger("mdafilter_policyd.reload").debug("not told")
    assert log.lines == ["warning: 7 are too many", "two | lines"]


def test_standard_error_hears_it_where_that_is_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    Log(mail=False, errors=True).ready(["unix:/x"], ["helo"])
    assert capfd.readouterr().err == "mdafilter-policyd: ready on unix:/x; checks: helo\n"
    Log(mail=False).ends()
    assert capfd.readouterr().err == ""


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(fd: int, data: bytes) -> int:
        raise OSError(32, "Broken pipe")

    monkeypatch.setattr(os, "write", broken)
    Log(mail=False, errors=True).say("hello")


def test_an_outage_is_over_when_it_has_been_quiet_for_a_while() -> None:
    log = Lines()
    outages = Outages(log)
    outages.failed("spf", "why", 0)
    outages.answered("spf", 1)
    outages.failed("spf", "why", 2)
    outages.answered("spf", 2 + limits.OUTAGE_SECONDS)
    assert outages
    outages.answered("spf", 3 + limits.OUTAGE_SECONDS)
    assert not outages
    assert len(log.lines) == 2
