"""`mdafilter-policyd postfix-check`: how this Postfix differs from main.cf.example, and whether it is an open relay.

In:    what is in force: `postconf -x` and `postconf -M` (-c: of another folder than /etc/postfix). Nothing is changed.
Out:   what differs, the gravest first: what is there, what is wanted, why, and the command that changes it. Then the
       forms of openrelay.py, asked of this host: at the service of master.cf that trusts nobody (`-o mynetworks=`), or
       at --server. Exit code 0: nothing to say; 1: something; 2: it could not be found out.
Fails: where postconf(1) does not work, that is all that is said. Where the server does not, the rest is.

What differs may be meant so. A finding is an explanation, not an order.
"""

from __future__ import annotations

import json
import re
import shlex
import smtplib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import click

from mdafilter_policyd import openrelay
from mdafilter_policyd.postconf import Service, parameters, services
from mdafilter_policyd.wishes import GRAVE, OPEN, RELAY, Finding, check, postconf

POSTCONF_SECONDS = 60


def ask_postconf(folder: str, *options: str) -> str:
    """The output of postconf(1). ClickException where it does not work."""
    argv = ["postconf", *(("-c", folder) if folder else ()), *options]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=POSTCONF_SECONDS)
    except FileNotFoundError:
        raise Unknown("there is no postconf(1): is Postfix installed, and /usr/sbin in PATH?") from None
    except subprocess.CalledProcessError as error:
        raise Unknown(f"{shlex.join(argv)}: {error.stderr.strip()}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unknown(f"{shlex.join(argv)}: {error}") from None
    return done.stdout


class Unknown(click.ClickException):
    """It could not be found out."""

    exit_code = 2


def place(master: Sequence[Service]) -> tuple[str, int, Service | None]:
    """Host, port and service to ask: the one that trusts nobody, or port 25 of loopback."""
    for service in master:
        host, _, port = service.name.rpartition(":")
        nobody = service.options.get("mynetworks") == ""
        if service.type == "inet" and service.command == "smtpd" and nobody and port.isdigit():
            return host.strip("[]") or "127.0.0.1", int(port), service
    return "127.0.0.1", 25, None


def literal(address: str) -> str:
    """RFC 5321 section 4.1.3."""
    return f"IPv6:{address}" if ":" in address else address


def relay(seen: Mapping[str, str], master: Sequence[Service], server: str, remote: str) -> tuple[str, list[Finding]]:
    """Asks; a line that says how it went, and what is open. Unknown where it says nothing."""
    host, port, service = place(master)
    if server:
        host, port, service = *_split(server), None
    networks = service.main(seen)["mynetworks"] if service else seen.get("mynetworks", "")
    here, own = seen.get("mydomain", "localdomain"), seen.get("myhostname", "localhost")
    try:
        asked = openrelay.Server(host, port)
        if not asked.stranger and openrelay.trusted(asked.source, networks):
            raise Unknown(
                f"{host}:{port} trusts {asked.source} (mynetworks), so what it relays says nothing. Add the service "
                "that trusts nobody to master.cf (127.0.0.1:10525 in master.cf.example), or give --server an address "
                "of this host that is not in mynetworks"
            )
        replies = list(asked.ask(openrelay.Names(here, own, literal(asked.address), remote)))
    except openrelay.NotHere as error:
        raise Unknown(str(error)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unknown(f"{host}:{port} cannot be asked: {error}") from None
    found = [_open(reply) for reply in replies if reply.relays]
    denied = sum("relay access denied" in reply.text.lower() for reply in replies)
    said = f"{host}:{port}: {len(replies)} ways to relay were tried, {len(found)} are open"
    if not found and not denied:
        said += f'; no answer speaks of relaying, though: "{replies[0].code} {replies[0].text}"'
    return said, found


def _open(reply: openrelay.Reply) -> Finding:
    return Finding(
        "relay",
        "open relay",
        f"MAIL FROM:<{reply.sender}> RCPT TO:<{reply.recipient}>: {reply.code} {reply.text}",
        "554 5.7.1 Relay access denied",
        f"{OPEN} (Where every address of your domain is taken, one with % or ! in it may be local: look where it goes)",
        postconf("smtpd_relay_restrictions", RELAY),
    )


def _split(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        host, port = server, "25"
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise click.BadParameter(f"{server!r}: HOST or HOST:PORT is wanted, an IPv6 address in [ ]")
    return host.strip("[]"), int(port)


def paragraphs(findings: Sequence[Finding]) -> Iterator[str]:
    """For people."""
    for finding in findings:
        yield f"{GRAVE[finding.weight]}: {finding.what}"
        yield f"  is       {finding.found or '(empty)'}"
        yield f"  wanted   {finding.wanted}"
        yield f"  why      {finding.why}"
        yield f"  to do    {finding.how}"
        yield ""


@click.command("postfix-check")
@click.option("-c", "folder", default="", metavar="DIR", help="The folder of main.cf, for postconf(1).")
@click.option("--server", default="", metavar="HOST[:PORT]", help="Ask this one, of this host, whether it relays.")
@click.option("--remote", default="example.net", metavar="DOMAIN", help="A domain that is not yours, to relay to.")
@click.option("--relay/--no-relay", "ask", default=True, help="Ask by SMTP at all. No message is ever sent.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def main(folder: str, server: str, remote: str, ask: bool, as_json: bool) -> None:
    """Compares this Postfix with main.cf.example, and asks it whether it is an open relay."""
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}", remote):
        raise click.BadParameter(f"{remote!r} is no domain")
    seen, master = parameters(ask_postconf(folder, "-x")), services(ask_postconf(folder, "-M"))
    findings, said, unknown = check(seen, master), "", ""
    if ask:
        try:
            said, opened = relay(seen, master, server, remote)
            findings = [*opened, *findings]
        except Unknown as error:
            unknown = error.message
    if as_json:
        click.echo(json.dumps({"findings": [asdict(f) for f in findings], "relay": said, "unknown": unknown}, indent=1))
    else:
        for line in paragraphs(findings):
            click.echo(line)
        click.echo(f"{len(findings)} findings" if findings else "Nothing differs from what main.cf.example wants.")
        for line in filter(None, (said, unknown and f"Whether it is an open relay, is not known: {unknown}")):
            click.echo(line)
    raise SystemExit(1 if findings else 2 if unknown else 0)
