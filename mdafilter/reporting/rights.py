"""Whose mail is looked at, and with which rights: one process for each user, which has that user's rights alone.

A user looks at his own mail. Root forks a process for each user; it becomes the user for good before it looks at a
single file of his (watchers.become), and answers through a pipe, in JSON. What it answers is that user's word: root
reads no more of it than limits.REPORT_ANSWER, and believes only what `work` of the caller's can have said.

In:    the users; the work, which returns what JSON can say.
Out:   (account, answer, "") or (account, None, why not) for each, in order.
Fails: SettingsError for a user who is unknown, or is root.
"""

from __future__ import annotations

import json
import os
import pwd
from typing import TYPE_CHECKING

from mdafilter import limits, settings
from mdafilter.delivery import Account
from mdafilter.errors import MdafilterError
from mdafilter.train.mailboxes import mailboxes, template
from mdafilter.train.watchers import become, journals, people
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from mdafilter.settings import Settings

    Work = Callable[[Account], Any]


class Place(Value):
    """A Maildir, whose it is, and where the deliveries into it may be told of."""

    root: str
    user: str
    journals: tuple[str, ...]


def places(account: Account, chosen: Settings) -> list[Place]:
    """The Maildirs of an account that are there: one, or all that the configured template names (virtual users)."""
    found = mailboxes(template(chosen, account), account)
    return [
        Place(root, user, journals(chosen, account.home, user)) for root, user in found if os.path.isdir(f"{root}/cur")
    ]


def together(found: Iterable[Place]) -> list[tuple[tuple[str, ...], list[Place]]]:
    """Those that have the same journals, beside each other: a journal of many mailboxes is read once."""
    groups: dict[tuple[str, ...], list[Place]] = {}
    for place in found:
        groups.setdefault(place.journals, []).append(place)
    return list(groups.items())


def chosen_for(account: Account, config: str) -> Settings:
    """The settings of an account."""
    return settings.load(account.home, config, os.environ)


def each(names: tuple[str, ...], work: Work) -> Iterator[tuple[Account, Any, str]]:
    """As root: the work is done as each of these users, or as all people, one after the other."""
    for one in people(names):
        answer, why = _as(one, work)
        yield Account(one.pw_name, one.pw_dir), answer, why


def _as(one: pwd.struct_passwd, work: Work) -> tuple[Any, str]:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _child(one, work, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read(limits.REPORT_ANSWER + 1)
    _pid, status = os.waitpid(pid, 0)
    try:
        told = json.loads(said) if len(said) <= limits.REPORT_ANSWER else None
    except (ValueError, RecursionError):
        told = None
    if status or not isinstance(told, dict):
        return None, str(told["failed"]) if isinstance(told, dict) and "failed" in told else "it did not end well"
    return told.get("answer"), ""


def _child(one: pwd.struct_passwd, work: Work, writing: int) -> None:
    """Never returns."""
    status, told = 1, {}
    try:
        told, status = {"answer": work(become(one))}, 0
    except (MdafilterError, OSError) as failed:
        told = {"failed": str(failed)}
    except BaseException as failed:  # noqa: BLE001 - its process ends, root says so, and goes on with the next user
        told = {"failed": f"{type(failed).__name__}: {failed}"}
    try:
        with open(writing, "wb") as pipe:
            pipe.write(json.dumps(told).encode())
    except (OSError, ValueError, TypeError):
        status = 1
    finally:
        os._exit(status)
