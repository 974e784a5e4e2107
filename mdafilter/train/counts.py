"""Whose counts of the scorer of our own (scorers/bayes) a command is for, and the rights to work on them.

Such a command has no other work. So root's process becomes the user whose they are, for good, before it opens them:
nothing in his home becomes root's, and no link that he has put there is followed with root's rights.

In:    the Settings; the name of a user, "" for who we are.
Out:   Whose. [bayes] counts as switched on: what is not in use yet can be filled.
Fails: MdafilterError: no such user, not with our rights, or a user named where all have the same counts, or none where
       each has his own and we are root.
"""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from mdafilter.errors import MdafilterError
from mdafilter.scorers import bayes
from mdafilter.train.teachers import choose
from mdafilter.train.teachers.own import Own
from mdafilter.values import Value

if TYPE_CHECKING:
    from mdafilter.settings import Settings


class Whose(Value):
    """What the functions of scorers/bayes want to know."""

    options: bayes.Options
    user: str
    home: str

    @property
    def place(self) -> str:
        """Where they are, for people."""
        return bayes.place(self.options, self.user, self.home)


def take(settings: Settings, user: str) -> Whose:
    """Whose they are; this process has his rights then."""
    settings = settings.replace(bayes=settings.bayes.replace(enabled="on"))
    each = choose.database(settings, "bayes", user or "-") != choose.SITE
    if user and not each:
        raise MdafilterError("all users have the same counts ([bayes] of the configuration): leave out --user")
    if each and not user:
        user = _me()
    teacher = choose.teacher(settings, "bayes", choose.database(settings, "bayes", user))
    if not isinstance(teacher, Own):
        raise MdafilterError(getattr(teacher, "why", "these counts cannot be had"))
    teacher.become()
    return Whose(teacher.options, teacher.user, teacher.home)


def _me() -> str:
    if os.geteuid() == 0:
        raise MdafilterError("each user has counts of his own: say --user NAME")
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a number without a name has a home at most
        return ""
