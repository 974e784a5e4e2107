"""A message that is judged before the first worker is made, and delivered to nobody.

What that makes ready, every worker has from its birth, and shares with all others: the shipped rules compiled, their
keys prepared, the interpreter's own caches filled. Without it each worker does so for itself, with its first message,
in copies of the memory that it would else share.

In:    nothing: the usual settings, a message of our own, no user.
Out:   nothing. No file is written, no daemon asked.
Fails: never. What is wrong with the rules is told by the first delivery, whose message Postfix then keeps.
"""

from __future__ import annotations

import time

from mdafilter import journal, pipeline, record, rulebook
from mdafilter.journal import line
from mdafilter.message import Envelope, Message
from mdafilter.outside import Outside
from mdafilter.receipts import Receipts
from mdafilter.serve import wire
from mdafilter.settings import Settings

TIMES = 20  # the interpreter looks at what it does for a few rounds before it makes it faster
MESSAGE = b"""\
Received: from mail.example.org (mail.example.org [192.0.2.1])
\tby mx.example.net (Postfix) with ESMTPS id 4XyZ0001
\tfor <user@example.net>; Sat, 22 Nov 2025 08:41:34 +0000 (UTC)
From: =?utf-8?q?J=C3=BCrgen?= <sender@example.org>
To: user@example.net
Subject: Rehearsal
Date: Sat, 22 Nov 2025 08:41:34 +0000
Message-ID: <rehearsal@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Nobody reads this.
"""
REQUEST = wire.Request((), (("SENDER", "sender@example.org"), ("RECIPIENT", "user@example.net"), ("USER", "user")), "/")


def rehearse() -> None:
    """Judges the message a few times."""
    try:
        chosen = Settings()
        book = rulebook.load(chosen, "")
        for _ in range(TIMES):
            _judge(chosen, book)
    except Exception:  # noqa: BLE001 - it is for speed alone: no service must fail to start for it
        return


def _judge(chosen: Settings, book: rulebook.Rulebook) -> None:
    environ = dict(wire.decode(wire.encode(REQUEST)).environ)
    envelope = Envelope.of(environ)
    setup = pipeline.Setup(chosen, book, "/nonexistent", "", journal.Journal(""), "", environ)
    message = Message.parse(MESSAGE)
    entry = record.begun(message, envelope, time.time())
    world = Outside(chosen, envelope, setup.mailbox, scoring=False, running=False, home="", environ=environ)
    decision = pipeline.decide(message, envelope, setup, world, trace=False)
    line.encode(record.ended(record.completed(entry, message, decision, Receipts(())), time.time()))
