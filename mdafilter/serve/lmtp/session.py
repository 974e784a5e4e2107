"""The states of one LMTP connection: what is obeyed when, and what the client is told.

Spec:  RFC 2033 (LMTP), RFC 5321 (what it has of SMTP), RFC 2920 (PIPELINING), RFC 3030 (CHUNKING), RFC 1870 (SIZE).

    new      LHLO has not come               chunks   BDAT has begun: only BDAT goes on
    ready    between two messages            results  the message is whole, and its owner delivers it
    mail     the sender is known             closed   nothing more is read
    data     the message comes, after DATA

COMMANDS, below, says in which of these a command is obeyed. Two places wait for the owner: after Recipient, until it
is accepted or refused, and in "results", until each recipient has its reply. Meanwhile nothing is read further, so
replies come in the order of the commands however many were sent at once; results may be given in any order.

After the message each recipient gets a reply of its own, in the order of RCPT, on every path: here when the message is
refused for what it is, else from its owner, whatever befell it. BDAT without LAST gets one reply. Without recipients
DATA is refused (503), and BDAT LAST gets no reply at all (RFC 2033, 4.3): a client that counts replies must not take
this one for that of its next command.

A command that cannot be read to its end, a BDAT without a size or a line that ends in LF alone, closes the connection:
what follows could be anything.

In:    octets, in pieces of any size; verdicts of the owner.
Out:   events, and the octets of the replies; the same however the input was cut (of Content, the whole).
Fails: never, whatever the octets are; ValueError for a verdict that nobody has asked for.
Bugs:  NOTIFY=SUCCESS is taken, and no report of success is sent (RFC 3461, 5.2.3). Postfix sends it where it does not
       see DSN (lmtp_discard_lhlo_keywords = dsn, lmtp_assume_final = yes), and then does not say ORCPT.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.serve.lmtp import command, reply
from mdafilter.serve.lmtp.command import Refused
from mdafilter.serve.lmtp.data import Counted, Dotted
from mdafilter.serve.lmtp.events import Closed, Complete, Content, Dropped, Recipient
from mdafilter.serve.lmtp.reply import Reply
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.serve.lmtp.command import Mail, Rcpt
    from mdafilter.serve.lmtp.events import Event

# verb        obeyed in                by
COMMANDS = {
    "LHLO": ("new ready mail chunks", "_lhlo"),  # ends a transaction, as RSET does (RFC 5321, 4.1.4)
    "XFORWARD": ("ready", "_xforward"),
    "MAIL": ("ready", "_mail"),
    "RCPT": ("mail", "_rcpt"),
    "DATA": ("mail", "_data"),
    "BDAT": ("new ready mail chunks", "_bdat"),  # its octets must be read in any case
    "RSET": ("new ready mail chunks", "_rset"),
    "NOOP": ("new ready mail chunks", "_noop"),
    "VRFY": ("new ready mail chunks", "_vrfy"),
    "HELP": ("new ready mail chunks", "_help"),
    "QUIT": ("new ready mail chunks", "_quit"),
}
OTHERS = {
    # RFC 2033, 4.1: "must not return a Postive Completion reply" to HELO and EHLO; 500 is what it recommends
    **dict.fromkeys(("HELO", "EHLO"), reply.NOT_SMTP),
    **dict.fromkeys(("XCLIENT", "STARTTLS", "AUTH", "ETRN", "EXPN", "TURN", "BURL"), reply.NOT_OFFERED),
    # A browser that was sent here by a page: its octets are no mail
    **dict.fromkeys(("GET", "POST", "PUT", "CONNECT", "OPTIONS", "HEAD"), reply.FOREIGN),
}
_CONTROLS = bytes(range(32)) + b"\x7f"


_DROPPED, _CLOSED = Dropped(), Closed()


class Session:
    """One connection. `hostname` is ours; `max_size` in octets, 0 is without a limit."""

    def __init__(self, hostname: str, max_size: int = 0) -> None:
        self.state = "new"
        self.leaving = False  # the owner goes: no new transaction
        self._hostname = hostname
        self._max_size = max_size
        self._input = b""
        self._at = 0  # what of the input is done
        self._skipping = False  # in a line that is too long
        self._output = [Reply(220, "", f"{hostname} LMTP mdafilter").octets()]
        self._events: list[Event] = []
        self._errors = 0
        self._asked: Rcpt | None = None
        self._reset()

    def _reset(self) -> None:
        """No transaction (any more)."""
        self._current: Mail | None = None
        self._recipients: list[Rcpt] = []
        self._forwarded: dict[str, str] = {}
        self._dotted: Dotted | None = None
        self._counted: Counted | None = None
        self._chunk: command.Chunk | None = None
        self._left = 0  # octets of the chunk that are to come
        self._size = 0  # of all chunks
        self._failure: Reply | None = None  # what each recipient gets, whatever comes yet
        self._results: list[Reply | None] = []
        self._replied = 0  # recipients that have theirs

    # --- for the owner ---

    @property
    def waiting(self) -> bool:
        """Whether a verdict of the owner is needed before anything more is read."""
        return self._asked is not None or self.state == "results"

    def feed(self, data: bytes) -> None:
        """Takes what the client has sent. Call next() until it has no more."""
        if self.state != "closed":
            self._input = self._input[self._at :] + data if self._at < len(self._input) else data
            self._at = 0

    def output(self) -> bytes:
        """What is to be sent to the client now."""
        octets = b"".join(self._output)
        self._output.clear()
        return octets

    def next(self) -> Event | None:
        """The next event; None: more octets are needed, or a verdict."""
        while not self._events:
            if self.state == "closed" or self.waiting or not self._step():
                return None
        return self._events.pop(0)

    def accept(self) -> None:
        """The recipient is one."""
        self._recipients.append(self._answered())
        self._say(reply.RECIPIENT_OK)

    def refuse(self, answer: Reply) -> None:
        """The recipient is none, or not now."""
        self._answered()
        self._say(answer)

    def result(self, number: int, answer: Reply) -> int:
        """What became of the message for a recipient, counted from 0; how many now have their reply in output()."""
        if self.state != "results" or self._results[number] is not None:
            raise ValueError(f"recipient {number} has no result to get")
        self._results[number] = answer
        while self._replied < len(self._results):
            if (known := self._results[self._replied]) is None:
                return self._replied
            self._say(known)
            self._replied += 1
        replied = self._replied
        self._over()
        return replied

    def hang_up(self, answer: Reply) -> None:
        """Ends the conversation, with a reply of code 421."""
        if self.state != "closed":
            self._say(answer)
            self._close()

    # --- reading ---

    def _step(self) -> bool:
        """Reads a command, or a piece of the message. False: there is none."""
        if self._at >= len(self._input) and not (self._chunk and not self._left):
            self._input, self._at = b"", 0  # a connection that waits holds nothing
            return False
        if self._dotted is not None:
            self._read_data(self._dotted)
            return True
        if self._chunk is not None:
            self._read_chunk(self._chunk)
            return True
        if (line := self._line()) is None:
            return False
        self._obey(line)
        return True

    def _line(self) -> bytes | None:
        """The next line, with its end; of one that is too long, its end alone."""
        end = self._input.find(b"\n", self._at) + 1
        if not end:
            if self._skipping or len(self._input) - self._at > limits.LMTP_COMMAND_OCTETS:
                keep = 1 if self._input.endswith(b"\r") else 0  # so that its end is seen as one
                self._input, self._at = self._input[len(self._input) - keep :], 0
                self._skipping = True
            return None
        line = self._input[self._at : end]
        self._at = end
        return line

    def _obey(self, line: bytes) -> None:
        """Does what a line says, if it may say that now."""
        long, self._skipping = self._skipping or len(line) > limits.LMTP_COMMAND_OCTETS, False
        if not line.endswith(b"\r\n"):
            self._say(reply.BARE_LF)
            self._close()
            return
        if long:
            self._wrong(reply.TOO_LONG)
            return
        line = line[:-2]
        if len(line.translate(None, _CONTROLS)) != len(line):  # a bare CR too (RFC 5321, 2.3.8)
            self._wrong(reply.CONTROL)
            return
        verb, _, text = line.decode("utf-8", "surrogateescape").partition(" ")
        verb = verb.upper()
        known = COMMANDS.get(verb)
        if known is None:
            self._unknown(verb)
        elif self.leaving and self.state in ("new", "ready") and verb != "QUIT":
            self.hang_up(reply.LEAVING)
        elif self.state not in known[0].split():
            self._say(reply.LHLO_FIRST if self.state == "new" else reply.ORDER)
        else:
            try:
                getattr(self, known[1])(text)
            except Refused as refused:
                self._wrong(refused.reply)

    def _unknown(self, verb: str) -> None:
        answer = OTHERS.get(verb, reply.UNKNOWN)
        if answer is reply.FOREIGN:
            self.hang_up(answer)
        else:
            self._wrong(answer)

    def _wrong(self, answer: Reply) -> None:
        """A command that is none. One that is out of order is not counted: it may have been sent with a refused one."""
        self._say(answer)
        self._errors += 1
        if self._errors >= limits.LMTP_ERRORS:
            self.hang_up(reply.TOO_MANY_ERRORS)

    # --- commands ---

    def _lhlo(self, text: str) -> None:
        if not text.strip():
            raise Refused(Reply(501, "5.5.4", "LHLO name"))
        self._drop()
        self.state = "ready"
        offered = ["PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN"]
        offered += [f"SIZE {self._max_size}" if self._max_size else "SIZE", f"XFORWARD {' '.join(command.FORWARDED)}"]
        self._say(Reply(250, "", "\n".join([self._hostname, *offered])))

    def _xforward(self, text: str) -> None:
        self._forwarded |= command.forwarded(text)
        self._say(reply.OK)

    def _mail(self, text: str) -> None:
        mail = command.mail(text)
        if self._max_size and mail.size > self._max_size:
            self._say(reply.TOO_LARGE)  # RFC 1870, 6.1
            return
        self._current = mail
        self.state = "mail"
        self._say(reply.SENDER_OK)

    def _rcpt(self, text: str) -> None:
        rcpt = command.rcpt(text)
        if len(self._recipients) >= limits.LMTP_RECIPIENTS:
            self._say(reply.TOO_MANY_RECIPIENTS)  # RFC 5321, 4.5.3.1.10
            return
        self._asked = rcpt
        self._events.append(Recipient(rcpt.path, rcpt.original, rcpt.notify))

    def _data(self, text: str) -> None:
        if text.strip():
            raise Refused(reply.NO_ARGUMENT)
        if not self._recipients:
            self._say(reply.NO_RECIPIENTS)  # RFC 2033, 4.2
            return
        self._dotted = Dotted()
        self.state = "data"
        self._say(reply.GO_ON)

    def _bdat(self, text: str) -> None:
        try:
            chunk = command.chunk(text)
        except Refused as refused:  # and how many octets now follow is not known
            self._say(refused.reply)
            self._close()
            return
        self._chunk, self._left = chunk, chunk.size
        self._size += chunk.size
        if self._current is None:
            self._failure = reply.ORDER
            return
        self.state = "chunks"
        self._counted = self._counted or Counted()
        if self._failure is not None:
            return  # RFC 3030, 2: what comes after a chunk that was refused is read, and refused as well
        if not self._recipients:
            self._failure = reply.NO_RECIPIENTS
        elif 0 < self._max_size < self._size:
            self._failure = reply.TOO_LARGE
            self._events.append(_DROPPED)

    def _rset(self, text: str) -> None:
        if text.strip():
            raise Refused(reply.NO_ARGUMENT)
        self._drop()
        self._say(reply.OK)

    def _noop(self, _text: str) -> None:
        self._say(reply.OK)

    def _vrfy(self, text: str) -> None:
        if not text.strip():
            raise Refused(Reply(501, "5.5.4", "VRFY address"))
        self._say(reply.VRFY)

    def _help(self, _text: str) -> None:
        self._say(reply.HELP)

    def _quit(self, text: str) -> None:
        if text.strip():
            raise Refused(reply.NO_ARGUMENT)
        self._drop()
        self._say(reply.BYE)
        self._close()

    # --- the message ---

    def _read_data(self, dotted: Dotted) -> None:
        """A piece of what follows DATA. What is wrong is said at its end, and so does not depend on the pieces."""
        data = self._input[self._at :] if self._at else self._input
        self._input, self._at = b"", 0
        content = dotted.feed(data)
        large = 0 < self._max_size < dotted.size
        if self._failure is None and (large or dotted.false_end):
            self._failure = reply.TOO_LARGE
            self._events.append(_DROPPED)
        if self._failure is None and content:
            self._events.append(Content(content))
        if dotted.rest is not None:
            self._input = dotted.rest
            if dotted.false_end:
                self._failure = reply.FALSE_END
            self._whole()

    def _read_chunk(self, chunk: command.Chunk) -> None:
        """A piece of what follows BDAT."""
        data = self._input[self._at : self._at + self._left]
        self._at += len(data)
        self._left -= len(data)
        if self._counted and self._failure is None:
            content = self._counted.feed(data)
            if not self._left and chunk.last:
                content += self._counted.end()
            if content:
                self._events.append(Content(content))
        if self._left:
            return
        self._chunk = None
        if not chunk.last:
            self._say(self._failure or reply.OK)
        elif self._current is not None:
            self._whole()
        if self._current is None:  # there was nothing that it could be a chunk of
            self._failure, self._size = None, 0

    def _whole(self) -> None:
        """The message has ended: each recipient gets a reply, now or from the owner."""
        self._dotted = self._counted = None
        if self._failure is not None:
            for _ in self._recipients:
                self._say(self._failure)
            self._over()
            return
        assert self._current is not None
        self._results = [None] * len(self._recipients)
        self.state = "results"
        self._events.append(Complete(self._current, tuple(self._recipients), self._forwarded))

    def _over(self) -> None:
        """The transaction has ended with its message."""
        self.state = "ready"
        self._errors = 0
        self._reset()

    def _drop(self) -> None:
        """The transaction is given up by the client."""
        if self._recipients and self._failure is None:
            self._events.append(_DROPPED)
        self.state = "ready" if self.state != "new" else "new"
        self._reset()

    def _close(self) -> None:
        self.state = "closed"
        self._reset()
        self._input, self._at, self._asked = b"", 0, None
        self._events.append(_CLOSED)

    def _answered(self) -> Rcpt:
        asked, self._asked = self._asked, None
        if asked is None:
            raise ValueError("no recipient was asked for")
        return asked

    def _say(self, answer: Reply) -> None:
        self._output.append(answer.octets(self._current is not None and self._current.utf8))
