"""A dialogue with the smtpd(8) of a private Postfix, over a socket in its queue: a line `NAME unix n - n - - smtpd` of master.cf.

smtpd takes whoever comes through such a socket for 127.0.0.1; XCLIENT says who it is to be, and may be said by all.
"""

from __future__ import annotations

import socket

from tests.support.postfix import Postfix

MAIN = """\
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_junk_command_limit = 1000
smtpd_error_sleep_time = 0
smtpd_authorized_xclient_hosts = 0.0.0.0/0 [::]/0
"""


class Session:
    """The dialogue; the greetings are said."""

    def __init__(self, stage: Postfix, service: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(f"{stage.top}/queue/public/{service}")
        self.file = self.socket.makefile("rw", newline="")  # else each \n written becomes \r\n, also that of \r\n
        self.reply()
        self.say("EHLO test.example")

    def reply(self) -> str:
        while (line := self.file.readline())[3:4] == "-":
            pass
        return line.strip()

    def say(self, command: str) -> str:
        self.file.write(f"{command}\r\n")
        self.file.flush()
        return self.reply()

    def client(self, name: str, address: str) -> None:
        """From here on another client speaks; an IPv6 address is spelled IPV6:address."""
        self.say("RSET")
        answer = self.say(f"XCLIENT NAME={name} ADDR={address}")
        assert answer.startswith("220 "), answer
        self.say("EHLO test.example")

    def close(self) -> None:
        self.file.close()
        self.socket.close()
