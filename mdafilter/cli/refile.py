"""mdafilter refile: runs rules over mail that is stored already, and shows what would move; with --execute it moves.

In:    Maildirs, or users; their folders (without --folder: the inbox; to compare: all); rules, else those of the
       configuration of each.
Out:   how many would go from where to where, by which rule; what stays though a delivery would have discarded,
       redirected or refused it; with -v each message. A progress bar on a terminal. --json: an object for each Maildir.
       With --compare what two rule sets would deliver to different places, wherever the messages lie.
Moves: refiling/moving.py; what moves and what does not, refiling/fate.py. Rules that rewrite a message (addheader,
       replace) do not change what is stored.
Rights: root forks a process for each owner or user, who it becomes, for good, before it looks at a single message.
Exit:  0; 1 where rules are wrong, or something could not be read or moved (run it again): it holds up no other Maildir;
       69 where there is no Maildir; 2 a wrong command line.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mdafilter import delivery, journal, rulebook, settings, values
from mdafilter.cli import refile_text
from mdafilter.cli.terminal import printable
from mdafilter.errors import BadFolder, MdafilterError, SettingsError
from mdafilter.message import Envelope
from mdafilter.outside import Outside
from mdafilter.pipeline import Setup
from mdafilter.refiling import crew, fate
from mdafilter.refiling.fate import Fate
from mdafilter.refiling.judging import Comparison, Difference, Judge
from mdafilter.refiling.stored import listed
from mdafilter.reporting import rights
from mdafilter.targets.foldername import folder_name
from mdafilter.train import watchers
from mdafilter.train.listing import directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mdafilter.delivery import Account
    from mdafilter.refiling.stored import Stored

ALL = "*"
MANY = 500  # messages for which initialisers are compiled (values.py)


def spelled(_context: click.Context | None, _option: click.Parameter | None, given: tuple[str, ...]) -> tuple[str, ...]:
    """The folders by their Maildir++ names."""
    try:
        return tuple(name if name == ALL else folder_name(name) for name in given)
    except BadFolder as wrong:
        raise click.BadParameter(str(wrong)) from wrong


@click.command("refile")
@click.argument("maildirs", metavar="[MAILDIR]...", nargs=-1, type=click.Path(exists=True, file_okay=False))
@click.option("--user", "users", multiple=True, metavar="NAME", help="As root: of this user; repeatable.")
@click.option("--folder", "names", multiple=True, callback=spelled, help='Of these folders; repeatable; "*": of all.')
@click.option("-R", "--rules", multiple=True, metavar="FILE", help="These rules instead of the configured; repeatable.")
@click.option("--compare", nargs=2, metavar="OLD NEW", help="Only what these two rule files deliver differently.")
@click.option("--execute", is_flag=True, help="Move it. Without this, nothing is moved.")
@click.option("--discard-to", metavar="FOLDER", help="What a rule discards moves there, and does not stay.")
@click.option("--scorers", is_flag=True, help="Ask spamd and clamd where a rule asks.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each message.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(maildirs: tuple[str, ...], users: tuple[str, ...], config: str, **options: Any) -> None:
    """Runs rules over stored mail, and shows what would move from where to where, and why.

    Without MAILDIR it is about one's own, and as root about those of all users, each with that user's rights alone.

    Without --folder it is about the inbox, or, with --compare, about all folders. A message that no rule files
    elsewhere stays where it is. What a rule would discard, refuse, redirect or give to a program stays, too, and is
    told. No program is run, and no letter is sent. The envelope is that of the header: Return-Path, Delivered-To.

    \b
    Examples:
      mdafilter refile
      mdafilter refile ~/Maildir --rules new.sieve --folder lists --folder INBOX
      mdafilter refile ~/Maildir --compare ~/.mdafilter.sieve new.sieve
      mdafilter refile ~/Maildir --rules new.sieve --execute

    A message that moves keeps its flags and its date; an IMAP server takes it for a new one. Killed at any moment,
    a run loses nothing and doubles nothing, and the next one moves the rest.

    Exit code: 0; 1 where rules are wrong or something failed; 69 where there is no Maildir; 2 for a wrong command line.
    """
    compare = options["compare"]
    if compare and (options["execute"] or options["rules"] or options["discard_to"] is not None):
        raise click.UsageError("--compare only shows: it goes with neither --execute, --rules nor --discard-to")
    if users and maildirs:
        raise click.UsageError("say users or Maildirs, not both")
    # Root goes to the home of each owner.
    files = tuple(os.path.abspath(path) for path in (*(compare or ()), *options["rules"]))
    roots, config = [os.path.abspath(path) for path in maildirs], config and os.path.abspath(config)
    options["discard_to"] = _discards(options["discard_to"])

    def work(account: Account, given: list[str]) -> int:
        named = given or [place.root for place in rights.places(account, rights.chosen_for(account, config))]
        return max([_one(root, account, config, files, options) for root in named], default=watchers.NONE)

    sys.exit(_each(users, roots, work))


def _one(root: str, account: Account, config: str, files: tuple[str, ...], options: dict[str, Any]) -> int:
    """One Maildir is judged, moved and told of."""
    try:
        run = Run(root, account, config, options)
        if options["compare"]:
            told = run.compare(files[0], files[1], options["verbose"])
            text = refile_text.render_compared
        else:
            told = run.refile(files, options["discard_to"], options["verbose"], options["execute"])
            text = refile_text.render
    except (MdafilterError, OSError) as failed:  # each message is in one of the two folders; the next Maildir follows
        click.echo(printable(f"{root}: {failed}", "\n"), err=True)
        return 1
    click.echo(json.dumps(told) if options["as_json"] else "\n".join(text(told)))
    return int(bool(told["unread"] or told.get("failed")))


def _each(users: tuple[str, ...], roots: list[str], work: Callable[[Account, list[str]], int]) -> int:
    """The work, for each owner or user with his rights; what it comes to."""
    if os.geteuid() != 0:
        account = watchers.own()
        if users and users != (account.name,):
            raise click.UsageError("--user for another user needs root")
        return _told(work(account, roots), account)
    everybody = not users and not roots
    jobs = [(_owner(root), [root]) for root in roots] or [(one, []) for one in watchers.people(users)]
    ended = [0]
    for one, given in jobs:
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            _as(one, given, work, everybody)
        ended.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return 1 if any(code not in (0, watchers.NONE) for code in ended) else max(ended)


def _as(
    one: pwd.struct_passwd, roots: list[str], work: Callable[[Account, list[str]], int], everybody: bool
) -> NoReturn:
    """As that user, for good."""
    status = 1
    try:
        account = watchers.become(one)
        status = work(account, roots)
        status = 0 if everybody and status == watchers.NONE else _told(status, account)
    except BaseException as failed:  # noqa: BLE001 - its process ends, and root goes on with the next one
        kind = "" if isinstance(failed, MdafilterError | OSError) else f"{type(failed).__name__}: "
        click.echo(printable(f"{one.pw_name}: {kind}{failed}"), err=True)
    finally:
        sys.stdout.flush()
        os._exit(status)


def _told(status: int, account: Account) -> int:
    if status == watchers.NONE:
        click.echo(printable(f"{account.name}: there is no Maildir"), err=True)
    return status


def _owner(maildir: str) -> pwd.struct_passwd:
    """Whose Maildir it is."""
    owner = os.stat(maildir).st_uid
    try:
        one = pwd.getpwuid(owner)
    except KeyError:
        raise MdafilterError(f"{maildir} belongs to {owner}, who has no account: say setpriv --reuid {owner}") from None
    if owner == 0:
        raise MdafilterError(f"{maildir} belongs to root: nobody's mail is looked at as root")
    return one


def _discards(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return folder_name(name)
    except BadFolder as wrong:
        raise click.BadParameter(str(wrong), param_hint="--discard-to") from wrong


class Run:
    """One Maildir, with the rights of the account."""

    def __init__(self, maildir: str, account: Account, config: str, options: Mapping[str, Any]) -> None:
        self.root = maildir
        self.account = account
        self.settings = settings.load(account.home, config, os.environ)
        self.scoring: bool = options["scorers"]
        self.names: tuple[str, ...] = options["names"]
        self.user = self._user()

    def refile(self, files: tuple[str, ...], discards: str | None, verbose: bool, execute: bool) -> dict[str, Any]:
        """What becomes of the messages; `execute` makes it so."""
        judge = self._judge(files, discards)
        stored = self._stored(None if ALL in self.names else self.names or ("",))
        judged = [
            (one, Fate(*said) if said else fate.STAYED)
            for one, said in zip(stored, self._through("looking", stored, judge.fate), strict=True)
        ]
        told: dict[str, Any] = {"maildir": self.root, "executed": execute}
        told |= refile_text.summary(judged, lambda name: os.path.isdir(f"{directory(self.root, name)}/cur"))
        if verbose:
            told["list"] = [refile_text.one_move(one, what) for one, what in judged if what.kind == fate.MOVES]
        return told | self._moved(judge.setup, judged) if execute else told

    def _moved(self, setup: Setup, judged: list[tuple[Stored, Fate]]) -> dict[str, Any]:
        from mdafilter.refiling.moving import Move, Mover
        from mdafilter.targets import Mailbox

        chosen = self.settings.delivery
        mailbox = Mailbox(self.root, subscribe=chosen.subscribe, quota_trash=chosen.quota_trash)
        mover = Mover(mailbox, setup.journal)
        moves = [Move(one, what) for one, what in judged if what.kind == fate.MOVES]
        with _bar("moving", len(moves)) as bar:
            done = []
            for moved in mover.run(moves):
                done.append(moved)
                bar.update(1)
        return {"failed": refile_text.failures(done), "remarks": list(mover.notes)}

    def compare(self, old: str, new: str, verbose: bool) -> dict[str, Any]:
        """What the two make of the messages differently."""
        both = Comparison(self._judge((old,), None), self._judge((new,), None))
        stored = self._stored(None if ALL in self.names or not self.names else self.names)
        found = [
            (one, Difference(*said) if said else None)
            for one, said in zip(stored, self._through("comparing", stored, both.difference), strict=True)
        ]
        told: dict[str, Any] = {"maildir": self.root, **refile_text.compared(found)}
        if verbose:
            told["list"] = [refile_text.one_difference(one, what) for one, what in found if what is not None]
        return told

    def _stored(self, names: tuple[str, ...] | None) -> list[Stored]:
        try:
            return list(listed(self.root, names))
        except FileNotFoundError as failed:
            raise MdafilterError(f"{failed.filename}: there is no such folder in this Maildir") from failed

    def _judge(self, files: tuple[str, ...], discards: str | None) -> Judge:
        """With the rules. MdafilterError where they are wrong: half of the rules would say half of the truth."""
        chosen, home = self.settings, self.account.home
        book = rulebook.load(chosen, home, files)
        if book.problems:
            raise MdafilterError("\n".join(problem.show() for problem in book.problems))
        log = journal.Journal.of(chosen.journal, self._journal())
        environ = dict(os.environ)
        setup = Setup(chosen, book, self.root, home, log, "", environ)
        outside = Outside(chosen, Envelope(user=self.user), self.root, self.scoring, False, home, environ)
        return Judge(setup, outside, self.user, discards)

    def _journal(self) -> str:
        template, home = self.settings.journal.path, self.account.home
        if not template:
            return journal.default_path({}, home) if home else ""  # where `watch` looks, whatever a shell has set
        try:
            return settings.expand(template, home=home, recipient=self.user)
        except SettingsError:
            return ""  # a part of an address that this user has not

    def _user(self) -> str:
        """Whose Maildir it is: of virtual users as its path says."""
        from mdafilter.train.mailboxes import mailboxes

        template = self.settings.maildir or delivery.usual(self.account.home)
        found = {os.path.realpath(root): user for root, user in mailboxes(template, self.account)}
        return found.get(os.path.realpath(self.root), self.account.name)

    def _through(
        self, label: str, stored: list[Stored], work: Callable[[Stored], tuple[Any, ...]]
    ) -> Iterator[tuple[Any, ...]]:
        if len(stored) > MANY:
            values.quicken()
        with _bar(label, len(stored)) as bar:
            for number, said in enumerate(crew.each(stored, work)):
                yield said
                if number % crew.PIECE == 0:
                    bar.update(crew.PIECE)


def _bar(label: str, length: int) -> Any:
    """On a terminal alone; beside what is told, not within."""
    return click.progressbar(length=length, hidden=not sys.stderr.isatty(), label=label, file=sys.stderr)
