"""What a running service says of itself (serve/status.py), asked for and shown: `mdafilter serve --status`.

In:    the status socket. Out: the line of JSON, or lines for people, as aligned text.
Fails: SettingsError where no service answers. A service of another version may tell less: then less is shown.
"""

from __future__ import annotations

import os
import pwd
import socket
import time
from typing import TYPE_CHECKING

from mdafilter.cli.terminal import printable
from mdafilter.errors import SettingsError
from mdafilter.serve import status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mdafilter.serve.listen import Place

SECONDS = 10.0  # in which a service answers
SHARES = (("median", 0.5), ("90%", 0.9), ("99%", 0.99))
COLUMNS = ("user", "workers", "busy", "longest", "waiting", "messages")


def ask(where: Place, another: str = "") -> str:
    """What the service there says. `another`: the socket of one that may deliver where this one does not run."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asks:
        asks.settimeout(SECONDS)
        try:
            asks.connect(where.path)
            with asks.makefile("r", encoding="utf-8", errors="replace") as answer:
                told = answer.read()
        except (FileNotFoundError, ConnectionRefusedError):
            if os.path.exists(another):
                text = f"nobody listens on {where}; root's delivers your mail, and tells root alone"
                raise SettingsError(f"no service of your own runs: {text}") from None
            raise SettingsError(f"no service runs: nobody listens on {where}; mail is delivered without it") from None
        except PermissionError:
            raise SettingsError(f"the service on {where} tells root alone, or the user whose own it is") from None
        except OSError as failed:
            raise SettingsError(f"no service answers on {where}: {failed.strerror or failed}") from failed
    if not status.read(told):
        raise SettingsError(f"what answers on {where} is not the service: {printable(told[:80])!r}")
    return told


def render(told: Mapping[str, object], name: Callable[[int], str]) -> list[str]:
    """The lines for what was told. `name` knows the users by their numbers."""
    lines = [f"mdafilter {printable(str(told.get('version', 'of an unknown version')))}{_since(told)}"]
    rows = [
        ("messages", ", ".join(f"{_count(count)} {outcome}" for outcome, count in status.outcomes(told).items())),
        ("took", _times(told)),
        ("connections", _listed(told, (("waiting", "waiting"), ("refused", "refused")))),
        ("workers", _listed(told, (("workers", "now"), ("busy", "busy"), ("most", "at most")))),
        ("", _listed(told, (("hired", "started"), ("died", "died by themselves")))),
        ("longest", _seconds(status.number(told, "longest") or None)),
    ]
    lines += [f"  {title:<13}{printable(text)}" for title, text in rows if text]
    users = told.get("users")
    table = [_user(user, name) for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    if table:
        lines += ["", *_table([COLUMNS, *table])]
    if more := status.number(told, "more_users"):
        lines.append(f"and {_count(more)} more users")
    return lines


def account(uid: int) -> str:
    """The name of a user."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)


def _since(told: Mapping[str, object]) -> str:
    pid, since, uptime = (status.number(told, name) for name in ("pid", "since", "uptime"))
    text = f", process {_count(pid)}" if pid is not None else ""
    if since is not None and 0 <= since < 1 << 40:
        text += f", since {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(since))}"
    return text + (f" ({_long(uptime)})" if uptime is not None else "")


def _long(seconds: float) -> str:
    """Days, hours, minutes: the first two that count."""
    days, rest = divmod(int(seconds), 86400)
    parts = ((days, "d"), (rest // 3600, "h"), (rest % 3600 // 60, "min"), (rest % 60, "s"))
    first = next((i for i, (count, _unit) in enumerate(parts) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])


def _times(told: Mapping[str, object]) -> str:
    rows, seconds = status.times(told), status.number(told, "seconds")
    if not rows or not rows[-1][1]:
        return ""
    shown = [f"{label} {_seconds(status.quantile(rows, share))}" for label, share in SHARES]
    return ", ".join([*shown, *([f"mean {_seconds(seconds / rows[-1][1])}"] if seconds is not None else [])])


def _listed(told: Mapping[str, object], what: Sequence[tuple[str, str]]) -> str:
    found = ((status.number(told, key), label) for key, label in what)
    return ", ".join(f"{_count(value)} {label}" for value, label in found if value is not None)


def _user(user: Mapping[str, object], name: Callable[[int], str]) -> tuple[str, ...]:
    uid = status.number(user, "uid")
    cells = [printable(name(int(uid))) if uid is not None else "?"]
    for column in COLUMNS[1:]:
        value = status.number(user, column)
        cells.append("" if value is None else _count(value) if column != "longest" else _seconds(value or None))
    return tuple(cells)


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
        yield "  ".join([f"{first:<{widths[0]}}", *cells])


def _count(value: float) -> str:
    return f"{value:.0f}"


def _seconds(value: float | None) -> str:
    """Three digits, in seconds or in milliseconds."""
    if value is None:
        return ""
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"
