"""A user who writes through the submission service of the maze, by a login that a private Dovecot knows or does not.

Dovecot has the shipped dovecot-auth.conf, and lets in whoever has the password PASSWORD. The policy daemon has the shipped
configuration, each check "on" instead of "warn", but for places and small rates. The client comes from where spam comes
from (AWAY), and says the name that a notebook says (NOTEBOOK).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.dovecot import PASSWORD
from tests.support.maze import Maze, Reply

SUBMISSION, SUBMISSIONS = 587, 465
MESSAGE = b"Subject: hello\r\n\r\nhello\r\n"
ZEN = "zen.spamhaus.org"
# On a list of the DNS, in a network and with a name that client_restrictions refuses.
AWAY, AWAY_NAME = "130.117.0.66", "dialup-66.hotel.cn"
NOTEBOOK = "[192.168.178.20]"
ZONE = (
    f"address=/2.0.0.127.{ZEN}/127.0.0.2",
    f"address=/66.0.117.130.{ZEN}/127.0.0.4",
    f"address=/66.100.51.198.{ZEN}/127.0.0.4",
    'txt-record=example.org,"v=spf1 -all"',
)


def configuration(stage: Maze) -> str:
    """That of the policy daemon."""
    return stage.policyd(
        ('# sasl_messages = "100/1h"', 'sasl_messages = "4/1h"'),
        ('# sasl_recipients = "500/1h"', 'sasl_recipients = "6/1h"'),
        ("# exempt = []", 'exempt = ["alice"]'),
    )


def trusting() -> ssl.SSLContext:
    """The certificate is self-made."""
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


@contextmanager
def session(stage: Maze, port: int = SUBMISSION, address: str = AWAY, name: str = AWAY_NAME) -> Iterator[smtplib.SMTP]:
    """In TLS, EHLO said, not logged in. XCLIENT comes after STARTTLS, before which nothing is taken."""
    if port == SUBMISSIONS:
        client: smtplib.SMTP = smtplib.SMTP_SSL(stage.address, port, NOTEBOOK, timeout=60, context=trusting())
    else:
        client = smtplib.SMTP(stage.address, port, NOTEBOOK, timeout=60)
    with client:
        if port != SUBMISSIONS:
            assert client.starttls(context=trusting())[0] == 220
        client.ehlo()
        code, text = client.docmd("XCLIENT", f"ADDR={address} NAME={name} REVERSE_NAME={name}")
        assert code == 220, text
        client.ehlo()
        yield client


def write(client: smtplib.SMTP, sender: str, *recipients: str, content: bytes = MESSAGE) -> Reply:
    """The first no, or the answer to the end of the message."""
    said = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{to}>" for to in recipients), "DATA"]
    for command in said:
        code, text = client.docmd(command)
        if code >= 400:
            client.rset()
            return Reply(code, text.decode())
    client.send(content + b".\r\n")
    code, text = client.getreply()
    return Reply(code, text.decode())


def submit(
    stage: Maze, user: str, *recipients: str, port: int = SUBMISSION, address: str = AWAY, sender: str = ""
) -> Reply:
    """As this user, with the right password; the sender is the user's own address where none is given."""
    with session(stage, port, address) as client:
        client.login(user, PASSWORD)
        return write(client, sender or f"{user}@example.org", *recipients)
