"""An owner of LMTP sessions for tests: it knows who is a recipient, and what becomes of the mail of each.

    unknown@   550 at RCPT               full@     452 after the message
    later@     451 at RCPT               refuses@  550 after the message, in two lines
                                         all others get theirs

A dialogue (tests/dialogues/lmtp) is read line by line: `C: ` what the client sends, `S: ` the replies, `= ` the events,
`# ` why; `@ size 100` is the limit of the server. Lines end in CRLF; `\\r`, `\\n`, `\\x00` ... are octets, and a line
that ends in `\\` has no end of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mdafilter.serve.lmtp import Closed, Complete, Content, Dropped, Recipient, Reply, Session

AT_RCPT = {"unknown": Reply(550, "5.1.1", "No such user"), "later": Reply(451, "4.3.0", "Ask again")}
RESULTS = {"full": Reply(452, "4.2.2", "The mailbox is full"), "refuses": Reply(550, "5.7.1", "Not\nthat")}
DELIVERED = Reply(250, "2.0.0", "Delivered")


class Owner:
    """Answers a session, and notes what happens. `backwards`: results come in reverse order."""

    def __init__(self, session: Session, *, backwards: bool = False) -> None:
        self.session = session
        self.backwards = backwards
        self.events: list[str] = []
        self.output = b""
        self.content = b""
        self.kept = 0  # the most octets of a message that came before it was whole

    def feed(self, data: bytes) -> None:
        self.session.feed(data)
        while (event := self.session.next()) is not None:
            match event:
                case Recipient(path=path, original=original):
                    self.events.append(
                        f"recipient {shown(str(path))}" + (f" was {shown(original)}" if original else "")
                    )
                    answer = AT_RCPT.get(path.local)
                    self.session.refuse(answer) if answer else self.session.accept()
                case Content(octets=octets):
                    assert octets
                    self.content += octets
                case Complete():
                    self.complete(event)
                case Dropped():
                    self.content = b""
                    self.events.append("dropped")
                case Closed():
                    self.events.append("closed")
        self.output += self.session.output()

    def complete(self, event: Complete) -> None:
        names = ", ".join(shown(str(r.path)) for r in event.recipients)
        more = "".join(f" {name}={shown(value)}" for name, value in event.forwarded.items())
        self.events.append(f"complete {shown(str(event.mail.sender)) or '<>'} -> {names}{more}")
        self.events.append(f"content {shown(self.content)}")
        self.content = b""
        numbers = list(range(len(event.recipients)))
        replied = 0
        for number in reversed(numbers) if self.backwards else numbers:
            replied = self.session.result(number, RESULTS.get(event.recipients[number].path.local, DELIVERED))
        assert replied == len(numbers)


def talk(pieces: Iterable[bytes], max_size: int = 0, *, backwards: bool = False) -> tuple[bytes, list[str]]:
    """What the client of a session gets that sends these pieces, and what happens."""
    owner = Owner(Session("mx.example", max_size), backwards=backwards)
    for piece in (b"", *pieces):
        owner.feed(piece)
    return owner.output, owner.events


def shown(text: bytes | str) -> str:
    """As it stands in a dialogue."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return data.decode("latin-1").encode("unicode_escape").decode()


def octets(text: str) -> bytes:
    """What a line of a dialogue stands for."""
    end = b"" if text.endswith("\\") else b"\r\n"
    return text.removesuffix("\\").encode().decode("unicode_escape").encode("latin-1") + end


class Dialogue:
    """A file of tests/dialogues/lmtp."""

    def __init__(self, path: Path) -> None:
        lines = path.read_text().splitlines()
        self.name = path.stem
        self.client = b"".join(octets(line[3:]) for line in lines if line.startswith("C: "))
        self.server = b"".join(octets(line[3:]) for line in lines if line.startswith("S: "))
        self.events = [line[2:] for line in lines if line.startswith("= ")]
        self.max_size = next((int(line[7:]) for line in lines if line.startswith("@ size ")), 0)


FOLDER = Path(__file__).parents[1] / "dialogues" / "lmtp"
ALL = [Dialogue(path) for path in sorted(FOLDER.glob("*.txt"))]
