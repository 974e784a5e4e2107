"""How readers teach the filter: the [train] table of the configuration. What is done with it stands in mdafilter/train.

In:    the fields, as a file of settings.py has them.
Out:   Options, which `check` has looked at.
Fails: SettingsError.
"""

from __future__ import annotations

from mdafilter.errors import SettingsError
from mdafilter.values import Value

TEACHERS = ("auto", "sa-learn", "spamd", "bayes")


class Options(Value):
    """The [train] table of the configuration."""

    spool: str = "/var/spool/mdafilter/train"
    """The folder of reports that wait: everybody may put one in, only the learner may list them (train/spool.py)."""

    state: str = "/var/lib/mdafilter/train"
    """The folder of what is known: the ledger, the learner's lock, what `mdafilter watch` has seen."""

    user: str = ""
    """Whom sa-learn runs as where root starts the learner, for the data of the site; "" is whoever starts it."""

    door_users: tuple[str, ...] = ("nobody",)
    """Users that Postfix runs the aliases as: default_privs (postconf(5)), the alias file's owner, user= of pipe(8).

    Only what these put into the spool is believed about who reports; any other user reports for himself alone.
    """

    networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Clients that are local (postconf(5), mynetworks). Whoever sends from there is who the envelope's sender says."""

    header: str = ""
    """The field into which a submission service of yours writes who has logged in; "" is none.

    It is believed where Postfix got the report from one of the networks. The service must take away what others wrote.
    """

    trusted: tuple[str, ...] = ()
    """Users and addresses who may teach messages that they did not receive, and for others (spam+USER@)."""

    allowed: tuple[str, ...] = ()
    """Senders (addresses) that may report from anywhere. A sender can be forged: name none that others know."""

    domains: tuple[str, ...] = ()
    """Domains whose addresses are users of this host: bob@example.org is the user bob. None of virtual mailboxes."""

    virtual: str = ""
    """Virtual mailboxes, as `mdafilter serve --virtual` has them: USER:PATH, as in "vmail:/var/mail/%d/%n"; "" is none.

    Every address, but those of `domains`, is a user then, without an account: the mail is there, and the Bayes data are
    those of USER, whom deliveries run as, and name to the scorers.
    """

    teacher: tuple[str, ...] = ("auto",)
    """Who learns: "sa-learn", "spamd", "bayes". "auto" is sa-learn where it is installed, bayes where it is enabled."""

    sa_learn: tuple[str, ...] = ("sa-learn",)
    """The command of sa-learn, with options that it always gets: a path, --dbpath, --siteconfigpath (sa-learn(1))."""

    scope: str = "site"
    """Whose Bayes data is taught: those of the "site", or of the "user" who reports."""

    late: float = 5.0
    """Minutes that a report waits for others at most, so that one start of Perl is enough for all of them."""

    answer: bool = False
    """Whether the reporter gets a line by mail that says what became of it."""

    per_day: int = 200
    """Reports that one reporter may make in a day."""

    moved_per_day: int = 20_000
    """Messages that one user may move (`mdafilter watch`), or teach from an archive of his own, in a day."""

    undo_days: int = 30
    """Days for which what was learned is kept, for `mdafilter train undo`; 0 keeps nothing."""

    junk: tuple[str, ...] = ("Junk",)
    """Folders of which `mdafilter watch` learns: what a reader moves into one is spam, what he moves out is none.

    They are called as rules call them; a folder below one of these is one, too. So it is with the next two.
    """

    trash: tuple[str, ...] = ("Trash", "Deleted Messages", "Deleted Items")
    """Folders of which nothing is learned, whatever is moved into them."""

    unwatched: tuple[str, ...] = ()
    """Folders that are not looked at: what is moved there has gone, and what comes from there is new."""

    rescan: float = 60.0
    """Seconds after which `mdafilter watch`, and a learner that stays, look by themselves: no event is relied on."""

    CHOICES = {"scope": ("site", "user")}


def account(options: Options, user: str) -> str:
    """Whose rights, home and Bayes data a user has: his own, or an address those of virtual mailboxes."""
    return options.virtual.partition(":")[0] if options.virtual and "@" in user else user


def mailbox(options: Options, user: str) -> str:
    """The template of the mailbox of an address; "" where it is none of virtual mailboxes."""
    return options.virtual.partition(":")[2] if "@" in user else ""


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    wrong: list[str] = []
    for name, path in (("spool", options.spool), ("state", options.state)):
        if not path.startswith("/"):
            wrong.append(f"[train] {name} is a path from the root, not {path!r}")
    if options.networks != Options.networks:
        wrong += [f"[train] networks has {text!r}, which is {why}" for text in options.networks if (why := _net(text))]
    wrong += [
        f"[train] teacher has {name!r}; known: {', '.join(TEACHERS)}"
        for name in options.teacher
        if name not in TEACHERS
    ]
    if not options.sa_learn or not options.sa_learn[0]:
        wrong.append('[train] sa_learn is empty; say ["sa-learn"]')
    if not options.teacher:
        wrong.append('[train] teacher is empty; say "auto"')
    if options.virtual and (why := _virtual(options.virtual)):
        wrong.append(f"[train] virtual {why}, not {options.virtual!r}")
    wrong += [f"[train] allowed has {text!r}, which is no address" for text in options.allowed if "@" not in text]
    if not all(c.isascii() and (c.isalnum() or c in "-_") for c in options.header):
        wrong.append(f"[train] header is the name of a field, not {options.header!r}")
    if not 0 <= options.late <= 1440:
        wrong.append("[train] late is 0 to 1440 minutes")
    if options.per_day < 1:
        wrong.append("[train] per_day is more than 0")
    if options.moved_per_day < 1:
        wrong.append("[train] moved_per_day is more than 0")
    for name, folders in (("junk", options.junk), ("trash", options.trash), ("unwatched", options.unwatched)):
        wrong += [f"[train] {name} has an empty name" for folder in folders if not folder.strip()]
    wrong += [f"[train] junk and trash both have {name!r}" for name in options.junk if name in options.trash]
    if not 1 <= options.rescan <= 86400:
        wrong.append("[train] rescan is 1 to 86400 seconds")
    if options.undo_days < 0:
        wrong.append("[train] undo_days is 0 or more")
    if wrong:
        raise SettingsError("\n".join(wrong))


def _virtual(text: str) -> str:
    """What it should be, or ""."""
    account, _, path = text.partition(":")
    letters = {part[:1] for part in path.replace("%%", "").split("%")[1:]}
    if not account or "/" in account or not path.startswith(("/", "~/", "%h/")):
        return "is USER:PATH, as in vmail:/var/mail/%d/%n"
    if letters - {"u", "n", "d", "h"}:
        return "knows %u %n %d %h %%"
    # With the local part alone, users of two domains would have one mailbox, and the address could not be told from it.
    return "" if "u" in letters or {"n", "d"} <= letters else "names a mailbox by %d and %n, or by %u"


def _net(text: str) -> str:
    """What is wrong with a network, or ""."""
    import ipaddress

    try:
        ipaddress.ip_network(text)
    except ValueError as wrong:
        return f"none: {wrong}"
    return ""
