"""Which scripts run at an event of one Maildir, and in which order (RFC 6785 section 2.3.1).

    before    of the site: the lines of [sieve] imapsieve that are about it (occasions.py), in their order
    owner's   the script that the annotation /shared/imapsieve/script of the folder names, or else that of the server
              (mailboxes.py); a name in the folder of the owner's scripts (user_rules_dir). Of an empty name none runs,
              nor of one that is not there
    after     of the site

The next one runs only while the message is kept. Each is compiled once, and again when a file has changed (recall.py).

In:    the Settings, the home and the root of the Maildir.
Out:   `causes`, what a folder wants to know; the plans for an event.
Fails: Broken, where one of the scripts has a mistake or cannot be read: then none runs, and the message stays as it is.
"""

from __future__ import annotations

import os

from mdafilter import mailboxes, occasions, recall, rulebook, settings
from mdafilter.errors import MdafilterError, Problem, RuleErrors, RuleFailed
from mdafilter.lang import sieve
from mdafilter.lang.sieve.vocabulary import of_events
from mdafilter.targets.foldername import plain
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.plan import Plan
    from mdafilter.settings import Settings

ENTRY = "/shared/imapsieve/script"  # sections 7.4 and 7.5


class Broken(MdafilterError):
    """A script has a mistake: `problem` is the first one."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def spelled(folder: str) -> str:
    """The folder as rules and IMAP name it."""
    return plain(folder) or "INBOX"


class Library:
    """The scripts of one Maildir."""

    def __init__(self, chosen: Settings, home: str, root: str, user: str) -> None:
        self.settings = chosen
        self.home = home
        self.root = root
        self.user = user
        self.folders = rulebook.folders(chosen, home)
        self.occasions = tuple(map(occasions.parse, chosen.sieve.imapsieve))

    def causes(self, folder: str) -> frozenset[str]:
        """What is to be told of this folder (a Maildir++ name). Broken."""
        if self._owners(folder):
            return frozenset(occasions.CAUSES)
        here = [one for one in self.occasions if one.is_in(spelled(folder))]
        return frozenset(cause for one in here for cause in one.causes)

    def plans(self, cause: str, folder: str, origin: str) -> tuple[Plan, ...]:
        """Broken."""
        here = [one for one in self.occasions if one.is_for(cause, spelled(folder), spelled(origin))]
        own = self._owners(folder)
        found = [self._site(one.before) for one in here if one.before]
        found += [plan for plan in (self._own(own),) if plan is not None] if own else []
        return (*found, *(self._site(one.after) for one in here if one.after))

    def _owners(self, folder: str) -> str:
        """The name of the owner's script; "" is none. "The server entry is not used as a backup" of an empty one."""
        try:
            name = mailboxes.metadata(self.root, spelled(folder), ENTRY)
            return (mailboxes.metadata(self.root, "", ENTRY) if name is None else name) or ""
        except RuleFailed as wrong:
            raise Broken(Problem(f"{self.root}/{mailboxes.FILE}", 1, 1, str(wrong))) from wrong

    def _own(self, name: str) -> Plan | None:
        """None for a script that is not there: "no Sieve script will be invoked"."""
        return self._compiled("personal", name)

    def _site(self, name: str) -> Plan:
        plan = self._compiled("global", name)
        if plan is None:
            raise Broken(Problem(name, 1, 1, "the script that [sieve] imapsieve names is not there"))
        return plan

    def _compiled(self, location: str, name: str) -> Plan | None:
        whole = (self.folders, location, name)
        try:
            return recall.once(("imapsieve", os.geteuid(), *whole), lambda: self._compile(location, name))
        except RuleErrors as wrong:
            raise Broken(wrong.problems[0]) from wrong
        except OSError as failed:
            raise Broken(Problem(name, 1, 1, f"cannot be read: {failed.strerror}")) from failed

    def _compile(self, location: str, name: str) -> Plan | None:
        """RuleErrors, OSError."""
        if location == "global" and "/" in name:
            path = settings.expand(name, home=self.home, recipient=self.user)
            found: tuple[str, bytes] | None = (path, rulebook.read(path))
        else:
            found = self.folders.find(location, name)
        if found is None:
            return None
        file, text = found
        if location == "personal" and (untrusted := rulebook.suspicious(file)):
            raise RuleErrors([Problem(file, 1, 1, untrusted[0], hint=untrusted[1])])
        return sieve.compile(text, file, self.folders, vocabulary=of_events()).plan
