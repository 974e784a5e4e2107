"""mdafilter-policyd: the command line. Without a command it is the daemon.

Exit:  0; 1 with what is wrong on standard error, a line for each fault, file:line:column first; 2 for a wrong command
       line.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import json
import os
import sys
import time
from collections.abc import Sequence

import click

from mdafilter_policyd import VERSION, checks, config, decisions, durations, made, report
from mdafilter_policyd.checks.greykey import openings, recipient
from mdafilter_policyd.errors import ConfigError, StoreError
from mdafilter_policyd.log import Log, bridge, printable

CONFIG = "/etc/mdafilter-policyd.toml"
# Commands of other files, each with its name there; imported when they are used.
ELSEWHERE = {
    "postfix-check": ("postfixcheck", "main", "Compare a running Postfix with what is shipped, and try to relay."),
    "web": ("web", "main", "The page for the refused, and the admin's view."),
}


class Commands(click.Group):
    """The group: its own commands, and those of ELSEWHERE. What is wrong on purpose is shown, and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name, _text = ELSEWHERE[cmd_name]
        try:
            command: click.Command = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        except ImportError as failed:
            raise click.ClickException(f"{cmd_name} is not installed: {failed}") from failed
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [(name, command.get_short_help_str(80)) for name, command in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, text) for name, (_module, _name, text) in ELSEWHERE.items())])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigError as failed:
            for fault in failed.faults:
                click.echo(printable(str(fault)), err=True)
            ctx.exit(1)
        except StoreError as failed:
            raise click.ClickException(printable(f"the store does not answer: {failed}")) from failed
        except OSError as failed:
            name = f"{failed.filename}: " if failed.filename else ""
            raise click.ClickException(printable(f"{name}{failed.strerror or failed}")) from failed


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, prog_name="mdafilter-policyd")
@click.option("-c", "--config", "file", default=CONFIG, show_default=True, type=click.Path(), help="The configuration.")
@click.option(
    "-l", "--listen", "places", multiple=True, metavar="PLACE", help="unix:PATH or inet:HOST:PORT; may be repeated."
)
@click.option("--processes", type=click.IntRange(1), help="How many answer; else as the configuration says.")
@click.option("-v", "--verbose", is_flag=True, help="Log to standard error as well, as on a terminal.")
@click.pass_context
def main(ctx: click.Context, file: str, places: tuple[str, ...], processes: int | None, verbose: bool) -> None:
    """What Postfix asks about a client before a message exists: HELO, access lists, DNSBL, greylisting, SPF, rates.

    Without a command it runs, and answers.

    \b
    Examples:
      mdafilter-policyd --config policyd.toml --listen inet:127.0.0.1:10040
      mdafilter-policyd check-config
      mdafilter-policyd ask client_address=192.0.2.1 sender=a@example.net recipient=b@example.org
      mdafilter-policyd open b@example.org 10m
    """
    ctx.obj = file
    if ctx.invoked_subcommand is None:
        from mdafilter_policyd.serve import serve

        log = Log(errors=verbose or sys.stderr.isatty())
        bridge(log)
        ctx.exit(serve(file, places, os.environ, log, processes or 0))


@main.command("check-config")
@click.pass_obj
def check_config(file: str) -> None:
    """All faults of the configuration and of the files that it names; else what is on."""
    from mdafilter_policyd.serve import rooms

    found = config.load(file)
    log = Log(mail=False, errors=True)
    bridge(log)
    new = made.make(found, rooms(found, log), log)
    modes = {one.asked.name: one.asked.mode for one in new}
    for name, _stage in checks.TABLE:
        click.echo(f"{name:20}{modes.get(name, 'off')}")


@main.command()
@click.argument("attributes", nargs=-1, required=True, metavar="KEY=VALUE...")
@click.pass_obj
def ask(file: str, attributes: Sequence[str]) -> None:
    """One question, as Postfix would ask it: every check's opinion, and the answer. Nothing is remembered of it.

    \b
    The keys are those of SMTPD_POLICY_README, for example:
      client_address client_name reverse_client_name helo_name sender recipient sasl_username
    """
    from mdafilter_policyd.ask import ask as asked
    from mdafilter_policyd.ask import looked_at
    from mdafilter_policyd.serve import as_owner, close, rooms

    pairs = dict(text.partition("=")[::2] for text in attributes)
    wrong = [text for text in attributes if "=" not in text]
    if wrong:
        raise click.UsageError(f"{wrong[0]!r} is no key=value")
    found = looked_at(config.load(file))
    as_owner(found)
    log = Log(mail=False, errors=True)
    bridge(log)
    house = rooms(found, log)

    async def body() -> list[str]:
        try:
            return await asked(found, house, pairs, log)
        finally:
            await close(house)

    for line in asyncio.run(body()):
        click.echo(printable(line))


@main.command("open")
@click.argument("address", metavar="RECIPIENT")
@click.argument("span", default="10m")
@click.pass_obj
def open_(file: str, address: str, span: str) -> None:
    """This recipient waits for a code: nothing to it is greylisted for a while (10m, 1h30m). 0 ends it."""
    from mdafilter_policyd import store
    from mdafilter_policyd.serve import as_owner
    from mdafilter_policyd.store import Record

    try:
        seconds = durations.seconds(span)
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from wrong
    if "@" not in address:
        raise click.UsageError(f"{address!r} is no address")
    found = config.load(file)
    as_owner(found)

    async def body() -> None:
        kept, now = store.open(found.store_url), time.time()
        try:
            if seconds:
                await kept.put("open", recipient(address), Record(now, now, 1), now + seconds)
            else:
                for key in openings(address):
                    await kept.delete("open", key)
        finally:
            await kept.close()

    asyncio.run(body())
    until = time.strftime("%H:%M:%S", time.localtime(time.time() + seconds))
    click.echo(f"{address} is open until {until}" if seconds else f"{address} is not open")


@main.command("report")
@click.option("--since", default="7d", show_default=True, help="How far back: 1h, 7d.")
@click.option("--who", is_flag=True, help="Who was greylisted and has not come back so far, one by one.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def report_(file: str, since: str, who: bool, as_json: bool) -> None:
    """What each check did, and what those in mode "warn" would have done."""
    try:
        begin = time.time() - durations.seconds(since)
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from wrong
    found = config.load(file)
    if who:
        _show_outstanding(found, begin, as_json)
        return
    if not found.decisions_file:
        raise click.ClickException('no decisions are written: decisions = "off"')
    counted = report.count(decisions.entries(found.decisions_file, begin), time.time())
    click.echo(report.as_json(counted) if as_json else report.table(counted))


def _show_outstanding(found: config.Config, begin: float, as_json: bool) -> None:
    from mdafilter_policyd import store
    from mdafilter_policyd.checks.greyreport import Outstanding, outstanding
    from mdafilter_policyd.serve import as_owner

    delay = next((one.options.delay for one in found.checks if one.name == "greylist"), "5m")
    as_owner(found)

    async def body() -> list[Outstanding]:
        kept = store.open(found.store_url)
        try:
            return await outstanding(kept, time.time(), durations.seconds(delay))
        finally:
            await kept.close()

    shown = [one for one in asyncio.run(body()) if one.last >= begin]
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(one) for one in shown], indent=2))
        return
    for one in shown:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.first))
        click.echo(
            printable(f"{when}  {one.tries} tries  {one.client or one.key} {one.sender} {one.recipient}".rstrip())
        )


if __name__ == "__main__":
    main()
