"""Who reports, and whether he may. Pure: what the file system and Postfix say is given.

A From: field proves nothing. Nothing of the message is looked at but the topmost Received line, which our own Postfix
wrote, and the field of a submission service.

| said by                | how     | the reporter is                                                                |
| ---------------------- | ------- | ------------------------------------------------------------------------------ |
| SASL_USERNAME          | sasl    | who has logged in (local(8), pipe(8))                                          |
| "from userid N" on top | local   | that user of sendmail(1): pickup(8) wrote it, and Postfix tells of no client   |
| the file's owner       | local   | he, if no door user: from a .forward, or a command by hand                     |
| the field header       | header  | who has logged in elsewhere ([train] header); the client is in the networks    |
| CLIENT_ADDRESS         | network | the envelope's sender; the client is in the networks                           |
| [train] allowed        | list    | the envelope's sender, from anywhere                                           |

The first that holds is taken, and where none does the report is refused. Who is known by network or list has proven
where he is, or only what he says: he is trusted with nothing (Options.trusted).

What a door user put into the spool is believed. Any other user reports for himself alone: what Postfix told his
.forward can take that away, when it says that somebody else sent the report. spam+USER@ is learned for USER if the
reporter is USER, or trusted.

Users of virtual mailboxes ([train] virtual) are their addresses; spam+USER@DOMAIN is for USER@DOMAIN there. The account
that all these mailboxes belong to reports for each of them, as `mdafilter watch` does.

In:    a Report, the Options, a function from a user's number to the name ("" for none).
Out:   Reporter, or the reason why not, for the ledger.
Fails: never.
Known bugs: behind a content filter that gives mail back without XFORWARD (postconf(5),
       smtpd_authorized_xforward_hosts) all mail comes from 127.0.0.1: then leave that out of the networks.
"""

from __future__ import annotations

import re

from mdafilter import teaching
from mdafilter.message import Message, Octets
from mdafilter.train import Report, Reporter
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.message import Headers
    from mdafilter.teaching import Options

PROVEN = ("sasl", "local", "header")  # who it is, not only where
DELIVERED = ("sender", "recipient", "original_recipient", "client_address", "sasl_username")  # not said of a command
BY_LOCAL = ("return-path", "x-original-to", "delivered-to")  # what local(8) and pipe(8) put above Postfix' Received
FROM_USERID = re.compile(r"\s*by \S+ \([^()]*, from userid ([0-9]{1,10})\)\s")  # pickup(8); smtpd(8) begins with "from"


def reporter(report: Report, options: Options, login: Callable[[int], str]) -> Reporter | str:
    """Who reports; a text is the reason why he may not."""
    owner = login(report.uid)
    delivered = any(report.facts.get(name) for name in DELIVERED)
    is_door = report.uid == 0 or owner in options.door_users or str(report.uid) in options.door_users
    if not is_door or (not delivered and _virtual_user(report, options, owner)):
        return _for_himself(report, options, login, owner, delivered)
    if delivered:
        who = _said(report, options, login)
    else:
        who = ("root", "local") if report.uid == 0 else f"{owner} has put it there, and nobody says who reports"
    if isinstance(who, str):
        return who
    name, how = who
    if not _is_name(name):
        return f"{name!r} is no name"
    trusted = how in PROVEN and (not delivered or _listed(name, report, options))  # a command of root's is trusted
    user = _for_whom(report, options) or name
    if not _is_name(user):
        return f"{user!r} is no name"
    if user != name and not trusted:
        return f"{name} teaches nobody but himself, and this was sent for {user}"
    return Reporter(name, how, trusted, user)


def login_of(address: str, domains: tuple[str, ...]) -> str:
    """The user whom an address (or a login) is of; the address where its domain is none of ours."""
    local, at, domain = address.lower().rpartition("@")
    if not at:
        return address.lower()
    return local if domain in (name.lower() for name in domains if name) else address.lower()


def _for_whom(report: Report, options: Options) -> str:
    """The user whom the extension names; "" for none."""
    facts = report.facts
    user = facts.get("extension", "").lower()
    to = facts.get("original_recipient") or facts.get("recipient", "")  # local(8) rewrites the second by its aliases
    address = f"{user}@{to.rpartition('@')[2]}"
    is_virtual = options.virtual and user and "@" not in user and "@" in to
    return login_of(address, (*options.domains, facts.get("domain", ""))) if is_virtual else user


def _virtual_user(report: Report, options: Options, owner: str) -> str:
    """The user of a virtual mailbox for whom the account that owns it reports; "" for none."""
    said = next((name for name in map(report.facts.get, ("user", "extension")) if name and "@" in name), "").lower()
    return said if options.virtual and said and teaching.account(options, said) == owner else ""


def _is_name(text: str) -> bool:
    """Whether it can be that of a user, and so a part of a path."""
    return text.isprintable() and "/" not in text and text[:1] not in ("", ".", "-")


def _for_himself(
    report: Report, options: Options, login: Callable[[int], str], owner: str, delivered: bool
) -> Reporter | str:
    if not owner:
        return f"the user {report.uid} has no name"
    name = _virtual_user(report, options, owner)
    if delivered:
        who = _said(report, options, login)
        if isinstance(who, str):
            return who
        name = who[0]
        if name != owner.lower() and teaching.account(options, name) != owner:
            return f"{owner} reports for himself alone, and this came from {name}"
    name = name if "@" in name else owner
    if not _is_name(name):
        return f"{name!r} is no name"
    return Reporter(name, "local", _named(name, options), name)


def _said(report: Report, options: Options, login: Callable[[int], str]) -> tuple[str, str] | str:
    """The name, and how it is known; or why nobody is."""
    facts = report.facts
    sender = "" if facts.get("sender", "") == "<>" else facts.get("sender", "")
    domains = (*options.domains, facts.get("domain", ""))
    headers = Message.parse(Octets.of(report.message)).headers
    if name := facts.get("sasl_username", ""):
        return login_of(name, domains), "sasl"
    client = facts.get("client_address", "")
    near = bool(client) and _is_near(client, options.networks)
    if not client and (name := login(_submitter(headers))):
        return name, "local"
    if near and options.header and (fields := headers.all(options.header)):
        names = {field.text.strip() for field in fields}
        if len(names) > 1 or not min(names):
            return f"there are {len(fields)} fields {options.header}, and not one name"
        return login_of(names.pop(), domains), "header"
    if near and sender:
        return login_of(sender, domains), "network"
    if sender and sender.lower() in (address.lower() for address in options.allowed):
        return login_of(sender, domains), "list"
    if near:
        return "it has the null sender: no person sent it"
    return f"it came from outside ({client})" if client else "nothing says from where it came"


def _submitter(headers: Headers) -> int:
    """The user who gave the message to sendmail(1), as pickup(8) says on top of it; -1 where it came another way."""
    top = next((field for field in headers if field.key not in BY_LOCAL), None)
    found = FROM_USERID.match(top.value) if top is not None and top.key == "received" else None
    return int(found[1]) if found else -1


def _is_near(client: str, networks: tuple[str, ...]) -> bool:
    import ipaddress

    try:
        address = ipaddress.ip_address(client)
    except ValueError:  # "unknown": Postfix does not know it
        return False
    return any(address in ipaddress.ip_network(text) for text in networks)


def _listed(name: str, report: Report, options: Options) -> bool:
    """Whether he is trusted, by his name, or as he logged in."""
    return _named(name, options) or _named(report.facts.get("sasl_username", ""), options)


def _named(name: str, options: Options) -> bool:
    return bool(name) and name.lower() in (trusted.lower() for trusted in options.trusted)
