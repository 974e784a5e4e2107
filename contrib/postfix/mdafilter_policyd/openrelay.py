"""Is this host an open relay? The old tricks, asked of the own server by SMTP, up to RCPT TO and never further.

A relay is open where anybody may send to anywhere through it. Each form is a sender and a recipient that some server
once took for a local one. No message is ever sent: after the answer to RCPT TO comes QUIT.

In:    a host and port. It must be this host: an address of loopback, or one of its own.
Out:   for each form what the server answered. 2xx is open; 4xx and 5xx are not.
Fails: NotHere for another host, before anything is sent. OSError, or smtplib's errors, where nobody answers.

Known: from an address of mynetworks everything may be relayed, so the answers would say nothing. Where the server
offers XCLIENT to this host, it is asked as 192.0.2.1 (RFC 5737); else `trusted` says whether the address is one of
these, and the caller has to find another port. A server that takes mail for every name of its domain takes
"user%remote@here" too.
"""

from __future__ import annotations

import ipaddress
import re
import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

SECONDS = 60.0  # postscreen(8) lets a client wait for 6
STRANGER = "192.0.2.1"

# A sender, and a recipient. {user}@{remote} is far away; {here} our domain, {host} our name, {ip} our address.
FORMS: tuple[tuple[str, str], ...] = (
    ("", "{user}@{remote}"),
    ("{user}@{remote}", "{user}@{remote}"),
    ("{user}", "{user}@{remote}"),
    ("{user}@{here}", "{user}@{remote}"),
    ("postmaster@{here}", "{user}@{remote}"),
    ("postmaster@{host}", "{user}@{remote}"),
    ("postmaster", "{user}@{remote}"),
    ("{user}@localhost", "{user}@{remote}"),
    ("{user}@[{ip}]", "{user}@{remote}"),
    ("", "{user}@[192.0.2.1]"),
    ("", "{user}%{remote}@{here}"),
    ("", "{user}%{remote}@{host}"),
    ("", "{user}%{remote}@[{ip}]"),
    ("", "{user}%{remote}"),
    ("", '"{user}@{remote}"'),
    ("", '"{user}%{remote}"'),
    ("", '"{user}@{remote}"@{here}'),
    ("", '"{user}@{remote}"@[{ip}]'),
    ("", "{user}@{remote}@{here}"),
    ("", "{user}@{remote}@[{ip}]"),
    ("", "@{here}:{user}@{remote}"),
    ("", "@{host},@{here}:{user}@{remote}"),
    ("", "@[{ip}]:{user}@{remote}"),
    ("", "{remote}!{user}"),
    ("", "{remote}!{user}@{here}"),
    ("", "{remote}!{user}@[{ip}]"),
    ("", "{here}!{remote}!{user}"),
    ("", "{here}!{user}@{remote}"),
    ("", "{user}@{remote}."),
    ("", "{user}%{remote}%{remote}@{here}"),
)


class NotHere(Exception):
    """The host is another one: it is not ours to ask."""


@dataclass(frozen=True)
class Names:
    """What the forms are filled with."""

    here: str
    host: str
    ip: str
    remote: str = "example.net"
    user: str = "relaytest"


@dataclass(frozen=True)
class Reply:
    """What the server said to a form: the first answer that was no 2xx, or that to RCPT TO."""

    sender: str
    recipient: str
    code: int
    text: str

    @property
    def relays(self) -> bool:
        return 200 <= self.code < 300


def own(host: str) -> str:
    """The address of this host that `host` means. NotHere if it is another's; OSError if it is nobody's.

    bind(2) tells: EADDRNOTAVAIL for an address that is not local.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise NotHere(f"{host!r} is no name of a host") from error
    for family, kind, protocol, _name, place in found:
        address = str(place[0])
        plain = ipaddress.ip_address(address.partition("%")[0])
        with socket.socket(family, kind, protocol) as trial:
            try:
                if plain.is_unspecified or plain.is_multicast:
                    raise OSError
                trial.bind((address, 0, *place[2:]))
            except OSError as error:
                raise NotHere(f"{host} ({address}) is not this host, and only this host is asked") from error
    return str(found[0][4][0])


def trusted(address: str, mynetworks: str) -> bool:
    """Whether a client with this address is one of mynetworks; tables and files in it are not looked into."""
    client = ipaddress.ip_address(address)
    for word in re.split(r"[\s,]+", mynetworks):
        try:
            network = ipaddress.ip_network(word.replace("[", "").replace("]", ""), strict=False)
        except ValueError:
            continue  # a table, a file, a negation
        if client in network:
            return True
    return False


class Server:
    """Our own server. `source` is how it sees us; `stranger`: whether it lets us be another, by XCLIENT."""

    def __init__(self, host: str, port: int) -> None:
        self.address, self.port = own(host), port
        self.source, self.stranger = self.address, False
        with self._connect() as client:
            client.ehlo()
            if client.sock is not None:
                self.source = str(client.sock.getsockname()[0])
            self.stranger = client.has_extn("xclient")

    def _connect(self) -> smtplib.SMTP:
        return smtplib.SMTP(self.address, self.port, local_hostname=f"[{STRANGER}]", timeout=SECONDS)

    def ask(self, names: Names) -> Iterator[Reply]:
        """Each form, on a connection of its own: what one leads to (an error limit) is not the next one's."""
        for sender, recipient in FORMS:
            yield self._one(sender.format_map(vars(names)), recipient.format_map(vars(names)))

    def _one(self, sender: str, recipient: str) -> Reply:
        with self._connect() as client:
            client.ehlo()
            if self.stranger:
                client.docmd("XCLIENT", f"ADDR={STRANGER} NAME=[UNAVAILABLE]")
                client.docmd("EHLO", f"[{STRANGER}]")
            for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"):
                try:
                    code, text = client.docmd(command)
                except smtplib.SMTPServerDisconnected:  # a refusal, and the rudest
                    return Reply(sender, recipient, 421, "the server hung up")
                if not 200 <= code < 300:
                    break
        return Reply(sender, recipient, code, text.decode(errors="replace").replace("\n", " "))
