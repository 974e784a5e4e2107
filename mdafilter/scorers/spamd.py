"""Scores messages with spamd, the daemon of SpamAssassin.

Asked when a rule wants the verdict, and then once. SYMBOLS is what is asked, which tells everything that rules want;
with `rewrite_subject` it is HEADERS, which brings the header as spamd's own configuration rewrites it, too.

A message larger than `max_size` is not let pass unseen: its first octets are scored, and the verdict, X-Spam-Status
and a note say so.

In:    a Message, the Options ([spamd] of the settings), the name of the user that it is for.
Out:   Scored: the message marked with the verdict (mark.py). Without an answer: the message as it came, and why.
Fails: TryAgain (4.3.2) without an answer where `when_down` is "defer". SettingsError for options that are wrong.

The parts that do the work are imported when spamd is asked: most deliveries need only Options of this file.
"""

from __future__ import annotations

import time

from mdafilter import limits
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.world import Scored, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.message import Message
    from mdafilter.scorers.hosts import Outages
    from mdafilter.scorers.spamc import Reply


class Options(Value):
    """The [spamd] table of the configuration."""

    enabled: str = "auto"
    """"on"; "off"; "auto": like "on", but that nothing listens on any host is no failure: the message is delivered.
    The resident service looks again after a second."""

    hosts: tuple[str, ...] = ("127.0.0.1:783",)
    """Where spamd listens, asked in this order: host:port, [::1]:port, tls:host:port, unix:/path."""

    user: str = ""
    """Whose spamd preferences and Bayes data are used: "" is the user that the message is for, "-" says none."""

    timeout: float = limits.SPAMD_SECONDS
    """Seconds for the whole question, over all hosts and retries."""

    max_size: int = limits.SPAMD_SCAN_OCTETS
    """Octets of a message that are scored; of a larger one its first."""

    when_down: str = "accept"
    """Without an answer: "accept" delivers the message unscored and notes it, "defer" has Postfix try again."""

    trusted_upstream: bool = False
    """Whether X-Spam-* fields that a message comes with are kept under their names: a relay of ours has set them."""

    rewrite_subject: bool = False
    """Whether Subject and X-Spam-* are taken as spamd's own configuration (rewrite_header, add_header) writes them."""

    compress: bool = False
    """Whether the message is compressed on its way to spamd (not over TLS)."""

    ca_file: str = ""
    """The certificates (PEM) that a tls: host is checked by; "" is the system's."""

    retries: int = 2
    """How often all hosts are asked again when each has failed; with "auto" not if nothing listens at all."""

    back_off: float = 0.5
    """Seconds before the first retry; doubled before each further one."""

    rest: float = 30.0
    """Seconds for which a resident process avoids a host that has failed."""

    CHOICES = {"enabled": ("auto", "on", "off"), "when_down": ("accept", "defer")}


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    from mdafilter.scorers.hosts import faults

    wrong: list[str] = []
    if not 0 < options.timeout <= limits.DELIVERY_SECONDS:  # false for nan, too
        wrong.append(f"[spamd] timeout is more than 0 and at most {limits.DELIVERY_SECONDS:g} seconds")
    for name, most in (("back_off", limits.DELIVERY_SECONDS), ("rest", 86400.0), ("retries", 100)):
        if not 0 <= getattr(options, name) <= most:
            wrong.append(f"[spamd] {name} is from 0 to {most:g}")
    if options.max_size <= 0:
        wrong.append("[spamd] max_size is more than 0")
    if any(c < " " or c == "\x7f" for c in options.user):
        wrong.append("[spamd] user has a control character")
    wrong += faults("spamd", options.hosts)
    if wrong:
        raise SettingsError("\n".join(wrong))


def score(
    message: Message,
    options: Options,
    *,
    user: str = "",
    outages: Outages | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Scored:
    """Asks for the verdict, and marks the message with it. `user` is whom the message is for.

    `outages` is what is remembered of hosts that failed (None: what this process does); `clock` tells monotonic
    seconds. TryAgain, SettingsError.
    """
    if options.enabled == "off":
        return Scored(message, None, "spamd is switched off")
    from mdafilter.scorers import hosts, mark
    from mdafilter.scorers.hosts import Unanswered

    outages = hosts.KNOWN if outages is None else outages
    if options.enabled == "auto" and (why := outages.absent(options.hosts, clock())):
        return Scored(message, None, why)
    verb = "HEADERS" if options.rewrite_subject else "SYMBOLS"
    try:
        reply = ask(verb, options, message, user=user, outages=outages, clock=clock)
    except Unanswered as unanswered:
        absent = options.enabled == "auto" and unanswered.kind == "absent"
        if options.when_down == "defer" and not absent:
            raise TryAgain(str(unanswered), "4.3.2") from None
        if absent:
            outages.nobody(options.hosts, clock() + limits.SPAMD_ABSENT_SECONDS, str(unanswered))
        return Scored(message, None, str(unanswered))
    if options.rewrite_subject:
        theirs = mark.rewritten(reply.body)
        verdict = _verdict(reply, message, options, mark.symbols(theirs))
        marked = mark.adopt(message, verdict, theirs, trusted=options.trusted_upstream)
    else:
        from mdafilter.scorers.spamc import symbols

        verdict = _verdict(reply, message, options, symbols(reply.body.decode("latin-1")))
        marked = mark.mark(message, verdict, trusted=options.trusted_upstream)
    cut = f"spamd: only the first {verdict.scanned} of {message.size} octets were scored" if verdict.scanned else ""
    return Scored(marked, verdict, cut)


def tell(
    message: Message,
    kind: str,
    options: Options,
    *,
    user: str = "",
    outages: Outages | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Has spamd learn the message as "spam" or "ham", or "forget" it; whether that changed anything. TryAgain."""
    from mdafilter.scorers.hosts import Unanswered
    from mdafilter.scorers.spamc import telling

    try:
        reply = ask("TELL", options, message, user=user, fields=telling(kind), outages=outages, clock=clock)
    except Unanswered as unanswered:
        raise TryAgain(str(unanswered), "4.3.2") from None
    return "local" in (reply.value("didremove" if kind == "forget" else "didset") or "").split(",")


def ask(
    verb: str,
    options: Options,
    message: Message | None = None,
    *,
    user: str = "",
    fields: tuple[tuple[str, str], ...] = (),
    outages: Outages | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Reply:
    """Any question of the protocol (spamc.VERBS); the reply has code 0. Unanswered (hosts.py), SettingsError."""
    from mdafilter.scorers import client, hosts

    check(options)
    whose = {"": user, "-": ""}.get(options.user, options.user)
    question = client.Question(verb, message, whose, fields)
    return client.ask(question, options, outages if outages is not None else hosts.KNOWN, clock)


def _verdict(reply: Reply, message: Message, options: Options, symbols: tuple[str, ...]) -> Verdict:
    judgement = reply.judgement()
    scanned = options.max_size if message.size > options.max_size else 0
    return Verdict(judgement.spam, judgement.score, judgement.threshold, symbols, "spamd", scanned)
