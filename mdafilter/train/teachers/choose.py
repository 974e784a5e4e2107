"""Which teachers a configuration has, and for whom each of them works.

A database is "site", or the name of a user. sa-learn(1) for the site runs as [train] user; for a user it runs as him,
by a real drop of root's rights, and so does the scorer of our own. spamd gets the name. What [bayes] path says tells
whether that scorer's counts are the site's; for the others it is [train] scope.

Users of virtual mailboxes have the database of the account that their mail is delivered as ([train] virtual): that is
whom a delivery names to spamd, and whose counts it reads.

In:    the Settings; the name of a teacher, and of a database.
Out:   names of teachers; a Teacher. One that cannot be had says so of each message: "failed", and the reports stay.
Fails: never.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from mdafilter import teaching
from mdafilter.train.teachers import Counts, Taught, Teacher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.settings import Settings
    from mdafilter.train.teachers.salearn import Account

SITE = "site"


class Unable:
    """A Teacher that cannot teach, and says why."""

    def __init__(self, why: str) -> None:
        self.why = why

    def learn(self, verdict: str, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """All failed."""
        return {id: Taught("failed", self.why) for id, _ in items}

    def forget(self, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """All failed."""
        return self.learn("", items)

    def counts(self) -> Counts | None:
        """Not known."""
        return None


def names(settings: Settings) -> tuple[str, ...]:
    """The teachers of a configuration, each once; () where "auto" finds none."""
    found: dict[str, None] = {}
    for name in settings.train.teacher:
        if name != "auto":
            found[name] = None
            continue
        if shutil.which(settings.train.sa_learn[0]):
            found["sa-learn"] = None
        if has_bayes(settings):
            found["bayes"] = None
    return tuple(found)


def has_bayes(settings: Settings) -> bool:
    """Whether the scorer of our own is there, and switched on."""
    return settings.bayes.enabled != "off"


def database(settings: Settings, name: str, user: str) -> str:
    """Which database of a teacher a user's report is for."""
    user = teaching.account(settings.train, user)
    if name == "bayes":
        options = settings.bayes
        own = options.name if options.path.startswith("redis") else options.path or "~/"
        return user if own.startswith("~/") or "%" in own else SITE
    return SITE if settings.train.scope == "site" else user


def teacher(settings: Settings, name: str, database: str, held: Sequence[int] = ()) -> Teacher:
    """The teacher for a database. `held` are descriptors of locks that last as long as a program that it starts."""
    if name == "spamd":
        from mdafilter.train.teachers.tell import Tell

        if database == SITE:
            return Tell(settings.spamd, settings.train.user)
        return Tell(settings.spamd.replace(user=""), database)
    if name == "bayes":
        return _bayes(settings, database)
    return _sa_learn(settings, database, held)


def _sa_learn(settings: Settings, database: str, held: Sequence[int]) -> Teacher:
    from mdafilter.train.teachers.salearn import SaLearn

    account = _account(settings, database)
    return account if isinstance(account, Unable) else SaLearn(settings.train.sa_learn, account, held)


def _bayes(settings: Settings, database: str) -> Teacher:
    from mdafilter.train.teachers.own import Own

    if not has_bayes(settings):
        return Unable("[bayes] is switched off")
    if settings.bayes.path.startswith("redis"):
        return Own(settings.bayes, None, database)  # over the network it is the name alone
    account = _account(settings, database)
    return account if isinstance(account, Unable) else Own(settings.bayes, account, database)


def _account(settings: Settings, database: str) -> Account | Unable | None:
    """Whom it is to run as; None is who we are."""
    from mdafilter.train.teachers.salearn import Account

    name = settings.train.user if database == SITE else database
    if not name:
        return None
    account = Account.of(name)
    if account is None:
        return Unable(f"there is no user {name!r}" + "; [train] virtual tells of virtual mailboxes" * ("@" in name))
    if os.geteuid() not in (0, account.uid):
        return Unable(f"only root can teach as {name}")
    return account
