"""Who is measured: delivery agents that start for each message, and servers that take LMTP. All have one rule.

procmail is there twice: as Postfix runs it by itself, and as Debian sets it up, where `"$EXTENSION"` costs a shell.
"""

from __future__ import annotations

from pathlib import Path

from mdafilter.values import Value

SERVICE, ONCE = "mdafilter, service", "mdafilter, one-shot"
PROCMAIL = "procmail"
LOCAL, VIRTUAL8, DOVECOT = "Postfix local(8)", "Postfix virtual(8)", "Dovecot LMTP"

SIEVE = 'require "fileinto";\nif header :contains "subject" "*SPAM*" { fileinto "Trash"; }\n'
PROCMAILRC = "MAILDIR=$HOME/Maildir\nDEFAULT=$MAILDIR/\n:0\n* ^Subject:.*\\*SPAM\\*\n.Trash/\n"
MAILFILTER = 'if (/^Subject:.*\\*SPAM\\*/)\n{\n    to "Maildir/.Trash"\n}\nto "Maildir"\n'

# What each home has. The settings leave out the shipped rules: one rule is what the others have.
ONE_RULE = {".mdafilter.sieve": SIEVE, ".config/mdafilter/mdafilter.toml": "rules = []\n"}
SHIPPED_RULES = {
    ".mdafilter.sieve": SIEVE,
    ".config/mdafilter/mdafilter.toml": '[spamd]\nenabled = "off"\n[clamd]\nenabled = "off"\n',
}
PEERS = {".procmailrc": PROCMAILRC, ".mailfilter": MAILFILTER, ".dovecot.sieve": SIEVE}


class Agent(Value):
    """A program that takes one message on standard input. `command` is the mailbox_command."""

    name: str
    argv: tuple[str, ...]
    command: str


def agents(installation: Path, dovecot: Path) -> list[Agent]:
    """Those that are installed, procmail first; `dovecot` is a configuration for dovecot-lda."""
    programs = installation / "bin"
    known = [
        Agent(PROCMAIL, ("/usr/bin/procmail",), "/usr/bin/procmail"),
        Agent(f"{PROCMAIL}, by a shell", (), '/usr/bin/procmail -a "$EXTENSION"'),
        _plain("maildrop", "/usr/bin/maildrop"),
        _plain("dovecot-lda", "/usr/lib/dovecot/dovecot-lda", "-c", str(dovecot)),
        _plain(ONCE, f"{programs}/mdafilter-deliver-once"),
        _plain(SERVICE, f"{programs}/mdafilter-deliver"),
    ]
    return [agent for agent in known if Path(agent.command.split()[0]).exists()]


def _plain(name: str, *argv: str) -> Agent:
    return Agent(name, argv, " ".join(argv))
