"""The learner: takes reports from the spool, has taught what they are worth, and says in the ledger what came of it.

A batch costs one call of each teacher for each database and verdict: a hundred reports are one start of Perl.

    report      of the spool; broken: refused, and taken out
    reporter    proven, and not beyond what he may report in a day (reporter.py)
    originals   what it reports; or looked up in his mail (originals.py, found.py)
    each        bare, and known by a hash; fit to learn from (teachers/fit.py); received by the reporter, unless he is
                trusted, or the learner's own account reports: also what `watch` or an archive says, for everybody may
                put a file into the spool that says so
    line        in the ledger, before anybody is taught: a kill from here on is found again by it
    taught      unless the ledger says that it stands so already, or that a later report says otherwise
    line        finished; when all of a report are, it is taken out of the spool; then the reporter may be answered

Killed anywhere, the next learner begins with the same reports: lines that are finished are not done again, others are
taught again, and every teacher knows a message that it has (teachers/__init__.py). Reports that a teacher could not
learn stay, and come again, for limits.LEARN_GIVE_UP_SECONDS. There is one learner at a time (lock.py); sa-learn holds
the lock as long as it runs, also if the learner does not any more.

Of two verdicts on one message the later wins, by the time at which it was reported; both are in the ledger.

In:    Settings of the site, the Ledger, functions for all that is outside (Outside).
Out:   Done.
Fails: LedgerFailed, OSError of the spool: what is not finished is in the spool.
Known bugs: what a user with an account here can write himself is no proof: a message that he has put into his own
       Maildir, or told of in his own journal, counts as received (found.py). [train] per_day and moved_per_day say how
       much that can be, and the ledger that it was he. A move in a Maildir that only his own configuration names is
       refused, unless the journal knows the message: the learner asks the site's (where.py).
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.targets.label import clean
from mdafilter.train import SOURCES, Hints, Original, Report, Reporter, spool, stored
from mdafilter.train.answer import answer
from mdafilter.train.bare import bare
from mdafilter.train.identity import Identity, identity
from mdafilter.train.ledger import Line
from mdafilter.train.originals import originals
from mdafilter.train.reporter import reporter as reporter_of
from mdafilter.train.teachers import Taught, choose
from mdafilter.train.teachers.choose import SITE
from mdafilter.train.teachers.choose import teacher as teacher
from mdafilter.train.teachers.fit import why_not
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mdafilter.settings import Settings
    from mdafilter.train.found import Mail
    from mdafilter.train.ledger import Ledger
    from mdafilter.train.spool import Broken
    from mdafilter.train.teachers import Counts, Teacher

DAY = 86400.0
ATTACH = (
    "the message that this forward is about is not in your mailbox: forward it as an attachment "
    "(Thunderbird: Forward As, Attachment; Outlook: Ctrl+Alt+F; Gmail: Forward as attachment), or redirect it"
)
NOT_RECEIVED = "this message was not delivered to you: what you did not receive, only who is trusted may teach"


class Outside(Value):
    """What the learner asks of the outside."""

    teachers: tuple[str, ...]  # the names of those that learn
    teacher: Callable[[str, str], Teacher]  # of a name, for a database
    mail: Callable[[str], Mail]  # of a user
    login: Callable[[int], str]  # the name of a user's number, "" for none
    ours: Callable[[str], bool]  # whether a host is one of ours
    clock: Callable[[], float]
    send: Callable[[str, bytes], str]  # a letter to whom; "" or why not


class Done(Value):
    """What a batch did: how many lines got which result, how many reports have left the spool and how many stay."""

    results: tuple[str, ...] = ()
    finished: int = 0
    stay: int = 0
    why: str = ""  # they stay


class Lesson(Value):
    """One message for one teacher and database: a line of the ledger that is not finished."""

    line: Line
    raw: bytes

    @property
    def key(self) -> tuple[str, str, str]:
        """What must not be taught twice at a time."""
        return self.line.teacher, self.line.database, self.line.hash


class Case(Value):
    """A report, and what there is to do for it."""

    report: Report
    reporter: Reporter | None
    lessons: tuple[Lesson, ...] = ()
    stays: str = ""  # why nothing can be done for it now


def batch(settings: Settings, ledger: Ledger, outside: Outside) -> Done:
    """Learns from what is in the spool, as much as one batch is."""
    return Batch(settings, ledger, outside).run()


class Batch:
    """One batch: what it has looked up is as old as its beginning."""

    def __init__(self, settings: Settings, ledger: Ledger, outside: Outside) -> None:
        self.settings = settings
        self.options = settings.train
        self.ledger = ledger
        self.outside = outside
        self.now = outside.clock()
        self._mails: dict[str, Mail] = {}
        self._made: dict[tuple[str, bool], int] = {}  # reports of a day, by the reporter and whether he wrote them
        self._results: list[str] = []

    def run(self) -> Done:
        """See batch()."""
        taken = list(spool.take(self.options.spool, octets=limits.TEACH_OCTETS))
        for one in taken:
            if not isinstance(one, Report) and not one.stays:
                self._broken(one)
        reports = [one for one in taken if isinstance(one, Report)]
        cases = self._cases(sorted(reports, key=lambda one: one.time))
        self._teach([lesson for case in cases for lesson in case.lessons])
        stay = [why for case in cases if (why := self._unfinished(case))]
        waiting = sum(not isinstance(one, Report) and one.stays for one in taken)
        finished = len(taken) - len(stay) - waiting
        return Done(tuple(self._results), finished, len(stay), next(iter(stay), ""))

    def learn(self, reports: Sequence[Report]) -> None:
        """Learns reports that are in no spool: an archive's. What became of them is in the ledger, under their ids."""
        self._teach([lesson for case in self._cases(reports) for lesson in case.lessons])

    # --- what a report is worth ------------------------------------------------------------------------------------

    def _broken(self, broken: Broken) -> None:
        """What is no report: who put it there is in the ledger."""
        name = self.outside.login(broken.uid)
        empty = Report("", "", {}, b"", broken.id, broken.time, broken.uid)
        self._refuse(
            empty, Reporter(name, "local"), None, f"it is no report: {broken.why}", _by_key(self._lines(broken.id))
        )
        spool.finish(self.options.spool, broken.id)

    def _cases(self, reports: Sequence[Report]) -> list[Case]:
        """Each report's. Their lines are on the disk when it returns, before anybody is taught."""
        with self.ledger.together():
            return [self._case(report) for report in reports]

    def _case(self, report: Report) -> Case:
        """Finds out whom and what it is about; a line for each message is in the ledger when it returns."""
        lines = self._lines(report.id)
        have = _by_key(lines)
        reporter = reporter_of(report, self.options, self.outside.login)
        if isinstance(reporter, str):
            self._refuse(report, None, None, reporter, have)
            return Case(report, None)
        if not have and (why := self._too_much(report, reporter)):
            self._refuse(report, reporter, None, why, have)
            return Case(report, reporter)
        lessons: list[Lesson] = []
        try:
            found = self._originals(report, reporter)
            for one in found:
                if isinstance(one, Original):
                    lessons += self._lessons(report, reporter, one, have)
                else:
                    self._refuse(report, reporter, _told(one) if len(found) > 1 else None, ATTACH, have)
        except TryAgain as failed:  # no room to unpack it, or nothing that unpacks it: it stays in the spool
            return Case(report, reporter, stays=failed.text)
        except stored.Broken as failed:
            self._refuse(report, reporter, None, str(failed), have)
            return Case(report, reporter)
        known = {lesson.line.id for lesson in lessons}
        for line in lines:
            if line.result == "" and line.id not in known:  # a try before this one still had its message
                self._finish(line, Taught("refused", "its message is gone"))
        return Case(report, reporter, tuple(lessons))

    def _too_much(self, report: Report, reporter: Reporter) -> str:
        """Why he may report no more today, or "". The ledger is asked once for all reports of a batch."""
        written = report.source == "alias"
        if not written and _is_believed(report, reporter):
            return ""
        most = self.options.per_day if written else self.options.moved_per_day
        key = reporter.name, written
        if key not in self._made:
            sources = [source for source in SOURCES if (source == "alias") is written]
            self._made[key] = self.ledger.count_since(reporter.name, self.now - DAY, sources)
        self._made[key] += 1
        return f"more than {most} {'reports' if written else 'moved messages'} in a day" * (self._made[key] > most)

    def _originals(self, report: Report, reporter: Reporter) -> Sequence[Original | Hints]:
        """What is reported; the hints of what he does not have."""
        if report.source != "alias":
            return (Original(stored.whole(report.message), "file"),)
        found: list[Original | Hints] = []
        for one in originals(Message.parse(report.message)):
            raw = self._mail(reporter).find(one) if isinstance(one, Hints) else None
            found.append(one if raw is None else Original(raw, "found"))
        return found

    def _mail(self, reporter: Reporter) -> Mail:
        if reporter.name not in self._mails:
            self._mails[reporter.name] = self.outside.mail(reporter.name)
        return self._mails[reporter.name]

    def _lessons(
        self, report: Report, reporter: Reporter, original: Original, have: dict[tuple[str, str, str], Line]
    ) -> Iterable[Lesson]:
        """A lesson for each teacher, but those that have had it; none, and a line that says why, if it is refused."""
        raw = bare(original.raw, self.outside.ours)
        known = identity(raw)
        why = why_not(raw)
        believed = _is_believed(report, reporter) or original.how == "found"
        if not why and not believed and not self._mail(reporter).received(known, report.facts.get("file", "")):
            why = NOT_RECEIVED
        if why:
            self._refuse(report, reporter, known, why, have)
            return
        for name in self.outside.teachers:
            database = choose.database(self.settings, name, reporter.user)
            key = name, database, known.hash
            line = have.get(key) or self._add(report, reporter, known, name, database)
            if line.result in ("", "failed"):
                yield Lesson(line, raw)
            have[key] = line.replace(result="taken")  # a report may have the same message twice

    # --- teaching --------------------------------------------------------------------------------------------------

    def _teach(self, lessons: Sequence[Lesson]) -> None:
        """Each message once at a time, in the order of the reports: what is reported twice is known the second time."""
        while lessons:
            first: dict[tuple[str, str, str], Lesson] = {}
            later = []
            for lesson in lessons:
                if first.setdefault(lesson.key, lesson) is not lesson:
                    later.append(lesson)
            calls: dict[tuple[str, str, str], list[Lesson]] = {}
            with self.ledger.together():
                new = [lesson for lesson in first.values() if not self._stands(lesson)]
            for lesson in new:
                line = lesson.line
                calls.setdefault((line.teacher, line.database, line.verdict), []).append(lesson)
            for (name, database, verdict), given in calls.items():
                self._call(self.outside.teacher(name, database), verdict, given)
            lessons = later

    def _stands(self, lesson: Lesson) -> bool:
        """Whether the ledger says that it need not be taught; the line is finished then."""
        line = lesson.line
        standing = next(iter(self.ledger.find(line.hash, line.database, line.teacher)), None)
        if standing is None or standing.result == "forgotten" or standing.hash != line.hash:
            return False
        if standing.verdict == line.verdict:
            self._finish(line, Taught("known", f"as {standing.id} says"))
            return True
        if standing.time > line.time:
            self._finish(line, Taught("refused", f"{standing.id}, which was reported later, says {standing.verdict}"))
            return True
        return False

    def _call(self, teacher: Teacher, verdict: str, lessons: Sequence[Lesson]) -> None:
        told = teacher.learn(verdict, [(str(lesson.line.id), lesson.raw) for lesson in lessons])
        with self.ledger.together():
            for lesson in lessons:
                taught = told.get(str(lesson.line.id), Taught("failed", "the teacher does not say what it did"))
                self._taught(lesson, taught)

    def _taught(self, lesson: Lesson, taught: Taught) -> None:
        """Notes what a teacher says of one."""
        line = lesson.line
        earlier = self.ledger.find(line.hash, line.database, line.teacher)
        other = next((e for e in earlier if e.hash == line.hash and e.result != "forgotten"), None)
        if taught.result == "learned" and other is not None and other.verdict != line.verdict:
            taught = taught.replace(result="changed")  # a teacher need not say so (tell.py)
        if taught.result in ("learned", "changed", "known") and self.options.undo_days:
            self.ledger.keep(line.hash, lesson.raw, self.now)
        self._finish(line, taught)

    # --- the ledger ------------------------------------------------------------------------------------------------

    def _lines(self, report: str) -> tuple[Line, ...]:
        return self.ledger.lines(report=report, limit=limits.ORIGINALS * 3)

    def _add(
        self, report: Report, reporter: Reporter | None, known: Identity, teacher: str = "", database: str = SITE
    ) -> Line:
        name, how = (reporter.name, reporter.how) if reporter else ("", "")
        line = Line(
            report.time, name, how, report.verdict, report.source, known.hash, known.message_id, known.subject,
            database=database, teacher=teacher, report=report.id,
        )  # fmt: skip
        return line.replace(id=self.ledger.add(line))

    def _refuse(
        self,
        report: Report,
        reporter: Reporter | None,
        known: Identity | None,
        why: str,
        have: dict[tuple[str, str, str], Line],
    ) -> None:
        """A line that says why; one that an earlier try has written is enough."""
        known = known or identity(report.message)
        key = ("", SITE, known.hash)
        if key not in have or not have[key].result:
            line = have.get(key) or self._add(report, reporter, known)
            self._finish(line, Taught("refused", why))
            have[key] = line.replace(result="refused", why=why)

    def _finish(self, line: Line, taught: Taught) -> None:
        self.ledger.finish(line.id, taught.result, taught.why, _pair(taught.before), _pair(taught.after))
        self._results.append(taught.result)

    def _unfinished(self, case: Case) -> str:
        """Takes the report out of the spool if all is said of it, and answers; else the reason why it stays."""
        report = case.report
        if case.reporter is not None and not self.outside.teachers:
            return "there is no teacher: see mdafilter train doctor"
        lines = self._lines(report.id)
        failed = [line for line in lines if line.result in ("", "failed")]
        stays = case.stays or next((line.why or "it is not finished" for line in failed), "")
        if stays and self.now - report.time < limits.LEARN_GIVE_UP_SECONDS:
            return stays
        for line in failed:
            self._finish(line, Taught("refused", f"given up: {line.why}"))
        if case.stays:
            self._refuse(report, case.reporter, None, f"given up: {case.stays}", {})
        spool.finish(self.options.spool, report.id)
        if self.options.answer and case.reporter is not None:
            self._answer(report, case.reporter, lines)
        return ""

    def _answer(self, report: Report, reporter: Reporter, lines: Sequence[Line]) -> None:
        """After the report is gone: a kill before that costs an answer, and none is sent twice."""
        texts = dict.fromkeys(sentence(line) for line in reversed(lines))
        letter = answer(report, reporter, tuple(texts), self.now)
        if letter is not None:
            self.outside.send(*letter)


def _is_believed(report: Report, reporter: Reporter) -> bool:
    """Whether it needs no proof that he received it: he is trusted, or it is the learner's own account that has looked.

    Whose file it is says the kernel (spool.py); what kind of report it is says the file.
    """
    own = report.source != "alias" and reporter.how == "local" and report.uid == os.geteuid()
    return reporter.trusted or own


def sentence(line: Line) -> str:
    """What became of a message, for who reported it."""
    what = {"learned": "learned as", "known": "known already as", "changed": "learned, on the other side until now, as"}
    result = f"{what[line.result]} {line.verdict}" if line.result in what else f"{line.result}: {line.why}"
    return f"{line.subject or line.message_id or 'a message without a subject'}: {result}"


def _told(hints: Hints) -> Identity:
    """What a line says of one of several messages that were not found."""
    known = Identity(
        "", next(iter(hints.message_ids), ""), clean(hints.subject), clean(hints.sender), clean(hints.date)
    )
    return known.replace(hash=hashlib.sha256(repr(known).encode()).hexdigest())


def _by_key(lines: Iterable[Line]) -> dict[tuple[str, str, str], Line]:
    return {(line.teacher, line.database, line.hash): line for line in lines}


def _pair(counts: Counts | None) -> tuple[int, int] | None:
    return (counts.spam, counts.ham) if counts else None
