"""Whose Maildirs are watched, and with which rights: one process for each owner, which has that user's rights alone.

A user watches his own Maildir. Root watches those of all: it forks a process for each, which becomes the user for good
before it looks at a single file of his, and starts another one where one ends. What root itself reads is passwd(5), and
the configuration of the site. The account of virtual mailboxes ([train] virtual) is one of all: its process watches
each of these mailboxes, and says of which user it is what it has found.

    root: everybody()  --fork-->  alice: become(), watch()
                       --fork-->  bob:   become(), watch()

In:    Wish, what the command line says; the users.
Out:   an exit status: 0 it was done, NONE there is no Maildir, 1 it has failed, as a line says.
Fails: SettingsError for settings that are wrong.
Bugs:  users whom passwd(5) does not enumerate (getpwent(3), as with many directory services) have to be named.
"""

from __future__ import annotations

import os
import pwd
import signal
import sqlite3
import sys
import time

from mdafilter import delivery, limits, settings
from mdafilter.delivery import Account
from mdafilter.errors import BadFolder, MdafilterError, SettingsError
from mdafilter.journal import read
from mdafilter.targets.foldername import folder_name
from mdafilter.train import door
from mdafilter.train.folders import Roles
from mdafilter.train.mailboxes import mailboxes, template
from mdafilter.train.waking import Waking
from mdafilter.train.watch import Counts, Task, Watcher
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mdafilter import teaching
    from mdafilter.settings import Settings
    from mdafilter.train.events import Scripts

NONE = 69  # EX_UNAVAILABLE of sysexits(3)
FIRST_UID, NOBODY = 1000, 65534  # of those that people have (login.defs(5), UID_MIN)
AGAIN_SECONDS = 5.0  # until a process that has failed is started again
STOP_SECONDS = 20.0  # until one that does not end is killed


class Wish(Value):
    """What the command line says. `maildirs` are looked at instead of the usual one; `scripts` are those of a Maildir
    that are run when its reader does something (mdafilter/events), and say what is wrong with them.
    """

    config: str = ""
    maildirs: tuple[str, ...] = ()
    once: bool = False
    events: bool = True
    verbose: bool = False
    scripts: Callable[[Settings, Account, Task, Callable[[str], None]], Scripts] | None = None


def watch(account: Account, wish: Wish, parent: int = 0) -> int:
    """Watches as the user that we are: until the end by a signal, that of our parent, or once."""
    chosen = settings.load(account.home, wish.config, os.environ)
    tasks = [task for task in _tasks(account, wish, chosen) if os.path.isdir(f"{task.root}/cur")]
    if not tasks:
        return NONE
    saying = _Saying(account.name, wish.verbose)
    watchers = []
    try:
        for task in tasks:
            scripts = wish.scripts(chosen, account, task, saying.failed) if wish.scripts is not None else None
            watchers.append(Watcher(task, lambda report: door.write(chosen.train.spool, report), saying.move, scripts))
        if wish.once:
            return max([_once(watcher, saying) for watcher in watchers])
        _always(watchers, saying, chosen.train, wish.events, parent)
    except sqlite3.Error as failed:
        saying.failed(f"{failed}; is another one watching?")
        return 1
    finally:
        for watcher in watchers:
            watcher.close()
    return 0


def _tasks(account: Account, wish: Wish, chosen: Settings) -> list[Task]:
    home, train = account.home, chosen.train
    roles = Roles(*[_folders(names) for names in (train.junk, train.trash, train.unwatched)])
    roots = wish.maildirs or (template(chosen, account),)
    found = {root: user for one in roots for root, user in mailboxes(one, account)}
    return [
        Task(root, roles, user, journals(chosen, home, user), chosen.delivery.label) for root, user in found.items()
    ]


def journals(chosen: Settings, home: str, user: str) -> tuple[str, ...]:
    """Where the deliveries of this mailbox may be told of."""
    if not chosen.journal.path:
        return read.places(os.environ, home)
    try:
        return (settings.expand(chosen.journal.path, home=home, recipient=user),)
    except SettingsError:
        return ()  # a part of an address that this user has not


def _folders(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(folder_name(name) for name in names)
    except BadFolder as wrong:
        raise SettingsError(f"[train] {wrong}") from wrong


def _once(watcher: Watcher, saying: _Saying) -> int:
    try:
        saying.counts(watcher.round())
        while watcher.attend():
            pass
        while watcher.read():
            pass
    except (OSError, sqlite3.Error) as failed:
        saying.failed(f"{watcher.task.root}: {failed}")
        return 1
    return 0


def _always(watchers: list[Watcher], saying: _Saying, train: teaching.Options, events: bool, parent: int) -> None:
    with Waking([watcher.task.root for watcher in watchers], events) as waking:
        signal.signal(signal.SIGTERM, waking.stop)
        signal.signal(signal.SIGINT, waking.stop)
        if events and waking.why_not:
            saying.failed(f"no events ({waking.why_not}): looking every {train.rescan:g} seconds")
        while not waking.stopped and (not parent or parent == os.getppid()):
            for watcher in watchers:
                try:
                    saying.counts(watcher.round())
                    _run_scripts(watcher, waking)
                    while not waking.due and watcher.read():
                        pass
                except (OSError, sqlite3.Error) as failed:
                    saying.failed(f"{watcher.task.root}: {failed}")  # nothing is lost: the next round does it again
                else:
                    saying.well()
            waking.wait(train.rescan)


def _run_scripts(watcher: Watcher, waking: Waking) -> None:
    """All that wait; what happens meanwhile is for the next round."""
    while not waking.stopped and watcher.attend():
        pass


class _Saying:
    """Lines for people: each move if they want, and what a round has found; a failure once, while it lasts."""

    def __init__(self, user: str, verbose: bool) -> None:
        self.user = user
        self.verbose = verbose
        self.last = ""

    def move(self, text: str) -> None:
        if self.verbose:
            self._line(text)

    def counts(self, counts: Counts) -> None:
        if counts.moves:
            self._line(f"{counts.spam} spam, {counts.ham} ham")

    def failed(self, text: str) -> None:
        if text != self.last:
            self._line(text, sys.stderr.fileno())
        self.last = text

    def well(self) -> None:
        self.last = ""

    def _line(self, text: str, fd: int = 1) -> None:
        text = "".join(c if c.isprintable() else "?" for c in f"{self.user}: {text}")
        os.write(fd, text.encode("utf-8", "replace") + b"\n")  # one write: the lines of several processes do not mix


def everybody(names: Iterable[str], wish: Wish) -> int:
    """As root: a process for each of these users, or of all people."""
    names = tuple(names)
    return _everybody_once(names, wish) if wish.once else _everybody_always(names, wish)


def people(names: tuple[str, ...]) -> list[pwd.struct_passwd]:
    """The users of these names, or all who are people; each once. SettingsError for an unknown one, and for root."""
    if not names:
        found = [one for one in pwd.getpwall() if FIRST_UID <= one.pw_uid != NOBODY and one.pw_dir not in ("", "/")]
    else:
        found = [_named(name) for name in names]
    return list({one.pw_uid: one for one in reversed(found)}.values())[::-1]


def _users(names: tuple[str, ...], wish: Wish) -> list[pwd.struct_passwd]:
    """Who is watched: `people`, and where nobody is named the account of virtual mailboxes as well."""
    users = people(names)
    try:
        virtual = "" if names else settings.load("", wish.config, {}).train.virtual
        owner = [_named(virtual.partition(":")[0])] if virtual else []
    except SettingsError as wrong:
        _Saying("root", False).failed(str(wrong))  # the others are watched nevertheless
        return users
    return users + [one for one in owner if one.pw_uid not in {user.pw_uid for user in users}]


def _named(name: str) -> pwd.struct_passwd:
    try:
        one = pwd.getpwnam(name)
    except KeyError:
        raise SettingsError(f"there is no user {name!r}") from None
    if one.pw_uid == 0:
        raise SettingsError(f"{name!r} is root: nobody's mail is looked at as root")
    return one


def _everybody_once(names: tuple[str, ...], wish: Wish) -> int:
    running: dict[int, str] = {}
    failed = False
    waiting = _users(names, wish)
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            one = waiting.pop(0)
            running[_start(one, wish)] = one.pw_name
        pid, status = os.wait()
        if pid in running:
            code = os.waitstatus_to_exitcode(status)
            failed |= code not in (0, NONE) or (code == NONE and running[pid] in names)
            if code == NONE and running[pid] in names:
                _Saying(running[pid], False).failed("there is no Maildir")
            del running[pid]
    return int(failed)


def _everybody_always(names: tuple[str, ...], wish: Wish) -> int:
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopping.append(number))
    running: dict[int, int] = {}  # pid to uid
    due: dict[int, float] = {}  # uid to when it is started next
    listed = float("-inf")
    users: list[pwd.struct_passwd] = []
    try:
        while not stopping:
            now = time.monotonic()
            if now - listed > limits.WATCH_RETRY_SECONDS:
                users, listed = _users(names, wish), now
            for one in users:
                if one.pw_uid not in running.values() and due.get(one.pw_uid, 0.0) <= now:
                    running[_start(one, wish)] = one.pw_uid
            for pid, code in _ended(running):
                after = limits.WATCH_RETRY_SECONDS if code in (0, NONE) else AGAIN_SECONDS
                due[running.pop(pid)] = time.monotonic() + after
            if not stopping:
                time.sleep(0.5)
    finally:
        _stop(running)
    return 0


def _ended(running: Iterable[int]) -> list[tuple[int, int]]:
    ended = []
    for pid in tuple(running):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended.append((pid, os.waitstatus_to_exitcode(status)))
    return ended


def _stop(running: dict[int, int]) -> None:
    until = time.monotonic() + STOP_SECONDS
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    while running:
        for pid, _code in _ended(running):
            del running[pid]
        if time.monotonic() > until:
            for pid in running:
                os.kill(pid, signal.SIGKILL)  # nothing is lost by that, but the time until it is started again
        time.sleep(0.05)


def _start(one: pwd.struct_passwd, wish: Wish) -> int:
    """A process that watches with this user's rights."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        status = watch(become(one), wish, parent)
    except MdafilterError as failed:
        _Saying(one.pw_name, False).failed(str(failed))
    except BaseException as failed:  # noqa: BLE001 - its process ends; root starts another, which does it again
        _Saying(one.pw_name, False).failed(f"{type(failed).__name__}: {failed}")
    finally:
        os._exit(status)


def own() -> Account:
    """Of the user that we run as."""
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:  # a number without a name
        return Account(os.environ.get("USER", ""), os.environ.get("HOME", ""))
    return Account(entry.pw_name, os.environ.get("HOME") or entry.pw_dir)


def become(one: pwd.struct_passwd) -> Account:
    """Gives up root's rights for those of the user, for good. TryAgain where that is not possible."""
    delivery.give_up_root(one.pw_uid, one.pw_gid, one.pw_name)
    kept = {name: os.environ[name] for name in ("LANG", "TZ") if name in os.environ}
    os.environ.clear()
    os.environ.update(
        {"HOME": one.pw_dir, "USER": one.pw_name, "LOGNAME": one.pw_name, **kept, "PATH": "/usr/bin:/bin"}
    )
    os.umask(0o077)
    try:
        os.chdir(one.pw_dir)
    except OSError:
        os.chdir("/")  # then there is no Maildir either
    return Account(one.pw_name, one.pw_dir)
