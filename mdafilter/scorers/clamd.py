"""Looks for viruses with clamd, the daemon of ClamAV. Off, until the settings switch it on.

Asked when a rule wants to know (virustest), and then once. The whole message goes to clamd, as it would be delivered
now, in chunks; clamd takes MIME, archives and documents apart itself.

The hosts are asked in their order, each once; of the time that is left each may take its share: half of it for the
first of two. A host that refuses or fails costs no time, and the next one is asked.

A message larger than `max_size`, or than clamd itself takes (StreamMaxLength of clamd.conf(5)), is not scanned. That
is no failure: asking again would not change it. A note says so.

In:    a Message, the Options ([clamd] of the settings).
Out:   Scanned: the finding. Without an answer: none, and why.
Fails: TryAgain (4.3.2) without an answer where `when_down` is "defer". SettingsError for options that are wrong.
Bugs:  "no known virus" is what clamd says, too, where its MaxScanSize or MaxFileSize have kept it from looking at all
       of the message; AlertExceedsMax makes that a suspicion. When clamd cuts off a stream that is too large for it,
       the network may lose its answer: then it is a host that failed.

The parts that do the work are imported when clamd is asked: most deliveries need only Options of this file.
"""

from __future__ import annotations

import time

from mdafilter import limits
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.world import Finding, Scanned

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.message import Message
    from mdafilter.scorers.hosts import Deadline, Host, Outages
    from mdafilter.scorers.instream import Reply


class Options(Value):
    """The [clamd] table of the configuration."""

    enabled: str = "off"
    """"on"; "off"; "auto": like "on", but that nothing listens on any host is no failure: the message is delivered."""

    hosts: tuple[str, ...] = ("unix:/run/clamav/clamd.ctl",)
    """Where clamd listens, asked in this order: unix:/path, host:port, [::1]:port."""

    timeout: float = limits.CLAMD_SECONDS
    """Seconds for the whole question, over all hosts."""

    max_size: int = limits.CLAMD_SCAN_OCTETS
    """Octets of a message; a larger one is not scanned. More than clamd's StreamMaxLength is sent in vain."""

    when_down: str = "accept"
    """Without an answer: "accept" delivers the message unscanned and notes it, "defer" has Postfix try again."""

    CHOICES = {"enabled": ("auto", "on", "off"), "when_down": ("accept", "defer")}


# What these names begin with is no virus that is known: a suspicion, or what somebody may want to have (clamd.conf(5),
# HeuristicAlerts, DetectPUA).
SUSPICIONS = ("Heuristics.", "PUA.")


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    from mdafilter.scorers.hosts import faults

    wrong: list[str] = []
    if not 0 < options.timeout <= limits.DELIVERY_SECONDS:  # false for nan, too
        wrong.append(f"[clamd] timeout is more than 0 and at most {limits.DELIVERY_SECONDS:g} seconds")
    if options.max_size <= 0:
        wrong.append("[clamd] max_size is more than 0")
    wrong += faults("clamd", options.hosts)
    if wrong:
        raise SettingsError("\n".join(wrong))


def scan(
    message: Message,
    options: Options,
    *,
    outages: Outages | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Scanned:
    """Asks for viruses in the message. `outages` and `clock` are as in spamd.score. TryAgain, SettingsError."""
    if options.enabled == "off":
        return Scanned(None, "clamd is switched off")
    check(options)
    if message.size > options.max_size:
        larger = f"{message.size} octets are more than max_size ({options.max_size})"
        return Scanned(None, f"clamd: {larger}: not scanned")
    from mdafilter.scorers import hosts

    try:
        reply = _ask(message, options, outages if outages is not None else hosts.KNOWN, clock)
    except hosts.Unanswered as unanswered:
        absent = options.enabled == "auto" and unanswered.kind == "absent"
        if options.when_down == "defer" and not absent:
            raise TryAgain(str(unanswered), "4.3.2") from None
        return Scanned(None, str(unanswered))
    if reply.too_large:
        return Scanned(None, f"clamd: {message.size} octets are more than its StreamMaxLength: not scanned")
    return Scanned(Finding(reply.text, reply.text.startswith(SUSPICIONS)))


def _ask(message: Message, options: Options, outages: Outages, clock: Callable[[], float]) -> Reply:
    """The reply of the first host that has one. Unanswered if none has."""
    from mdafilter.scorers.client import all_failed
    from mdafilter.scorers.hosts import Deadline, Host, Unanswered

    deadline = Deadline(options.timeout, clock)
    hosts = tuple(map(Host.parse, options.hosts))
    failed: dict[str, Unanswered] = {}
    todo = outages.order(hosts, clock())
    for number, host in enumerate(todo):
        try:
            reply = _one(host, message, deadline.share(len(todo) - number))
        except Unanswered as unanswered:  # the message waits in our hands: the next host is asked
            failed[host.text] = unanswered
            outages.note(host, unanswered.kind, clock() + limits.CLAMD_REST_SECONDS)
        else:
            outages.forget(host)
            return reply
    raise all_failed("clamd", hosts, failed)


def _one(host: Host, message: Message, deadline: Deadline) -> Reply:
    """Asks one host. Fails with Unanswered, whatever it does."""
    from mdafilter.scorers.client import exchange, octets
    from mdafilter.scorers.hosts import Unanswered, connect, reason
    from mdafilter.scorers.instream import Decoder, encode
    from mdafilter.scorers.spamc import ProtocolError

    try:
        with connect(host, deadline) as line:
            reply = exchange(line, encode(octets(message, message.size)), Decoder(), deadline)
    except ProtocolError as error:
        raise Unanswered(str(error)) from None
    except OSError as error:
        failed = reason(error)
        raise Unanswered(str(failed), "late" if failed.kind == "late" else "failed") from None
    if reply.word == "ERROR" and not reply.too_large:
        raise Unanswered(reply.text)
    return reply
