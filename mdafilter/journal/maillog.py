"""The lines of the mail log, in the style of Postfix, by syslog(3) with the facility "mail".

    mdafilter[pid]: ID: to=<u@example.org>, folder=.Trash, rule=rules/spam.sieve:12, spamd=15.2/5.0, delay=0.21,
    status=delivered                                                          (one line for each act; here in two)

As in Postfix, a character that is not printable becomes "?": a message cannot forge a line of the log. Addresses stand
in full, as in Postfix' own lines; what matched and the body do not.

Fails: never. syslog(3) has no way to say that nobody listens.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.journal import Entry, Event, Filed

_LINE = 2000  # characters; a syslog line is often cut at 2048 octets
_TEXT = 300  # characters of one address, folder or reason


def lines(entry: Entry) -> tuple[str, ...]:
    """One line for each act of the entry, or one line without an act."""
    return tuple(_line(entry, act) for act in entry.acts or (None,))


def event(fact: Event) -> str:
    """The line of a fact that is no delivery."""
    items = [f"user={clean(fact.user)}"] if fact.user else []
    about = f"{fact.file}: " if fact.file else ""
    items.append(f"{fact.event}: {clean(about + ' | '.join(fact.text.splitlines()))}")
    return f"{clean(fact.id) or 'NOQUEUE'}: {', '.join(items)}"[:_LINE]


def send(text: str, warning: bool = False) -> None:
    """Hands a line to syslog."""
    import syslog

    syslog.openlog("mdafilter", syslog.LOG_PID, syslog.LOG_MAIL)
    syslog.syslog(syslog.LOG_WARNING if warning else syslog.LOG_INFO, text)


def _line(entry: Entry, act: Filed | None) -> str:
    items = [f"to=<{clean(entry.recipient)}>"]
    if entry.original_recipient not in ("", entry.recipient):
        items.append(f"orig_to=<{clean(entry.original_recipient)}>")
    if act is not None:
        items += _act(act)
    if entry.score is not None:
        items.append(f"{clean(entry.score.scorer)}={entry.score.score:.1f}/{entry.score.threshold:.1f}")
    items.append(f"delay={max(0.0, entry.delay):.2f}")
    if entry.dsn:
        items.append(f"dsn={clean(entry.dsn)}")
    reason = f" ({clean(entry.reason)})" if entry.reason else ""
    return f"{clean(entry.id) or 'NOQUEUE'}: {', '.join(items)}, status={entry.status}{reason}"[:_LINE]


def _act(act: Filed) -> list[str]:
    """The folder, or what was done instead, and the rule."""
    match act.action:
        case "keep" | "file":
            where = f"folder={clean(act.to) or 'INBOX'}"
        case "redirect":
            where = f"redirect=<{clean(act.to)}>"
        case "pipe":
            where = f"program={clean(act.to)}"
        case other:
            where = f"action={clean(other)}"
    return [where, f"rule={clean(act.rule)}"] if act.rule else [where]


def clean(text: str) -> str:
    """Printable text only, not too long. Two spaces or a comma in a folder name are left: the line is for people."""
    short = text if len(text) <= _TEXT else text[:_TEXT] + "..."
    if short.isprintable():
        return short
    return "".join(c if c.isprintable() else "?" for c in short)
