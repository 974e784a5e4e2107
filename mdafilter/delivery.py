"""One delivery, whoever asks for it: from arguments, an environment and a message to receipts.

What the arguments do not say comes from Postfix' environment (local(8): SENDER, RECIPIENT, ORIGINAL_RECIPIENT,
EXTENSION, USER, HOME ...) and the leading From line of the message. `become` gives up root's rights, for good.

Out:   Receipts; pipeline.Setup and the Envelope, for who only wants to know.
Fails: TryAgain (4.3.5) for a configuration that is wrong, a user who does not exist, and root.
"""

from __future__ import annotations

import os

from mdafilter import compiled, journal, pipeline, rulebook, settings
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.intake import receive
from mdafilter.message import Envelope
from mdafilter.outside import Outside
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.arguments import Arguments
    from mdafilter.perform import Wanted
    from mdafilter.receipts import Receipts


class Account(Value):
    """A user: the name, and the home ("" has none)."""

    name: str
    home: str


def deliver(
    arguments: Arguments,
    environ: dict[str, str],
    source: int | bytes,
    account: Account | None = None,
    wanted: Wanted | None = None,
    top: bytes = b"",
) -> Receipts:
    """Delivers the message, or the one on a descriptor. TryAgain if that cannot be done now.

    `account` is that of the user we run as, where the caller knows it; root becomes the user of -u. `wanted` is
    perform's; `top` is intake's.
    """
    if account is None and os.geteuid() == 0:
        account = become(arguments.user or "", environ)  # before a single octet of the message is read
    home = account.home if account else environ.get("HOME", "")
    folders = [p for p in (arguments.maildir or "", os.path.join(home, "Maildir"), home) if p]
    received = receive(source, folders, top=top)
    setup, envelope = prepare(arguments, environ, received.from_line, keep=True, account=account)
    octets = received.octets
    world = Outside(setup.settings, envelope, setup.mailbox, home=setup.home, environ=environ, octets=octets)
    return pipeline.deliver(octets, envelope, setup, world, wanted)


def prepare(
    arguments: Arguments,
    environ: dict[str, str],
    from_line: bytes = b"",
    *,
    keep: bool = False,
    account: Account | None = None,
    completed: Callable[[Envelope, str], Envelope] | None = None,
) -> tuple[pipeline.Setup, Envelope]:
    """Settings, rules, mailbox and envelope of a delivery; with `keep` what was compiled is kept for the next one.

    `completed` may say more of the envelope, by the delimiters of addresses: of a message that is stored already.
    TryAgain for a configuration that is wrong.
    """
    account = account or _ours(arguments, environ)
    name, home = account.name, account.home
    cache = compiled.folder(environ, home) if keep else ""
    envelope = Envelope.of(environ, arguments.sender, arguments.recipient, arguments.extension, from_line)
    if not envelope.user:
        envelope = envelope.replace(user=name)
    try:
        chosen = settings.load(home, arguments.config or "", environ, cache)
        if completed is not None:
            envelope = completed(envelope, chosen.recipient_delimiter)
        where = _mailbox_address(envelope) or name
        template = arguments.maildir or chosen.maildir or usual(home)
        mailbox = settings.expand(template, home=home, recipient=where)
        log = settings.expand(chosen.journal.path, home=home, recipient=where)
    except SettingsError as wrong:
        raise TryAgain(str(wrong), "4.3.5") from wrong
    if not log and home:
        log = journal.default_path(environ, home)
    book = rulebook.load(chosen, home, arguments.rules, cache)
    log_file = journal.Journal.of(chosen.journal, log)
    base = settings.base(template, home=home)
    return pipeline.Setup(chosen, book, mailbox, home, log_file, base, environ), envelope


def _ours(arguments: Arguments, environ: dict[str, str]) -> Account:
    """Of the user that we run as. Root becomes the user that it named; it delivers nothing as root."""
    import pwd

    if os.geteuid() == 0:
        return become(arguments.user or "", environ)
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:  # virtual users may run under a number that has no name
        return Account(arguments.user or environ.get("USER", ""), environ.get("HOME", ""))
    return Account(arguments.user or entry.pw_name, environ.get("HOME") or entry.pw_dir)


def become(name: str, environ: dict[str, str]) -> Account:
    """Root gives up its rights for those of the user. TryAgain where that is root again, or nobody known."""
    import pwd

    if not name:
        raise TryAgain("will not deliver as root; say -u USER, or see default_privs in postconf(5)", "4.3.5")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise TryAgain(f"there is no user {name!r}", "4.3.5") from None
    if entry.pw_uid == 0:
        raise TryAgain("will not deliver as root", "4.3.5")
    try:
        give_up_root(entry.pw_uid, entry.pw_gid, entry.pw_name)
    except OSError as failed:
        raise TryAgain(f"cannot become {name!r}: {failed.strerror}", "4.3.5") from failed
    environ["HOME"] = entry.pw_dir
    return Account(entry.pw_name, entry.pw_dir)


def give_up_root(uid: int, gid: int, name: str = "") -> None:
    """Root's rights for those of a user, for good; without a name there is no group beside the one. OSError.

    TryAgain where that has not come about: -1, as which a large number reads, is no change (setresuid(2)).
    """
    os.initgroups(name, gid) if name else os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if (os.getresuid(), os.getresgid()) != ((uid,) * 3, (gid,) * 3) or uid == 0:
        raise TryAgain(f"cannot become the user {uid}", "4.3.5")


def _mailbox_address(envelope: Envelope) -> str:
    """The recipient without the extension that Postfix says it has: user+detail has the mailbox of user."""
    if not envelope.extension:
        return envelope.recipient
    _local, at, domain = envelope.recipient.rpartition("@")
    return f"{envelope.user_part}{at}{domain}"


def usual(home: str) -> str:
    """~/Maildir, or ~/.maildir where that exists and the other does not."""
    if not home:
        raise SettingsError("there is no home and no maildir is configured: say -m, or maildir = in the configuration")
    old = os.path.join(home, ".maildir")
    new = os.path.join(home, "Maildir")
    return old if os.path.isdir(old) and not os.path.isdir(new) else new
