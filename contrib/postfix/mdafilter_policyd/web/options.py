"""The table [web] of the configuration. A value is plain, and has a default: an empty table is one.

In:    what config.py has filled in by the annotations.
Out:   Options; `faults` says what the types cannot.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from mdafilter_policyd import durations


@dataclass(frozen=True)
class Options:
    """What can be said about the pages."""

    # Where to listen: unix:PATH or inet:HOST:PORT. --listen of the command line replaces it.
    listen: tuple[str, ...] = ("inet:127.0.0.1:8025",)
    # The address of these pages for the world, as "https://mx.example.org"; "" writes no links into mails.
    url: str = ""
    # What `mdafilter-policyd web --password` prints; "" lets nobody log in.
    password: str = ""
    # A proxy in front: from these addresses X-Forwarded-For is believed, and the field that names who has logged in.
    proxies: tuple[str, ...] = ()
    proxy_header: str = ""
    # Who may read /metrics: addresses and networks.
    metrics: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    # Whom a request is mailed to, and by what.
    postmaster: str = "postmaster"
    sendmail: str = "/usr/sbin/sendmail"
    # Another way to reach a person, shown on the page: a telephone number, an address.
    contact: str = ""
    # What forms and links are signed with; "" is a secret that is made once and kept in state_dir.
    secret: str = ""
    # Requests of one address, and of all, in a day.
    requests: int = 3
    requests_of_all: int = 100
    # How long an exception is in force, where nothing else is said; and how long a link in a mail works.
    exception: str = "90d"
    link: str = "14d"
    # Seconds that a person needs for the form at least.
    patience: float = 3.0


def faults(options: Options) -> Iterator[tuple[str, str, str]]:
    """The key, what is wrong, and what would be right."""
    for key in ("exception", "link"):
        try:
            if not durations.seconds(getattr(options, key)):
                yield key, f"{key} must be more than 0", ""
        except ValueError as wrong:
            yield key, f"{key}: {wrong}", ""
    for key in ("proxies", "metrics"):
        for text in getattr(options, key):
            try:
                ipaddress.ip_network(text)
            except ValueError:
                yield key, f"{key}: {text!r} is neither an address nor a network", "as in 192.0.2.0/24"
    if options.url and not options.url.startswith(("https://", "http://")):
        yield "url", f"url: {options.url!r} is no address of a page", 'as in "https://mx.example.org"'
    if not options.postmaster or options.postmaster.startswith("-") or not _is_plain(options.postmaster):
        yield "postmaster", "postmaster is one mail address", 'as in "postmaster@example.org"'
    if not options.sendmail.startswith("/"):
        yield "sendmail", "sendmail is the path of a program", 'as in "/usr/sbin/sendmail"'
    if options.secret and (len(options.secret) < 16 or not options.secret.isascii()):
        yield "secret", "secret must have 16 characters of ASCII, or more", ""
    if options.password and options.password.count("$") != 4:
        yield "password", "password is no hash", "write what `mdafilter-policyd web --password` prints"
    if options.proxy_header and not options.proxies:
        yield "proxy_header", "proxy_header is believed from proxies, and there are none", "say proxies, too"
    for key in ("requests", "requests_of_all"):
        if getattr(options, key) < 0:
            yield key, f"{key} must not be negative", "0 takes none"
    if not 0 <= options.patience <= 60:
        yield "patience", "patience is a number of seconds from 0 to 60", ""


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not any(c in " <>,;:\"'()" for c in text)
