"""Where the mail of a reporter is, and what of him is in the journals: what the site's configuration says.

A user's own configuration is not asked: the learner may read more than that user.

Of a virtual mailbox ([train] virtual) the Maildir is that of the address, and the journal, like the home, that of the
account that delivers there.

In:    the site's Settings; the name of a user, or the address of somebody who has no account.
Out:   found.Mail, which looks there; the names of this host for bare.py.
Fails: never: where nothing can be found is a place less.
"""

from __future__ import annotations

import functools
import os
import pwd

from mdafilter import settings as settings_
from mdafilter import teaching
from mdafilter.errors import SettingsError
from mdafilter.journal import read
from mdafilter.train.found import Mail
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.settings import Settings


def mail(settings: Settings, user: str) -> Mail:
    """The mail of this user."""
    train = settings.train
    home = _home(teaching.account(train, user))
    journals = _expanded(settings.journal.path, home, user) or (read.places({}, home) if home else ())
    if virtual := teaching.mailbox(train, user):
        return Mail(journals, _expanded(virtual, home, user), user)
    usual = (f"{home}/Maildir", f"{home}/.maildir") if home else ()
    maildirs = _expanded(settings.maildir, home, user) or usual
    return Mail(journals, maildirs, user, functools.cache(lambda address: is_virtual(settings, address)))


def is_virtual(settings: Settings, address: str) -> bool:
    """Whether this address has a virtual mailbox, which is there."""
    template = teaching.mailbox(settings.train, address)
    home = _home(teaching.account(settings.train, address)) if template else ""
    return any(os.path.isdir(path) for path in _expanded(template, home, address))


def names(settings: Settings) -> tuple[str, ...]:
    """What the hosts of this site call themselves in the Received fields that they write (myhostname, postconf(5))."""
    node = os.uname().nodename
    return tuple(filter(None, (settings.hostname, node, settings.domain and f"{node}.{settings.domain}")))


def _home(user: str) -> str:
    try:
        return pwd.getpwnam(user).pw_dir
    except (KeyError, ValueError):
        return ""


def _expanded(template: str, home: str, user: str) -> tuple[str, ...]:
    if not template or (not home and (template.startswith("~") or "%h" in template)):
        return ()
    try:
        return (settings_.expand(template, home=home, recipient=user),)
    except SettingsError:
        return ()  # a part of his name cannot be part of a path
