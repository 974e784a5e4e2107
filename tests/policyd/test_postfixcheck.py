"""`mdafilter-policyd postfix-check`: against real postconf(1) where it is, and a server on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mdafilter_policyd.postconf import Service
from mdafilter_policyd.postfixcheck import literal, main, place
from tests.support.house import ROOT
from tests.support.postfix import settle
from tests.support.relaying import relaying

SHIPPED = ROOT / "contrib" / "postfix"
DENIED = "554 5.7.1 Relay access denied"
needs_postconf = pytest.mark.skipif(not shutil.which("postconf"), reason="postfix is not installed")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A /etc/postfix of the shipped files; the networks do not trust us, as a stranger would not be."""
    for name in ("main.cf", "master.cf"):
        settle(Path(shutil.copy(SHIPPED / f"{name}.example", tmp_path / name)))
    return tmp_path


def edit(folder: Path, *assignments: str) -> None:
    subprocess.run(["postconf", "-c", folder, "-e", *assignments], check=True, capture_output=True)
    settle(folder / "main.cf")


def edit_service(folder: Path, assignment: str) -> None:
    subprocess.run(["postconf", "-c", folder, "-P", assignment], check=True, capture_output=True)


# --- where it asks ---------------------------------------------------------------------------------------------------


def test_it_asks_the_service_that_trusts_nobody() -> None:
    smtp = Service("smtp", "inet", False, "smtpd")
    nobody = Service("127.0.0.1:10525", "inet", False, "smtpd", {"mynetworks": ""})
    assert place([smtp, nobody]) == ("127.0.0.1", 10525, nobody)
    assert place([smtp]) == ("127.0.0.1", 25, None)
    alone = Service("10525", "inet", False, "smtpd", {"mynetworks": ""})
    assert place([alone]) == ("127.0.0.1", 10525, alone)
    assert place([Service("[::1]:10525", "inet", False, "smtpd", {"mynetworks": ""})])[:2] == ("::1", 10525)


def test_an_address_as_a_literal() -> None:
    assert (literal("127.0.0.1"), literal("::1")) == ("127.0.0.1", "IPv6:::1")


# --- as a whole ------------------------------------------------------------------------------------------------------


@needs_postconf
def test_the_shipped_files_are_as_they_want(folder: Path) -> None:
    done = run("-c", str(folder), "--no-relay")
    assert (done.exit_code, done.output) == (0, "Nothing differs from what main.cf.example wants.\n")


@needs_postconf
def test_each_difference_is_told_with_its_command(folder: Path) -> None:
    edit(folder, "disable_vrfy_command = no")
    done = run("-c", str(folder), "--no-relay")
    assert done.exit_code == 1
    assert done.output == (
        "LETS SPAM IN: disable_vrfy_command\n"
        "  is       no\n"
        "  wanted   yes\n"
        "  why      VRFY tells everybody which addresses there are (RFC 5321 section 7.3).\n"
        "  to do    postconf -e 'disable_vrfy_command = yes'\n"
        "\n"
        "1 findings\n"
    )


@needs_postconf
def test_the_command_for_a_service_of_master_cf_works(folder: Path) -> None:
    """postconf(1) takes no blanks in a value of master.cf."""
    edit_service(folder, "submission/inet/smtpd_recipient_restrictions=permit_sasl_authenticated,reject")
    done = run("-c", str(folder), "--no-relay", "--json")
    (finding,) = json.loads(done.output)["findings"]
    assert finding["what"] == "submission of master.cf"
    edit_service(folder, finding["how"].removeprefix("postconf -P "))
    assert run("-c", str(folder), "--no-relay").output == "Nothing differs from what main.cf.example wants.\n"


@needs_postconf
def test_who_does_what_it_says_has_nothing_left_to_do(folder: Path) -> None:
    """From an empty main.cf, which is Postfix as it comes."""
    settle(folder / "main.cf", "compatibility_level = 3.6\n")
    found = json.loads(run("-c", str(folder), "--no-relay", "--json").output)["findings"]
    assert len(found) > 10
    for finding in found:
        subprocess.run(["sh", "-c", finding["how"].replace("postconf ", f"postconf -c {folder} ", 1)], check=True)
        settle(folder / "main.cf")
    assert json.loads(run("-c", str(folder), "--no-relay", "--json").output)["findings"] == []


@needs_postconf
def test_a_closed_relay(folder: Path) -> None:
    edit(folder, "mynetworks = 192.0.2.0/24")
    with relaying(lambda line: DENIED) as server:
        done = run("-c", str(folder), "--server", f"127.0.0.1:{server.port}")
    assert done.exit_code == 0
    assert done.output.endswith(f"127.0.0.1:{server.port}: 30 ways to relay were tried, 0 are open\n")
    assert "RCPT TO:<relaytest%example.net@mail.example.org>" in server.said


@needs_postconf
def test_an_open_relay_comes_before_all_else(folder: Path) -> None:
    edit(folder, "mynetworks = 192.0.2.0/24", "disable_vrfy_command = no")
    with relaying(lambda line: "250 2.1.5 Ok" if "%" in line else DENIED) as server:
        done = run("-c", str(folder), "--server", f"127.0.0.1:{server.port}")
    assert done.exit_code == 1
    assert done.output.startswith(
        "OPEN RELAY: open relay\n  is       MAIL FROM:<> RCPT TO:<relaytest%example.net@example.org>: 250 2.1.5 Ok\n"
    )


@needs_postconf
def test_where_we_are_trusted_the_answers_would_say_nothing(folder: Path) -> None:
    with relaying(lambda line: "250 2.1.5 Ok") as server:
        done = run("-c", str(folder), "--server", f"127.0.0.1:{server.port}")
    assert done.exit_code == 2
    assert "trusts 127.0.0.1 (mynetworks), so what it relays says nothing" in done.output
    assert not [line for line in server.said if line.startswith("RCPT")]


@needs_postconf
def test_a_refusal_for_another_reason_is_said_to_be_one(folder: Path) -> None:
    edit(folder, "mynetworks = 192.0.2.0/24")
    with relaying(lambda line: "550 5.7.1 Client host rejected") as server:
        done = run("-c", str(folder), "--server", f"127.0.0.1:{server.port}")
    assert 'no answer speaks of relaying, though: "550 5.7.1 Client host rejected"' in done.output


@needs_postconf
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--server", "192.0.2.1"], "192.0.2.1 (192.0.2.1) is not this host, and only this host is asked"),
        (["--server", "127.0.0.1:1"], "127.0.0.1:1 cannot be asked: "),
        (["--server", "127.0.0.1:x"], "HOST or HOST:PORT is wanted"),
        (["--remote", "a b>\r\nDATA"], "is no domain"),
    ],
)
def test_what_cannot_be_asked(folder: Path, arguments: list[str], text: str) -> None:
    done = run("-c", str(folder), *arguments)
    assert done.exit_code == 2 and text in done.output


@needs_postconf
def test_without_a_main_cf(tmp_path: Path) -> None:
    done = run("-c", str(tmp_path))
    assert done.exit_code == 2 and "No such file or directory" in done.output
