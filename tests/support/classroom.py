"""A site that teaches as contrib/postfix/README.md says: the shipped Postfix, with the real sa-learn, and people with mail.

The commands and the configuration are taken out of that text as they stand there, but for the places. Mail for people is
delivered by mdafilter, through port 25.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.support import salearn
from tests.support.maze import SHIPPED, Maze, send
from tests.support.postfix import messages

TEXT = (SHIPPED / "README.md").read_text()
LEARNER = "filter"  # whom sa-learn runs as
DOOR = "mdafilter-door"
LETTER = """\
From: Shop {number} <shop{number}@friend.test>
To: {user}@example.org
Subject: {word} number {number}
Date: Thu, 26 Nov 2026 10:{number:02}:00 +0100
Message-ID: <{word}.{number}@friend.test>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

Dear {user}, this is {word} {number}, which nobody has seen before: {word}{number}.
"""


def blocks(heading: str) -> list[str]:
    """The indented texts below a heading, without the blanks before each line."""
    below = TEXT.partition(f"\n### {heading}\n")[2].partition("\n##")[0]
    assert below, f"README.md has no {heading!r}"
    return [
        re.sub(r"(?m)^    ", "", text).strip("\n") + "\n"
        for text in re.findall(r"(?m)(?:^    .*\n|^\n(?=    ))+", below)
    ]


def block(heading: str, word: str) -> str:
    """The one of them in which a word stands."""
    (found,) = (text for text in blocks(heading) if word in text)
    return found


def letter(word: str, number: int, user: str = "bob") -> bytes:
    """A message that nobody has seen before."""
    return LETTER.format(word=word, number=number, user=user).encode()


class Classroom(Maze):
    """Set up as a Maze is; then `teach`, `receive`, `learn`, `status`, `magic`."""

    def __init__(self, installation: Path) -> None:
        super().__init__()
        self.installation = installation
        self.config = self.top / "train.toml"
        self.places = {
            "/opt/mdafilter/bin/mdafilter train": f"{installation}/bin/mdafilter train",
            "/opt/mdafilter": str(installation),
            "/var/spool/mdafilter": f"{self.top}/train-spool",
            "/var/lib/mdafilter": f"{self.top}/train-state",
        }
        for name in ("alice", "bob", "carol", "reports", LEARNER, DOOR):
            self.user(name)
        self.main |= {
            "mailbox_command": f"{installation}/bin/mdafilter-deliver",
            "mailbox_size_limit": "0",
            "default_privs": "nobody",
        }
        command = f"{installation}/bin/mdafilter train"
        for verdict in ("spam", "ham"):
            self.replace(
                "aliases.example",
                f"/opt/mdafilter/bin/mdafilter train {verdict}",
                f"{command} {verdict} -c {self.config}",
            )
        self.replace("aliases.example", "no-reply:", "junkmail: spam\nno-reply:")

    def placed(self, text: str) -> str:
        """A text with the places of this site."""
        for shipped, here in self.places.items():
            text = text.replace(shipped, here)
        return text

    def set_up(self) -> None:
        """What the text says is to be done as root; the configuration."""
        home = self.top / "home" / LEARNER
        command = salearn.command(home)
        for path in [home, *home.rglob("*")]:
            os.chown(path, self.users[LEARNER], self.users[LEARNER])
        text = block("Folders, learner, aliases", "[train]").replace('"debian-spamd"', f'"{LEARNER}"')
        more = {
            "spool": f"{self.top}/train-spool/train",
            "state": f"{self.top}/train-state/train",
            "sa_learn": list(command),
            "teacher": ["sa-learn"],
        }
        self.config.write_text(text + "".join(f"{name} = {json.dumps(value)}\n" for name, value in more.items()))
        commands = self.placed(block("Folders, learner, aliases", "install -d -m 3733"))
        subprocess.run(["sh", "-euc", commands], check=True)

    def own_door(self) -> None:
        """The aliases in a file of the door's own user, as the text says; /etc/aliases has them no longer."""
        etc = self.top / "etc"
        lines = block("Folders, learner, aliases", "spam:").replace('"\n', f' -c {self.config}"\n')
        (self.top / "aliases.train").write_text(self.placed(lines))
        aliases = (etc / "aliases").read_text()
        (etc / "aliases").write_text(re.sub(r"(?m)^(spam|ham):.*\n", "", aliases))
        self.run("newaliases")
        commands = block("Folders, learner, aliases", "postalias").replace(
            "hash:/etc/aliases", "hash:/etc/postfix/aliases"
        )
        commands = "".join(line for line in commands.splitlines(keepends=True) if not line.startswith("useradd"))
        self.run("sh", "-euc", f"cd {self.top}; {commands}")
        with self.config.open("a") as config:
            config.write(f'door_users = ["{DOOR}"]\n')

    # --- mail ---

    def receive(self, word: str, number: int, user: str = "bob") -> bytes:
        """A stranger's message comes to the user; returns it as it was sent."""
        sent = letter(word, number, user)
        before = self.inbox(user)
        reply = send(self, sent, to=f"{user}@example.org")
        assert reply.code == 250, reply
        self.until(lambda: self.inbox(user) > before, f"{word} {number} was not delivered")
        return sent

    def inbox(self, user: str) -> int:
        """How many messages the user has."""
        return len(self.mail(user))

    def mail(self, user: str) -> list[Path]:
        """The messages of the user; one that is on its way, in tmp/, may be in new/ at the same time."""
        maildir = self.top / "home" / user / "Maildir"
        found = messages(maildir) if maildir.is_dir() else {}
        return [path for folder, paths in found.items() if folder != "tmp" for path in paths]

    def waiting(self, number: int) -> None:
        """Waits until so many reports are in the spool."""
        spool = self.top / "train-spool/train"
        self.until(lambda: len(os.listdir(spool)) >= number, f"there are no {number} reports in the spool")

    def idle(self) -> None:
        """Waits until Postfix has nothing left to do."""
        self.until(lambda: b"queue is empty" in self.run("postqueue", "-p").stdout, "the queue does not become empty")

    # --- training ---

    def train(self, *words: str, check: bool = True) -> str:
        """mdafilter train, as root."""
        program = [str(self.installation / "bin/python"), str(self.installation / "bin/mdafilter"), "train"]
        done = self.run(*program, *words, "-c", str(self.config), check=check)
        return (done.stdout + done.stderr).decode()

    def learn(self, number: int = 1) -> str:
        """Learns, when so many reports have come."""
        self.waiting(number)
        time.sleep(0.01)  # st_ctime of what comes next is later
        return self.train("learn")

    def status(self, number: int) -> list[dict[str, Any]]:
        """The newest lines of the ledger, the oldest of them first."""
        lines = self.train("status", "--json", "-n", str(number)).splitlines()
        return [json.loads(line) for line in reversed(lines)]

    def magic(self) -> tuple[int, int]:
        """What sa-learn itself counts: spam and ham."""
        command = salearn.command(self.top / "home" / LEARNER)
        dump = self.run_as(LEARNER, *command, "--dump", "magic").stdout.decode()
        found = {name: int(n) for n, name in re.findall(r"(\d+)\s+\d+\s+non-token data: (nspam|nham)", dump)}
        return found.get("nspam", 0), found.get("nham", 0)
