"""mdafilter-policyd web: the page for the refused, and the admin's view; a process of its own.

    mdafilter-policyd --config FILE web --listen inet:127.0.0.1:8025
    mdafilter-policyd web --password          asks for a password, prints the line of its hash for [web]

It reads what the daemon reads and writes: tables, decisions, the store. It never asks it anything: each of the two
runs without the other. Decisions are for their owner alone, so it runs as the same user (`user`, if root starts it).
What is approved here is a record in the store, which the check client_access reads.

    app.py        the public pages             options.py   the table [web]
    blocked.py    why an address was refused   site.py      what all pages need
    anew.py       why it would be now          connection.py   who is silent leaves
    requests.py   exceptions                   signed.py    forms, links and sessions
    mail.py       a request to the postmaster  password.py  the hash
    admin.py      the admin's pages            backwards.py, tally.py   the decisions, read
    charts.py     SVG                          metrics.py   for Prometheus
    run.py        the process

Nothing of others is imported before it runs: this file is read for the command line's list of commands.

Exit:  0 after TERM or INT; 1 with what is wrong.
"""

from __future__ import annotations

import click

from mdafilter_policyd.errors import ConfigError, Fault


@click.command("web")
@click.option("-c", "--config", "file", type=click.Path(), help="The configuration; else that before the command.")
@click.option("-l", "--listen", "places", multiple=True, metavar="PLACE", help="inet:HOST:PORT or unix:PATH.")
@click.option("--password", is_flag=True, help="Ask for a password, and print its hash for the configuration.")
@click.pass_context
def main(ctx: click.Context, file: str | None, places: tuple[str, ...], password: bool) -> None:
    """The page for the refused (/blocked), the admin's view (/admin), and /metrics."""
    if password:
        from mdafilter_policyd.web.password import hashed

        text = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        click.echo(f'password = "{hashed(text)}"')
        return
    try:
        from mdafilter_policyd.web.run import run
    except ImportError as failed:
        hint = "pip install 'mdafilter-policyd[web]'"
        raise ConfigError([Fault("web", 0, 0, f"a part is not installed: {failed}", hint)]) from failed
    run(file or ctx.obj, places)
