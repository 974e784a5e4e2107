"""mdafilter serve: the resident service (mdafilter/serve), and what it says of itself.

Started by systemd or by hand, as root for all users, or by one user for that user's mail. Until it runs, and whenever
it does not, mdafilter-deliver delivers without it.

Exit:  0 at the end by TERM or INT; 1 where it cannot start, with the reason, or where none runs that --status asks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from mdafilter.errors import SettingsError
from mdafilter.serve.listen import Place
from mdafilter.serve.pool import Size

if TYPE_CHECKING:
    from mdafilter.serve.service import Options

SYSTEM = "/run/mdafilter/deliver.sock"
SYSTEM_STATUS = "/run/mdafilter/status.sock"
OWN = ".mdafilter.sock"
OWN_STATUS = ".mdafilter-status.sock"
USUAL = Size()
COUNT, SECONDS = click.IntRange(1), click.FloatRange(0)
FILE, FOLDER = click.Path(exists=True, dir_okay=False), click.Path(exists=True, file_okay=False)


class PlaceType(click.ParamType):  # type: ignore[type-arg]
    """unix:PATH or inet:HOST:PORT."""

    name = "place"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """The place."""
        if isinstance(value, Place):
            return value
        try:
            return Place.parse(str(value))
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


class Mode(click.ParamType):  # type: ignore[type-arg]
    """A mode in octal."""

    name = "mode"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        try:
            mode = value if isinstance(value, int) else int(str(value), 8)
        except ValueError:
            mode = -1
        if not 0 <= mode <= 0o777:
            self.fail(f"{value!r} is no mode such as 0660", param, ctx)
        return mode


@click.command("serve")
@click.option(
    "--socket", "place", type=PlaceType(), help=f"For mdafilter-deliver; as root unix:{SYSTEM}, else ~/{OWN}."
)
@click.option("--lmtp", type=PlaceType(), multiple=True, help="Also LMTP: unix:PATH or inet:HOST:PORT; repeatable.")
@click.option("--lmtp-mode", type=Mode(), default="0660", show_default=True, help="Mode of an LMTP socket file.")
@click.option("--lmtp-group", default="", help="Its group; as root 'postfix' if that exists.")
@click.option("--metrics", type=PlaceType(), help="Also GET /metrics for Prometheus: unix:PATH or inet:HOST:PORT.")
@click.option("--user", default="", help="As root: who runs LMTP and metrics; 'mdafilter' if it exists, or nobody.")
@click.option("--virtual", metavar="USER:PATH", default="", help="LMTP: all mail is this user's, in /var/mail/%d/%n.")
@click.option("--recipients", type=FILE, help="LMTP, with --virtual: a table of those that exist.")
@click.option("--delimiter", default="+", show_default=True, help="LMTP: recipient_delimiter of postconf(5).")
@click.option("--max-size", type=COUNT, default=100_000_000, show_default=True, help="LMTP: octets of one message.")
@click.option("--spool", type=FOLDER, default="/var/tmp", show_default=True, help="LMTP: where large messages wait.")
@click.option("--workers", type=COUNT, default=USUAL.workers, show_default=True, help="Processes in all.")
@click.option("--per-user", type=COUNT, default=USUAL.per_user, show_default=True, help="Of one user.")
@click.option("--messages", type=COUNT, default=USUAL.messages, show_default=True, help="Until replaced.")
@click.option("--idle", type=SECONDS, default=USUAL.idle, show_default=True, help="Seconds until an idle one ends.")
@click.option("--memory", type=COUNT, default=USUAL.memory >> 20, show_default=True, help="MB at which it is replaced.")
@click.option("--status", is_flag=True, help="What the running service has done, and its workers.")
@click.option("--json", "as_json", is_flag=True, help="With --status: as JSON.")
@click.option("--prometheus", is_flag=True, help="With --status: as text for Prometheus.")
@click.option("--trial", is_flag=True, hidden=True)
def command(**given: Any) -> None:
    """One start of Python for ten thousand messages.

    \b
    Examples:
      mdafilter serve --lmtp unix:/var/spool/postfix/private/mdafilter
      mdafilter serve --lmtp inet:127.0.0.1:10024 --virtual vmail:/var/mail/%d/%n
      mdafilter serve --status

    As root it serves all users, each by processes with that user's rights alone; started by a user, that user. SIGHUP
    takes over a new version of the program, SIGTERM ends it; no message is lost by either. Changed rules and settings
    need neither.

    Exit code: 0 at its end; 1 where it cannot start, or --status finds none; 2 for a wrong command line.
    """
    if (given["as_json"] or given["prometheus"]) and not given["status"]:
        raise click.UsageError("--json and --prometheus go with --status")
    if given["recipients"] and not given["virtual"]:
        raise click.UsageError("--recipients goes with --virtual; the users of this machine need no table")
    if given["status"]:
        _status(given)
        return
    from mdafilter.serve import service

    options = _options(given)
    service.load_all()
    if not given["trial"]:
        service.Service(options, os.environ).run()


def _options(given: dict[str, Any]) -> Options:
    """The options of the service. SettingsError for a user or group that does not exist."""
    from mdafilter.serve.door import loop as door
    from mdafilter.serve.door.recipients import Virtual
    from mdafilter.serve.service import Options

    root, home = os.geteuid() == 0, os.path.expanduser("~")
    virtual, _, template = given["virtual"].partition(":")
    if virtual and not template:
        raise SettingsError(f"--virtual {virtual!r}: say USER:PATH, as in vmail:/var/mail/%d/%n")
    mailboxes = _account(virtual)[0] if virtual else None
    if mailboxes is not None:
        _filled_in(template)
        if not root and mailboxes != os.geteuid():
            raise SettingsError("--virtual for another user needs root")
    size = USUAL.replace(
        workers=given["workers"],
        per_user=given["per_user"],
        shares=USUAL.shares if root else 1,
        at_once=os.cpu_count() or 1,
        messages=given["messages"],
        idle=given["idle"],
        memory=given["memory"] << 20,
    )
    doors = door.Options(
        max_size=given["max_size"],
        spool=given["spool"],
        recipient_delimiter=given["delimiter"],
        virtual=Virtual(mailboxes, given["recipients"] or "") if mailboxes is not None else None,
        own=None if root else os.geteuid(),
    )
    return Options(
        socket=given["place"] or Place(path=SYSTEM if root else os.path.join(home, OWN)),
        status=_status_place(given["place"], root, home),
        lmtp=given["lmtp"],
        lmtp_mode=given["lmtp_mode"],
        lmtp_group=_group(given["lmtp_group"], root),
        door=doors,
        metrics=given["metrics"],
        user=_without_rights(given["user"]) if root else (-1, -1),
        maildir=(mailboxes, template) if mailboxes is not None else None,
        size=size,
    )


def _filled_in(template: str) -> None:
    """Whether a mailbox can come of it. SettingsError for what no mail could be delivered with."""
    from mdafilter import settings

    if not settings.expand(template, home="/", recipient="user@example.org").startswith("/"):
        raise SettingsError(f"--virtual: {template!r} must begin with / or ~/, as in /var/mail/%d/%n")


def _account(name: str) -> tuple[int, int]:
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SettingsError(f"there is no user {name!r}") from None
    if entry.pw_uid == 0:
        raise SettingsError(
            f"{name!r} is root: nothing is delivered as root, and nothing that comes in is read as root"
        )
    return entry.pw_uid, entry.pw_gid


def _without_rights(name: str) -> tuple[int, int]:
    """Who sees what strangers say, and needs no rights: best a user that nothing else runs as."""
    try:
        return _account(name or "mdafilter")
    except SettingsError:
        if name:
            raise
        return _account("nobody")


def _group(name: str, root: bool) -> int:
    import grp

    if not name and not root:
        return -1
    try:
        return grp.getgrnam(name or "postfix").gr_gid
    except KeyError:
        if name:
            raise SettingsError(f"there is no group {name!r}") from None
        return -1


def _status_place(place: Place | None, root: bool, home: str) -> Place:
    """Beside the socket for mdafilter-deliver, if that is not a usual one."""
    own = os.path.join(home, OWN)
    path = place.path if place is not None else SYSTEM if root else own
    usual = {own: os.path.join(home, OWN_STATUS), SYSTEM: SYSTEM_STATUS}
    return Place(path=usual.get(path, f"{path}.status"))


def _status(given: dict[str, Any]) -> None:
    """Prints what the running service says."""
    from mdafilter.cli import status
    from mdafilter.serve import exposition
    from mdafilter.serve.status import read

    root = os.geteuid() == 0
    told = status.ask(_status_place(given["place"], root, os.path.expanduser("~")), "" if root else SYSTEM)
    if given["as_json"]:
        click.echo(told, nl=False)
    elif given["prometheus"]:
        click.echo(exposition.text(read(told)), nl=False)
    else:
        click.echo("\n".join(status.render(read(told), status.account)))
