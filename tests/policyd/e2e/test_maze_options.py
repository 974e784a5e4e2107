"""The options of the shipped files: postscreen(8) in front, by the lines that are there in comments; and the week of trial."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.support import maze as support
from tests.support.maze import SHIPPED, Maze, ask


def uncommented(text: str, names: str) -> str:
    """Without the # before lines that begin with one of these."""
    return re.sub(rf"(?m)^#(?=(?:{names}))", "", text)


@pytest.fixture(scope="module")
def stage() -> Iterator[Maze]:
    if reason := support.why_not():
        pytest.skip(reason)
    made = Maze()
    master = (SHIPPED / "master.cf.example").read_text()
    given = uncommented(master, r"smtp +inet|smtpd +pass|dnsblog +unix|tlsproxy +unix")
    given = given.replace("\nsmtp         inet  n       -       n       -       -       smtpd\n", "\n")
    made.replace("master.cf.example", master, given)
    main = (SHIPPED / "main.cf.example").read_text()
    made.replace("main.cf.example", main, uncommented(main, "postscreen_[a-z_]+ = "))
    made.replace("main.cf.example", "permit_mynetworks, cidr:", "cidr:")  # or this host would not be looked at
    made.replace("main.cf.example", "    reject_non_fqdn_helo", "    warn_if_reject reject_non_fqdn_helo")
    (made.top / "etc/postscreen_access").write_text("127.0.0.0/30 permit\n")
    with support.started(made):
        yield made


def test_who_talks_before_the_greeting_does_not_come_in(stage: Maze) -> None:
    """postscreen_greet_action = enforce: "reject attempts to deliver mail with a 550 SMTP reply"."""
    with socket.socket() as connection:
        connection.bind(("127.0.0.9", 0))
        connection.settimeout(60)
        connection.connect((stage.address, 25))
        connection.sendall(b"EHLO zombie.test\r\n")
        answers = connection.makefile("rb")
        while not (line := answers.readline()).startswith(b"250 "):
            assert line, stage.log()
        connection.sendall(b"MAIL FROM:<bob@friend.test>\r\n")
        assert answers.readline().startswith(b"250 ")
        connection.sendall(b"RCPT TO:<alice@example.org>\r\n")
        assert answers.readline().startswith(b"550 5.5.1 Protocol error")
    assert "PREGREET" in stage.log()


def test_behind_it_the_maze_is_the_same(stage: Maze) -> None:
    assert ask(stage).line == "250 2.1.5 Ok"
    assert ask(stage, to="carol@elsewhere.test").line == "554 5.7.1 <carol@elsewhere.test>: Relay access denied"


def test_what_is_on_trial_is_only_logged(stage: Maze) -> None:
    assert ask(stage, helo="pc").line == "250 2.1.5 Ok"
    assert "reject_warning: RCPT from unknown[192.0.2.10]: 504 5.5.2 <pc>: Helo command rejected" in stage.log()


def test_postfix_finds_nothing_wrong_with_them(stage: Maze) -> None:
    assert stage.run("postconf", "-n").stderr == b""
