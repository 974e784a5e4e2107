"""Scores messages by what the words of earlier ones were: a scorer that needs no server, and learns from people.

Each message that somebody calls spam or ham is taken apart into tokens (tokens.py), and how many messages of either
kind had each token is counted, in a file of SQLite (sqlite.py) or in a Redis that hosts share (redis.py). The tokens of
a new message, weighed by these counts (classify.py), are its score: 5.0 and more is spam, 0 and less is ham, and what
is between is unsure. With fewer than `minimum` messages of either kind it abstains.

Asked when a rule wants the verdict: where spamd gives none ("auto"), or beside spamd ("on"): then it moves spamd's
score by `points`, up for spam and down for ham. The symbols of the verdict name the tokens that decided.

In:    a Message (to learn from: its octets, too), the Options ([bayes] of the settings), the name of the user.
Out:   score: Scored, as spamd.score. learn and forget: "learned", "known" (nothing to do), "changed" (the other verdict
       was taken back), "forgotten", each exactly once for a message, however often it is said (teach.py), as long as it
       is remembered (expiry.py).
Fails: score never: without counts, or where they cannot be read, nobody has answered, and the note says why. All else
       TryAgain (4.3.0) where the counts cannot be read or written; nothing is half done then.
       SettingsError for options that are wrong.

The parts that do the work are imported when they are asked: most deliveries need only Options of this file.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.errors import MdafilterError, SettingsError, TryAgain
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.world import Scored, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.message import Message
    from mdafilter.scorers.bayes.classify import Opinion
    from mdafilter.scorers.bayes.expiry import Gone
    from mdafilter.scorers.bayes.store import Counts, Whole

THRESHOLD = 5.0  # of the scores that are given: what spamd's is, too
DEFAULT = ".local/state/mdafilter/bayes.db"  # below the home; XDG Base Directory Specification, XDG_STATE_HOME
KINDS = ("spam", "ham")


class Options(Value):
    """The [bayes] table of the configuration."""

    enabled: str = "auto"
    """"auto": asked where spamd gives no verdict; "on": also beside spamd, whose score it moves; "off"."""

    path: str = ""
    """Where the counts are: a file, redis://[USER:PASSWORD@]HOST[:PORT][/DB], or redis+unix:/SOCKET. "" is a file of
    the user, below ~/.local/state. ~ and %h are the user's home, %n the name: a path without them is the site's."""

    name: str = "%n"
    """Whose counts they are in Redis: %n is the user; any other text is shared by all who say it."""

    minimum: int = 50
    """Messages of each kind that must have been learned before it gives a verdict. Up to some hundreds it is careful:
    evidence of spam counts less (classify.py), and more of it is unsure."""

    spam: float = 5.0
    """The evidence (classify.py) from which on a message is spam."""

    ham: float = -2.0
    """The evidence down to which it is ham. What is between is unsure."""

    points: float = 2.5
    """Beside spamd: what its score is moved by."""

    max_size: int = limits.BAYES_OCTETS
    """Octets of counts. Past that those go that were not taught for the longest time, the rarest first."""

    timeout: float = 5.0
    """Seconds that Redis, or another writer of the file, is waited for."""

    CHOICES = {"enabled": ("auto", "on", "off")}


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    wrong: list[str] = []
    if not options.ham < options.spam:  # true for nan, too
        wrong.append("[bayes] spam is more than ham")
    if options.minimum < 1:
        wrong.append("[bayes] minimum is more than 0")
    if not 0 < options.timeout <= limits.DELIVERY_SECONDS:
        wrong.append(f"[bayes] timeout is more than 0 and at most {limits.DELIVERY_SECONDS:g} seconds")
    if options.max_size < limits.BAYES_LEAST_OCTETS:
        wrong.append(f"[bayes] max_size is at least {limits.BAYES_LEAST_OCTETS}")
    if not 0 <= options.points <= 100:
        wrong.append("[bayes] points is from 0 to 100")
    if options.path.startswith("redis"):
        from mdafilter.scorers.bayes import redis

        wrong += redis.faults(options.path)
    elif options.path and not options.path.startswith(("/", "~/", "%h/")):
        wrong.append("[bayes] path begins with /, ~/, %h/, redis:// or redis+unix:")
    if wrong:
        raise SettingsError("\n".join(wrong))


def score(message: Message, options: Options, *, user: str = "", home: str = "", trusted: bool = False) -> Scored:
    """The verdict of the counts, and the message marked with it. `trusted` is as in mark.mark."""
    from mdafilter.scorers import mark

    found, note = opinion(message, options, user=user, home=home)
    if found is None:
        return Scored(message, None, note)
    verdict = _verdict(found, options)
    return Scored(mark.mark(message, verdict, trusted=trusted), verdict)


def beside(message: Message, scored: Scored, options: Options, *, user: str = "", home: str = "") -> Scored:
    """What spamd said of `message`, moved by what the counts say; as it was where they say nothing."""
    from mdafilter.scorers import mark

    found, _note = opinion(message, options, user=user, home=home)
    if found is None or scored.verdict is None:
        return scored
    own, theirs = _verdict(found, options), scored.verdict
    moved = options.points * (found.evidence >= options.spam) - options.points * (found.evidence <= options.ham)
    total = theirs.score + moved
    verdict = theirs.replace(
        spam=total >= theirs.threshold if moved else theirs.spam,
        score=total,
        symbols=theirs.symbols + own.symbols,
        scorer=f"{theirs.scorer}+bayes",
    )
    marked = mark.distrust(scored.message).on_top()
    return Scored(mark.mark(marked, verdict, trusted=True), verdict, scored.note)


def opinion(message: Message, options: Options, *, user: str = "", home: str = "") -> tuple[Opinion | None, str]:
    """What the counts say; None: nothing, and why. Only the counts of the message's own tokens are read."""
    if options.enabled == "off":
        return None, "bayes is switched off"
    check(options)
    from mdafilter.scorers.bayes.store import CountsError, numbers

    try:
        if options.enabled == "auto" and _is_missing(options.path, user, home):
            return None, ""  # sqlite3 takes as long to import as half a delivery does
        store = _open(options, user, home)
        try:
            totals = store.totals()
            if min(totals.spam, totals.ham) < options.minimum:
                if options.enabled == "auto" and not totals.spam + totals.ham:
                    return None, ""  # nobody uses it: there is nothing to tell of
                few = f"{totals.spam} spam and {totals.ham} ham are learned, of {options.minimum} of each"
                return None, f"bayes: not trained yet: {few}"
            from mdafilter.scorers.bayes import classify, tokens

            names = tokens.tokens(message)
            ids = numbers(names)
            return classify.opinion(names, ids, store.rows(ids), totals), ""
        finally:
            store.close()
    except CountsError as failed:  # the message is in our hands as it was: it is delivered unscored
        return None, f"bayes: {failed}"


def _verdict(found: Opinion, options: Options) -> Verdict:
    scale = THRESHOLD / (options.spam - options.ham)
    spam = found.evidence >= options.spam
    # The threshold stands for itself: no rounding may put a score on its other side.
    points = max(THRESHOLD, (found.evidence - options.ham) * scale) if spam else (found.evidence - options.ham) * scale
    word = "SPAM" if spam else "HAM" if found.evidence <= options.ham else "UNSURE"
    return Verdict(spam, points, THRESHOLD, (f"BAYES_{word}", *found.shown()), "bayes")


def learn(given: Message | bytes, verdict: str, options: Options, user: str = "", *, home: str = "") -> str:
    """Counts the message as "spam" or "ham": "learned", "known" or "changed". TryAgain, SettingsError."""
    return learn_all([given], verdict, options, user, home=home)[0]


def learn_all(
    given: Iterable[Message | bytes], verdict: str, options: Options, user: str = "", *, home: str = ""
) -> list[str]:
    """As learn, of many messages: one opening of the counts, a transaction for each message."""
    from mdafilter.scorers.bayes import teach

    if verdict not in KINDS:
        raise SettingsError(f"no verdict: {verdict!r}; known are spam, ham")
    with _Session(options, user, home) as store:
        return [teach.learn(store, teach.lesson(one), verdict == "spam", options.max_size) for one in given]


def forget(given: Message | bytes, options: Options, user: str = "", *, home: str = "") -> str:
    """Takes back what was learned of the message: "forgotten", or "known" if nothing was. TryAgain, SettingsError."""
    from mdafilter.scorers.bayes import teach

    with _Session(options, user, home) as store:
        return teach.forget(store, teach.lesson(given))


def counts(options: Options, user: str = "", *, home: str = "") -> tuple[int, int]:
    """How many messages are learned: spam, ham. TryAgain, SettingsError."""
    with _Session(options, user, home) as store:
        totals = store.totals()
        return totals.spam, totals.ham


def expire(options: Options, user: str = "", *, home: str = "", most: int = 0, dry: bool = False) -> Gone:
    """Removes old counts where there are more than `most` octets (max_size), and gives the room back to the system.

    `dry`: it only tells what would go. TryAgain, SettingsError; Nothing where there are no counts.
    """
    from mdafilter.scorers.bayes import expiry

    with _Session(_patient(options), user, home, write=False) as store:
        found = expiry.expire(store, most or options.max_size, dry=True)
        _some(store, options, user, home)
    if dry:
        return found
    with _Session(_patient(options), user, home) as store:
        gone = expiry.expire(store, most or options.max_size)
        store.compact()
        return gone.replace(after=store.size())


def export(options: Options, user: str = "", *, home: str = "") -> Iterator[str]:
    """All counts as lines of text (dump.py). TryAgain, SettingsError; Nothing where there are none."""
    from mdafilter.scorers.bayes import dump

    with _Session(_patient(options), user, home, write=False) as store:
        _some(store, options, user, home)
        yield from dump.lines(store)


def import_(
    lines: Iterable[str],
    options: Options,
    user: str = "",
    *,
    home: str = "",
    over: bool = False,
    name: str = "the export",
) -> Whole:
    """Puts what export gave in the place of all counts, whole or not at all; what is there now.

    TryAgain; SettingsError for a wrong line (of `name`); Taken where there are counts already, without `over`.
    """
    from mdafilter.scorers.bayes import dump

    whole = dump.read(lines, name)
    with _Session(_patient(options), user, home) as store:
        there = store.replace(whole, over)
    if there is not None:
        has = f"{place(options, user, home)} has learned {there.spam} spam and {there.ham} ham"
        raise Taken(f"{has}, which would be lost: nothing is imported")
    return whole


def place(options: Options, user: str, home: str) -> str:
    """Where the counts are, for people. TryAgain."""
    from mdafilter.scorers.bayes.store import CountsError

    if options.path.startswith("redis"):  # not the URL: a password may stand in it
        return f"Redis ({options.name.replace('%n', user)})"
    try:
        return _file(options.path, user, home)
    except CountsError as failed:
        raise TryAgain(f"bayes: {failed}") from failed


class Nothing(MdafilterError):
    """There are no counts."""


class Taken(MdafilterError):
    """There are counts already."""


def _some(store: Counts, options: Options, user: str, home: str) -> None:
    if not store.totals().some():
        raise Nothing(f"{place(options, user, home)}: nothing is learned there")


def _patient(options: Options) -> Options:
    """For work on all of the counts, which a person waits for."""
    return options.replace(timeout=max(options.timeout, limits.BAYES_MOVE_SECONDS))


class _Session:
    """The counts, open as long as the block lasts, for writing if not said otherwise; what fails is TryAgain."""

    def __init__(self, options: Options, user: str, home: str, *, write: bool = True) -> None:
        check(options)
        self._given = options, user, home
        self._write = write
        self._store: Counts | None = None

    def __enter__(self) -> Counts:
        from mdafilter.scorers.bayes.store import CountsError

        try:
            self._store = _open(*self._given, write=self._write)
        except CountsError as failed:
            raise TryAgain(f"bayes: {failed}") from failed
        return self._store

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        from mdafilter.scorers.bayes.store import CountsError

        if self._store is not None:
            self._store.close()
        if isinstance(error, CountsError):  # the transaction is undone: what was said before is learned, this is not
            raise TryAgain(f"bayes: {error}") from error


def _open(options: Options, user: str, home: str, *, write: bool = False) -> Counts:
    from mdafilter.scorers.bayes.store import CountsError

    path = options.path
    if path.startswith("redis"):
        from mdafilter.scorers.bayes import redis

        if "%n" in options.name and not user:
            raise CountsError("whose counts they are is not known: there is no user")
        return redis.Redis(path, options.name.replace("%n", user), options.timeout)
    from mdafilter.scorers.bayes import sqlite

    return sqlite.Sqlite(_file(path, user, home), options.timeout, write=write)


def _is_missing(path: str, user: str, home: str) -> bool:
    """Whether nobody has ever taught it, as far as that can be told without a database."""
    if path.startswith("redis"):
        return False
    try:
        os.lstat(_file(path, user, home))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # sqlite.py says what is wrong
    return False


def _file(path: str, user: str, home: str) -> str:
    from mdafilter.scorers.bayes.store import CountsError

    if path.startswith("~/"):
        path = "%h" + path[1:]
    if (not path or "%h" in path) and not home:
        home = _home(user)
    if not path:
        state = os.environ.get("XDG_STATE_HOME", "")
        own = state.startswith("/") and home == os.environ.get("HOME")
        return f"{state}/mdafilter/bayes.db" if own else os.path.join(home, DEFAULT)
    if "%n" in path and (not user or "/" in user or user.startswith(".") or "\0" in user):
        raise CountsError(f"the user {user!r} cannot be part of a path")
    return path.replace("%h", home).replace("%n", user)


def _home(user: str) -> str:
    """The home of a user, of whoever runs this where there is none. CountsError."""
    import pwd

    from mdafilter.scorers.bayes.store import CountsError

    if not user and (home := os.environ.get("HOME")):
        return home
    try:
        return pwd.getpwnam(user).pw_dir if user else pwd.getpwuid(os.geteuid()).pw_dir
    except (KeyError, ValueError) as failed:
        raise CountsError(f"there is no user {user!r}") from failed
