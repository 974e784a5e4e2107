"""The real World: what rules are told of the outside when mail is really delivered (or explained).

In:    the Settings, the Envelope and the mailbox of one delivery.
Out:   answers; see world.py for each.
Fails: TryAgain where policy says so (a scorer that is down, with when_down = "defer").
"""

from __future__ import annotations

import os
import time

from mdafilter import VERSION
from mdafilter.errors import RuleFailed
from mdafilter.message import Octets
from mdafilter.targets.foldername import folder_path
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.world import Found, Ran, Scanned, Scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Pourable
    from mdafilter.message import Envelope, Message
    from mdafilter.settings import Settings
    from mdafilter.world import Listing


# procmailrc(5), "Environment variable defaults"
PRESETS = {
    "LINEBUF": "2048",
    "LOCKEXT": ".lock",
    "MSGPREFIX": "msg.",
    "PROCMAIL_VERSION": "3.23pre",
    "SENDMAILFLAGS": "-oi",
    "SHELLFLAGS": "-c",
    "SHELLMETAS": "&|<>~;?*[",
}


class Outside(Value):
    """Implements world.World for one delivery. `scoring` False asks neither spamd nor clamd (explain --no-spamd)."""

    settings: Settings
    envelope: Envelope
    mailbox: str  # the Maildir
    scoring: bool = True
    running: bool = True  # False: programs that rules ask are not run
    home: str | None = None  # of the user; None is $HOME
    environ: Mapping[str, str] | None = None  # of the delivery; None is that of this process
    octets: Octets | None = None  # of the message as it came

    @property
    def _environ(self) -> Mapping[str, str]:
        return os.environ if self.environ is None else self.environ

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def seen(self, kind: str, key: str) -> bool | None:
        """Looks; the trace of an earlier try of this message is none."""
        from mdafilter import seen
        from mdafilter.targets.naming import identity

        where = seen.folder(self._environ, self.presets()["HOME"], self.mailbox)
        try:
            found = seen.look(where, self.mailbox, kind, key, self.now())
        except OSError:
            return None
        return bool(found) and not (self.octets is not None and found == identity(self.octets, self.envelope))

    def option(self, name: str) -> str:
        """From the [sieve] table."""
        from mdafilter import sieving

        return sieving.option(self.settings.sieve, name)

    def environment(self, name: str) -> str | None:
        """RFC 5183 section 4.1, and vnd.mdafilter.recipient-delimiter and .quarantine, and of
        .trusted-upstream and .decoded "yes" or "no"."""
        host = self.settings.hostname or os.uname().nodename
        match name:
            case "host":
                return host
            case "domain":
                return self.settings.domain or host.partition(".")[2]
            case "location":
                return "MDA"
            case "phase":
                return "during"
            case "name":
                return "mdafilter"
            case "version":
                return VERSION
            case "remote-host":
                return "" if self.envelope.client_name == "unknown" else self.envelope.client_name
            case "remote-ip":
                address = self.envelope.client_address  # "in the formats defined by ..." RFC 5321 section 4.1.3
                return f"IPv6:{address}" if address[:4].lower() != "ipv6" and ":" in address else address
            case "imap.user" | "imap.email" | "imap.changedflags":
                return ""  # RFC 6785 sections 4.2 and 4.5: this is a delivery
            case "vnd.mdafilter.recipient-delimiter":
                return self.settings.recipient_delimiter
            case "vnd.mdafilter.trusted-upstream":
                return "yes" if self.settings.spamd.trusted_upstream else "no"
            case "vnd.mdafilter.quarantine":
                return self.settings.quarantine
            case "vnd.mdafilter.decoded":
                return "yes" if self.settings.decoded else "no"
            case _:
                return None

    def score(self, message: Message) -> Scored:
        """Asks spamd, unless it is switched off; and the counts of our own (scorers/bayes) as their options say."""
        own = self.settings.bayes
        if not self.scoring or self.settings.spamd.enabled == "off":
            scored = Scored(message, None, "spamd was not asked")
        else:
            from mdafilter.scorers import spamd

            scored = spamd.score(message, self.settings.spamd, user=self.envelope.user)
        if not self.scoring or own.enabled == "off" or (scored.verdict is not None and own.enabled != "on"):
            return scored
        from mdafilter.scorers import bayes

        user, home = self.envelope.user, self.presets()["HOME"]
        if scored.verdict is not None:
            return bayes.beside(message, scored, own, user=user, home=home)
        found = bayes.score(message, own, user=user, home=home, trusted=self.settings.spamd.trusted_upstream)
        return found.replace(note="; ".join(note for note in (scored.note, found.note) if note))

    def scan(self, message: Message) -> Scanned:
        """Asks clamd. Where it is switched off, as it is shipped, there is nothing to note."""
        if self.settings.clamd.enabled == "off":
            return Scanned()
        if not self.scoring:
            return Scanned(None, "clamd was not asked")
        from mdafilter.scorers import clamd

        return clamd.scan(message, self.settings.clamd)

    def run(self, command: str, given: Pourable, variables: Mapping[str, str], lock: str = "") -> Ran:
        """Runs it by the shell in MAILDIR, or else the home; not where nothing is to be touched."""
        if not self.running:
            return Ran(None, Octets.of(b""), "programs are not run here")
        from mdafilter import programs, shell

        where = os.path.join(self.presets()["HOME"], shell.folder(variables))
        return programs.run(command, given, variables, where, lock, self._environ)

    def program(self, kind: str, name: str) -> str:
        """In the folder that [sieve] names for it."""
        from mdafilter import programs

        return programs.program(self.option(f"{kind}_bin_dir"), name)

    def execute(self, command: tuple[str, ...], given: Pourable, environ: Mapping[str, str], seconds: float) -> Ran:
        """Runs it; not where nothing is to be touched."""
        if not self.running:
            return Ran(None, Octets.of(b""), "programs are not run here")
        from mdafilter import programs

        return programs.execute(command, given, {**self._environ, **environ}, seconds)

    def lookup(self, table: str, kind: str, value: str, rule: str) -> Found | None:
        """By access(5) and cidr_table(5)."""
        from mdafilter import lookups, rulebook

        path = rulebook.folders(self.settings, self.presets()["HOME"]).table(table, rule)
        return lookups.found(path, kind, value, self.settings.recipient_delimiter)

    def external(self, name: str) -> Listing | None:
        """As the [sieve] table says."""
        from mdafilter import lists

        told = self.option(f"extlists_list/{name}")  # by a test file: a delivery has no such setting
        return lists.listing(self.settings, self.presets()["HOME"], self.envelope.recipient, name, told)

    def rules(self, path: str) -> object | None:
        """If it may be believed; compiled anew each time."""
        from mdafilter import rulebook

        return rulebook.included(path, rulebook.folders(self.settings, self.presets()["HOME"]))

    def presets(self) -> Mapping[str, str]:
        """Of the user that we run as, as procmailrc(5) presets them; DEFAULT is the Maildir, $1 the extension."""
        environ = self._environ
        home = environ.get("HOME", "") if self.home is None else self.home
        name = self.envelope.user or environ.get("LOGNAME", "")
        extension, host = self.envelope.extension, os.uname().nodename
        known = {"HOME": home, "LOGNAME": name, "USER": name, "SHELL": environ.get("SHELL", ""), "HOST": host}
        places = {"MAILDIR": home, "DEFAULT": f"{self.mailbox}/", "ORGMAIL": f"{self.mailbox}/"}
        numbers = {"$0": "procmail", "$#": "0", "$$": str(os.getpid()), "$?": "0", "$=": "0"}
        if extension:
            numbers |= {"$1": extension, "$#": "1"}
        path = f"{home}/bin:/usr/local/bin:/usr/bin:/bin"
        return {**PRESETS, **known, **places, **numbers, "PATH": path, "SENDMAIL": self.settings.delivery.sendmail}

    def folder_of(self, path: str) -> str | None:
        """By name alone: the Maildir itself, or a folder in it."""
        home = self.presets()["HOME"]
        whole = os.path.normpath(os.path.join(home, path))
        root = os.path.normpath(self.mailbox)
        usual = [os.path.join(home, name) for name in ("Maildir", ".maildir")]
        for place in (root, *(u for u in usual if not os.path.isdir(u))):
            if whole == place:
                return "INBOX"
            if os.path.dirname(whole) == place and os.path.basename(whole).startswith("."):
                return os.path.basename(whole)[1:]
        return None

    def has_directory(self, path: str) -> bool:
        """Looks."""
        return os.path.isdir(path)

    def has_folder(self, name: str) -> bool:
        """Whether the Maildir folder exists, and we may deliver into it (RFC 5490 section 3.1)."""
        try:
            folder = folder_path(self.mailbox, name)
        except RuleFailed:
            return False  # a name that no folder can have
        if folder == self.mailbox:
            return True  # RFC 3501 section 5.1: INBOX is always there; the first delivery makes it
        return os.path.isdir(os.path.join(folder, "cur")) and os.access(folder, os.W_OK)

    def folder_with_id(self, identifier: str) -> str | None:
        """From our own file or Dovecot's."""
        from mdafilter import mailboxes

        return mailboxes.with_id(self.mailbox, identifier)

    def folders_for(self, use: str) -> tuple[str, ...]:
        """From our own file, and as the [sieve] table says."""
        from mdafilter import mailboxes

        wanted = mailboxes.for_use(self.mailbox, self.settings.sieve.special_use, use)
        return tuple(name for name in wanted if self.has_folder(name))

    def metadata(self, folder: str, name: str) -> str | None:
        """From our own file."""
        from mdafilter import mailboxes

        return mailboxes.metadata(self.mailbox, folder, name)
