"""What the daemon says of itself: one function per fact.

In the mail log, by syslog(3), as Postfix' own lines; to standard error as well where that is asked for (by hand, or
under systemd without a syslog). A character that is not printable becomes "?": what a client says forges no line.

Fails: never. Where nobody listens, mail goes on.
"""

from __future__ import annotations

import logging
import os
import syslog
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mdafilter_policyd import limits

if TYPE_CHECKING:
    from mdafilter_policyd.decide import Decision
    from mdafilter_policyd.request import Request

NAME = "mdafilter-policyd"


class Log:
    """Where lines go. `errors` is standard error."""

    def __init__(self, *, mail: bool = True, errors: bool = False) -> None:
        self._mail = mail
        self._errors = errors
        if mail:
            syslog.openlog(NAME, syslog.LOG_PID, syslog.LOG_MAIL)

    def ready(self, places: Sequence[str], checks: Sequence[str]) -> None:
        """It takes connections."""
        self.say(f"ready on {', '.join(places)}; checks: {', '.join(checks) or 'none'}")

    def ends(self) -> None:
        """TERM or INT."""
        self.say("ending: what is in hand is answered")

    def needs_restart(self, keys: Sequence[str]) -> None:
        """Changed keys that are read at the start only."""
        self.warn(f"these have changed and need a restart: {', '.join(keys)}")

    def fails_open(self, check: str, why: str) -> None:
        """A check is of no use for now; mail goes on without it."""
        self.warn(f"{check} fails, mail goes on without it: {why}")

    def works_again(self, check: str, count: int, seconds: float) -> None:
        """It answers once more."""
        self.say(f"{check} works again; {count} answers within {seconds:.0f} s were given without it")

    def decided(self, request: Request, decision: Decision) -> None:
        """What Postfix was told, where that is not just DUNNO."""
        self.say(f"{_about(request)}: by={decision.by}, action={decision.action}")

    def would(self, request: Request, check: str, action: str) -> None:
        """What a check in mode "warn" would have done."""
        self.say(f"{_about(request)}: would have by={check}, action={action}")

    def process_ended(self, pid: int, status: int) -> None:
        """One of several processes ended otherwise than by our word; another one is started."""
        self.warn(f"process {pid} ended with {status}; starting another one")

    def alert(self, text: str) -> None:
        """What the admin must see."""
        self.warn(text)

    def warn(self, text: str) -> None:
        self._write(printable(f"warning: {text}"), syslog.LOG_WARNING)

    def say(self, text: str) -> None:
        self._write(printable(text), syslog.LOG_INFO)

    def _write(self, text: str, priority: int) -> None:
        if self._mail:
            syslog.syslog(priority, text)
        if self._errors:
            try:
                os.write(2, f"{NAME}: {text}\n".encode("utf-8", "replace"))
            except OSError:
                pass  # nobody listens; the daemon goes on


class Bridge(logging.Handler):
    """What the parts of the daemon say by `logging` goes the same way."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record).replace("\n", " | ")
        if record.levelno >= logging.WARNING:
            self._log.warn(text)
        else:
            self._log.say(text)


def bridge(log: Log) -> None:
    """From now on, for the whole package; nobody else hears of it."""
    logger = logging.getLogger(__package__)
    logger.handlers[:] = [Bridge(log)]
    logger.setLevel(logging.INFO)
    logger.propagate = False


class Outages:
    """Which checks fail just now: the log hears of the beginning and of the end, and not of each request between.

    An outage is over when a check has answered and has not failed for limits.OUTAGE_SECONDS.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._failing: dict[str, list[float]] = {}  # first, last, how often

    def __bool__(self) -> bool:
        return bool(self._failing)

    def failed(self, name: str, why: str, now: float) -> None:
        outage = self._failing.get(name)
        if outage is None:
            self._failing[name] = [now, now, 1]
            self._log.fails_open(name, why)
        else:
            outage[1] = now
            outage[2] += 1

    def answered(self, name: str, now: float) -> None:
        outage = self._failing.get(name)
        if outage is not None and now - outage[1] > limits.OUTAGE_SECONDS:
            del self._failing[name]
            self._log.works_again(name, int(outage[2]), outage[1] - outage[0])


def printable(text: str) -> str:
    """One line that shows on any terminal."""
    text = text[: limits.LOG_LINE]
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _about(request: Request) -> str:
    """Who, as Postfix writes it."""
    name = request.client_name or request.reverse_client_name or "unknown"
    queue_id = request.get("queue_id") or "NOQUEUE"
    said = f"helo=<{_short(request.helo)}>, from=<{_short(request.sender)}>, to=<{_short(request.recipient)}>"
    user = f", sasl_username={_short(request.sasl_username)}" if request.sasl_username else ""
    return f"{queue_id}: {request.state} from {_short(name)}[{request.client_address}]: {said}{user}"


def _short(text: str) -> str:
    return text if len(text) <= limits.DECISION_TEXT else text[: limits.DECISION_TEXT] + "..."
