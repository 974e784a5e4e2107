"""mdafilter watch: what readers move into the junk folder, or out of it, is learned (mdafilter/train/watch.py); and
scripts run when they put a message into a folder, or change its flags (mdafilter/events).

Started by systemd or by hand, as root for all users, or by one user for that user's mail; or from cron, with --once.

Exit:  0 at the end by TERM or INT, or when it has looked once; 1 where it cannot, with the reason; 69 where there is no
       Maildir.
"""

from __future__ import annotations

import os

import click


@click.command("watch")
@click.argument("maildirs", metavar="[MAILDIR]...", nargs=-1, type=click.Path())
@click.option("--once", is_flag=True, help="Look once at what has been moved since the last time, and end.")
@click.option("--user", "users", multiple=True, metavar="NAME", help="As root: this user's mail alone; repeatable.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
@click.option(
    "--events/--no-events", default=True, help="Whether changes are noticed at once; else every [train] rescan."
)
@click.option("-v", "--verbose", is_flag=True, help="A line for each message that was moved.")
def command(
    maildirs: tuple[str, ...], once: bool, users: tuple[str, ...], config: str, events: bool, verbose: bool
) -> None:
    """Learns from the folders: moved into Junk is spam, moved out of it is none.

    \b
    Examples:
      mdafilter watch -v
      mdafilter watch --once --user alice --user bob

    Without a MAILDIR it is that of the configuration, as for a delivery. As root it watches those of all users, each
    by a process with that user's rights alone, and virtual mailboxes ([train] virtual) with those of their account.
    What is moved into Trash teaches nothing, nor does what a delivery has filed; the first look at a Maildir only finds
    out what is there. Folders: junk, trash and unwatched in [train].

    Where the site ([sieve] imapsieve) or the owner (an annotation /shared/imapsieve/script in mailboxes.toml) says so,
    a Sieve script runs when a message comes into a folder, or gets other flags (RFC 6785).

    What it finds goes into the spool; `mdafilter train learn` looks whether that user has got it, and learns it.

    Exit code: 0; 1 where it cannot be done; 69 where there is no Maildir; 2 for a wrong command line.
    """
    from mdafilter.events import scripts_of
    from mdafilter.train import watchers

    wish = watchers.Wish(config, tuple(_path(path) for path in maildirs), once, events, verbose, scripts_of)
    if os.geteuid() == 0:
        if maildirs and len(users) != 1:
            raise click.UsageError("as root, a MAILDIR goes with one --user, whose it is")
        code = watchers.everybody(users, wish)
    else:
        account = watchers.own()
        if users and users != (account.name,):
            raise click.UsageError("--user for another user needs root")
        code = watchers.watch(account, wish)
        if code == watchers.NONE:
            click.echo("there is no Maildir here", err=True)
    raise SystemExit(code)


def _path(path: str) -> str:
    """From the root, and without templates."""
    return os.path.abspath(path).replace("%", "%%")
