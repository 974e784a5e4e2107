"""What keeps the scorers from learning: each finding with what to do. Nothing is learned or mended here.

    configuration   a teacher that is there; the user of [train] user; Bayes switched off, autolearn, the 200 that
                    SpamAssassin wants before it uses what it has learned
    spool           there, of the rights that let everybody report and nobody read
    state           there, to be written by the learner; the ledger to be read
    virtual         where there are virtual mailboxes: their account, where they are, whose data their users teach
    sa-learn        there, as that user; its database and whether the plugin tells of each message
    spamd           answers; TELL is allowed

In:    the Settings of the site.
Out:   Findings: what is well ("ok"), what is to be known ("note"), what keeps from learning ("wrong").
Fails: never.
Bugs:  where SpamAssassin has no database yet, sa-learn makes an empty one when it is asked whether it can.
       SpamAssassin's own configuration is asked of sa-learn alone; a spamd may have been started with another.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from mdafilter import delivery, limits
from mdafilter.errors import MdafilterError
from mdafilter.message import Message
from mdafilter.scorers import spamd
from mdafilter.train import spool
from mdafilter.train.ledger import NAME, Ledger
from mdafilter.train.mailboxes import mailboxes
from mdafilter.train.teachers import choose
from mdafilter.train.teachers.salearn import PLUGIN, Account, SaLearn
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.settings import Settings
    from mdafilter.train.teachers import Counts

ENOUGH = 200  # bayes_min_spam_num, bayes_min_ham_num (Mail::SpamAssassin::Conf(3))
_NEVER_SEEN = b"Subject: mdafilter train doctor\nMessage-ID: <doctor@mdafilter.invalid>\n\nNobody has learned this.\n"


class Finding(Value):
    """One thing that was looked at. `level` is "ok", "note" or "wrong"; `advice` is what to do."""

    level: str
    what: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, in the order in which things are wanted."""
    names = choose.names(settings)
    if names:
        yield Finding("ok", f"learning: {', '.join(names)}")
    else:
        yield Finding(
            "wrong", "nobody learns: there is no sa-learn", 'apt install spamassassin; or teacher = ["bayes"]'
        )
    yield from _spool(settings)
    yield from _state(settings)
    if os.geteuid() != 0:
        what = "only root can see whether others have got what they report: where it cannot be seen, it is refused"
        yield Finding("note", what, "run the learner as root, or for yourself alone")
    yield from _virtual(settings, names)
    if "sa-learn" in names:
        yield from _sa_learn(settings)
    if "spamd" in names:
        yield from _spamd(settings)
    if os.geteuid() == 0 and not settings.train.user and _is_file_of_the_site(settings, names):
        yield Finding(
            "wrong", f"bayes: root writes {settings.bayes.path}", "[train] user is who delivers, and has to read it"
        )
    if "bayes" in names and choose.database(settings, "bayes", "") == choose.SITE:
        counts = choose.teacher(settings, "bayes", choose.SITE).counts()
        yield from _counts("bayes", counts, "the scorer abstains", settings.bayes.minimum)
    elif "bayes" in names:
        yield Finding("ok", "bayes: each user has counts of his own")


def _spool(settings: Settings) -> Iterator[Finding]:
    folder = settings.train.spool
    make = f"mdafilter train learn, as root, makes it; or install -d -m {spool.MODE:o} {folder}"
    try:
        state = os.stat(folder)
        names = spool.names(folder)
    except FileNotFoundError:
        yield Finding(
            "wrong", f"there is no spool {folder}: the aliases end with 75, and Postfix keeps the reports", make
        )
        return
    except OSError as failed:
        yield Finding(
            "wrong", f"the spool {folder} cannot be listed: {failed.strerror}", "run this as the learner does"
        )
        return
    mode = stat.S_IMODE(state.st_mode)
    if mode & 0o044:
        yield Finding("wrong", f"others can list the spool {folder} ({mode:o})", f"chmod {spool.MODE:o} {folder}")
    elif mode != spool.MODE:
        yield Finding(
            "note", f"the spool {folder} has the rights {mode:o}", f"chmod {spool.MODE:o}: any user can report"
        )
    else:
        yield Finding("ok", f"the spool {folder} takes reports; {len(names)} wait")
    if state.st_uid != os.geteuid():
        yield Finding(
            "note", f"the spool is of the user {state.st_uid}", "run the learner, and this, as that user or root"
        )
    yield from (
        Finding("note", f"{name} stays in the spool: {one.why}", "look at it, and remove it if it is junk")
        for name in names[: limits.SHOWN_ROWS]
        if isinstance(one := spool.read(folder, name), spool.Broken) and one.stays
    )


def _state(settings: Settings) -> Iterator[Finding]:
    folder = settings.train.state
    if not os.path.isdir(folder):
        yield Finding("wrong", f"there is no folder {folder}", f"install -d -m 700 {folder}, of the learner's user")
        return
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        yield Finding(
            "wrong", f"{folder} cannot be written by user {os.geteuid()}", "run the learner as its owner or root"
        )
        return
    path = os.path.join(folder, NAME)
    if not os.path.exists(path):
        yield Finding("ok", f"{folder} can be written; nothing was reported yet")
        return
    try:
        with Ledger(path, reading=True) as ledger:
            failed = [line for line in ledger.lines(limit=limits.SHOWN_ROWS) if line.result == "failed"]
    except MdafilterError as wrong:
        yield Finding("wrong", str(wrong), "move it away if it cannot be mended: what was learned stays learned")
        return
    yield Finding("ok", f"the ledger {path} can be read")
    if failed:
        yield Finding(
            "wrong", f"{len(failed)} of the last lines failed: {failed[0].why}", "the reports stay, and come again"
        )


def _is_file_of_the_site(settings: Settings, names: tuple[str, ...]) -> bool:
    is_site = "bayes" in names and choose.database(settings, "bayes", "") == choose.SITE
    return is_site and not settings.bayes.path.startswith("redis")


def _virtual(settings: Settings, names: tuple[str, ...]) -> Iterator[Finding]:
    train = settings.train
    if not train.virtual:
        return
    name, _, path = train.virtual.partition(":")
    account = Account.of(name)
    if account is None or account.uid == 0:
        why = "is root" if account else "does not exist"
        yield Finding("wrong", f"the user {name!r}, whose virtual mailboxes are, {why}", "[train] virtual = USER:PATH")
        return
    found = mailboxes(path, delivery.Account(name, account.home))
    if found:
        yield Finding("ok", f"virtual mailboxes {path} of {name}: {len(found)}")
    else:
        advice = "[train] virtual has the path of `serve --virtual`, or of -m; a mailbox is there when it has mail"
        yield Finding("wrong", f"there is no virtual mailbox {path}", advice)
    both = sorted({domain.lower() for domain in train.domains} & {user.rpartition("@")[2] for _, user in found})
    if both:
        yield Finding(
            "wrong", f"{', '.join(both)}: virtual mailboxes, and in [train] domains", "take it out of domains"
        )
    if shared := [one for one in names if choose.database(settings, one, f"{name}@") == name]:
        what = f"{', '.join(shared)}: virtual users teach the data of {name} together"
        yield Finding("note", what, f"their deliveries ask for {name}; who may teach them must have got the message")


# --- sa-learn ------------------------------------------------------------------------------------------------------


def _sa_learn(settings: Settings) -> Iterator[Finding]:
    options = settings.train
    program = options.sa_learn[0]
    if not shutil.which(program):
        yield Finding(
            "wrong", f"{program} is not installed", "apt install spamassassin; or say where: sa_learn = [...]"
        )
        return
    if options.user and Account.of(options.user) is None:
        yield Finding("wrong", f"there is no user {options.user!r}", "[train] user is whom spamd runs as")
        return
    if not options.user and os.geteuid() == 0 and options.scope == "site":
        yield Finding("note", "sa-learn runs as root, with root's database", '[train] user = "debian-spamd", as spamd')
    found = choose.teacher(settings, "sa-learn", choose.SITE)
    if isinstance(found, choose.Unable):
        yield Finding("wrong", found.why, "run the learner as root, or as that user")
    elif isinstance(found, SaLearn):
        yield from _asked(found)


def _asked(teacher: SaLearn) -> Iterator[Finding]:
    """What sa-learn itself says: that of a message that nobody has learned, to be forgotten, changes nothing."""
    told = teacher.forget([("", _NEVER_SEEN)])[""]
    if told.result == "failed":
        yield Finding("wrong", f"sa-learn cannot work: {told.why}", _advice(told.why))
        return
    if not _tells(teacher):
        why = f"it does not load {PLUGIN}: of a batch only the sum is known"
        yield Finding("note", f"sa-learn: {why}", "let that user read the file")
    else:
        yield Finding("ok", "sa-learn can write its database, and tells of each message")
    yield from _counts("sa-learn", teacher.counts(), "SpamAssassin does not use it (BAYES_*)")
    yield from _configured(teacher)


def _tells(teacher: SaLearn) -> bool:
    return b"mdafilter: forget" in teacher.start("forget", [_NEVER_SEEN]).out


def _configured(teacher: SaLearn) -> Iterator[Finding]:
    """Settings of SpamAssassin, of which it says nothing itself: read as it reads them, from its folder."""
    given = next((word.partition("=")[2] for word in teacher.command if word.startswith("--siteconfigpath=")), "")
    lines = _configuration(given or "/etc/spamassassin")
    if lines.get("bayes_auto_learn", "1") == "1":
        yield Finding(
            "note", "SpamAssassin learns by itself, too (autolearn)", "bayes_auto_learn 0 leaves it to readers"
        )
    if "bayes_path" not in lines and teacher.account is not None:
        what = f"no bayes_path: the database is in {teacher.account.home}/.spamassassin"
        yield Finding("note", what, "spamd must run as the same user, or with the same bayes_path")


def _configuration(folder: str) -> dict[str, str]:
    """The last value of each setting in the *.cf files of a folder, in their order."""
    found: dict[str, str] = {}
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".cf"))
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                for line in file:
                    words = line.partition("#")[0].split(None, 1)
                    if len(words) == 2:
                        found[words[0]] = words[1].strip()
    except OSError:
        return found  # what cannot be read has its default
    return found


def _advice(why: str) -> str:
    if "use_bayes" in why:
        return "use_bayes 1 in /etc/spamassassin/local.cf"
    if "ermission denied" in why or "annot create" in why:
        return "let [train] user own the folder of bayes_path; spamd runs as the same user"
    return "what sa-learn says is in the manual page sa-learn(1)"


def _counts(name: str, counts: Counts | None, otherwise: str, enough: int = ENOUGH) -> Iterator[Finding]:
    if counts is None:
        yield Finding("note", f"{name} has learned nothing yet", f"{otherwise} before it has {enough} of each")
        return
    what = f"{name} has learned {counts.spam} spam and {counts.ham} ham"
    missing = [f"{enough - n} {side}" for side, n in (("spam", counts.spam), ("ham", counts.ham)) if n < enough]
    if missing:
        yield Finding(
            "note", f"{what}: {otherwise} before it has {' and '.join(missing)} more", "mdafilter train spam FOLDER"
        )
    else:
        yield Finding("ok", what)


# --- spamd ---------------------------------------------------------------------------------------------------------


def _spamd(settings: Settings) -> Iterator[Finding]:
    """TELL to forget a message that nobody has learned: whether it is allowed is all that this tells."""
    if settings.spamd.enabled == "off":
        yield Finding("wrong", "[spamd] enabled is off", 'enabled = "on"; or teacher = ["sa-learn"]')
        return
    options = settings.spamd.replace(timeout=min(settings.spamd.timeout, 20.0), retries=0)
    try:
        spamd.tell(Message.parse(_NEVER_SEEN), "forget", options, user=settings.train.user)
    except MdafilterError as failed:
        advice = "start spamd; [spamd] hosts says where"
        if "--allow-tell" in str(failed):
            advice = "add --allow-tell to its options (/etc/default/spamd), and start it anew"
        yield Finding("wrong", str(failed), advice)
        return
    yield Finding("ok", f"spamd {', '.join(settings.spamd.hosts)} answers, and TELL is allowed")
