"""Who reports: each proof, each lie, and what is taken of somebody who may not."""

from __future__ import annotations

import pytest

from mdafilter.teaching import Options
from mdafilter.train import Report, Reporter
from mdafilter.train.reporter import login_of, reporter

NOBODY, BOB, EVE, ROOT = 65534, 1000, 1001, 0
NAMES = {NOBODY: "nobody", BOB: "bob", EVE: "eve", ROOT: "root"}
OPTIONS = Options(domains=("example.org",))
SMTPD = b"Received: from mua (mua.example.org [192.0.2.1])\n\t(Authenticated sender: bob)\n\tby mx (Postfix) with ESMTPSA id 4Xy\n"
PICKUP = b"Received: by mail.example.org (Postfix, from userid %d)\n\tid 4XyZ; Thu, 26 Nov 2026 11:00:00 +0000\n"
INSIDE = {"sender": "bob@example.org", "recipient": "spam@example.org", "client_address": "127.0.0.1"}
OUTSIDE = {**INSIDE, "client_address": "192.0.2.66"}
SENDMAIL = {"sender": "bob@example.org", "recipient": "spam@example.org"}
REST = b"From: root@example.org\nSubject: x\n\nbody\n"


def who(facts: dict[str, str], options: Options = OPTIONS, top: bytes = SMTPD, uid: int = NOBODY) -> Reporter | str:
    report = Report("spam", "alias", facts, top + REST, "id", 1.0, uid)
    return reporter(report, options, lambda number: NAMES.get(number, ""))


def named(facts: dict[str, str], options: Options = OPTIONS, top: bytes = SMTPD, uid: int = NOBODY) -> tuple[str, str]:
    found = who(facts, options, top, uid)
    assert isinstance(found, Reporter), found
    return found.name, found.how


# --- who has logged in ---


@pytest.mark.parametrize("login", ["bob", "BOB", "bob@example.org", "Bob@Example.ORG"])
def test_who_has_logged_in_is_the_reporter_from_wherever(login: str) -> None:
    assert named({**OUTSIDE, "sender": "eve@example.net", "sasl_username": login}) == ("bob", "sasl")


def test_a_login_of_another_domain_is_no_user_of_this_host() -> None:
    assert named({**OUTSIDE, "sasl_username": "bob@virtual.test"}) == ("bob@virtual.test", "sasl")


def test_the_domain_that_local_delivers_for_has_users_of_this_host() -> None:
    facts = {**OUTSIDE, "sasl_username": "bob@local.test", "domain": "local.test"}
    assert named(facts) == ("bob", "sasl")


# --- the network ---


@pytest.mark.parametrize("client", ["127.0.0.1", "127.3.2.1", "::1"])
def test_a_client_in_the_networks_is_believed_about_the_sender(client: str) -> None:
    assert named({**INSIDE, "client_address": client}) == ("bob", "network")


@pytest.mark.parametrize("client", ["192.0.2.66", "2001:db8::1", "::ffff:127.0.0.1x", "unknown", "127.0.0.1.example"])
def test_a_client_outside_is_not(client: str) -> None:
    assert who({**INSIDE, "client_address": client}) == f"it came from outside ({client})"


def test_the_null_sender_is_nobody() -> None:
    assert who({**INSIDE, "sender": "<>"}) == "it has the null sender: no person sent it"
    assert who({**OUTSIDE, "sender": "<>"}) == "it came from outside (192.0.2.66)"


def test_the_networks_are_configured() -> None:
    options = OPTIONS.replace(networks=("192.0.2.64/26",))
    assert named(OUTSIDE, options) == ("bob", "network")
    assert who(INSIDE, options) == "it came from outside (127.0.0.1)"


# --- sendmail(1) ---


@pytest.mark.parametrize("above", [b"", b"Return-Path: <eve@x>\nX-Original-To: spam@x\nDelivered-To: spam@x\n"])
def test_the_user_of_sendmail_is_whom_pickup_names(above: bytes) -> None:
    """Whatever sender he gives: sendmail -f is for everybody."""
    assert named({**SENDMAIL, "sender": "eve@x"}, top=above + PICKUP % BOB) == ("bob", "local")


def test_only_the_topmost_Received_is_looked_at() -> None:
    nothing = "nothing says from where it came"
    assert who(SENDMAIL, top=SMTPD + PICKUP % BOB) == nothing
    assert who(SENDMAIL, top=b"Subject: x\n" + PICKUP % BOB) == nothing
    assert who(SENDMAIL, top=b"") == nothing


@pytest.mark.parametrize(
    "line",
    [
        b"Received: from x by mail.example.org (Postfix, from userid 1000)\n id 1\n",
        b"Received: from by y (Postfix, from userid 1000) id 1 (x [192.0.2.1])\n by mx\n",
        b"Received: by x (y (Postfix, from userid 1000)\n id 1\n",
        b"Received: =?us-ascii?q?by_x_(Postfix,_from_userid_1000)_id?= x\n",
        b"Received: by x (Postfix, from userid 99999999999)\n id 1\n",
        b"Received: by x (Postfix, from userid 4711)\n id 1\n",
    ],
)
def test_no_other_line_names_a_user(line: bytes) -> None:
    assert who(SENDMAIL, top=line) == "nothing says from where it came"


def test_with_a_client_the_line_of_pickup_says_nothing() -> None:
    assert who(OUTSIDE, top=PICKUP % BOB) == "it came from outside (192.0.2.66)"


# --- the field of a submission service ---

LOGIN = OPTIONS.replace(header="X-Login", networks=("10.0.0.0/8",))
RELAYED = {**INSIDE, "client_address": "10.0.0.1", "sender": "eve@example.net"}


def test_the_field_of_a_submission_service_is_believed_from_the_networks() -> None:
    assert named(RELAYED, LOGIN, SMTPD + b"X-Login: Bob@example.org\n") == ("bob", "header")
    assert named(RELAYED, LOGIN) == ("eve@example.net", "network")
    assert who(OUTSIDE, LOGIN, SMTPD + b"X-Login: bob\n") == "it came from outside (192.0.2.66)"
    assert named(RELAYED, OPTIONS.replace(networks=("10.0.0.0/8",)), SMTPD + b"X-Login: bob\n")[1] == "network"


def test_two_names_are_none() -> None:
    two = SMTPD + b"X-Login: eve\n" + b"X-Login: bob\n"
    assert who(RELAYED, LOGIN, two) == "there are 2 fields X-Login, and not one name"
    assert who(RELAYED, LOGIN, SMTPD + b"X-Login:\n") == "there are 1 fields X-Login, and not one name"


# --- the list ---


def test_a_sender_of_the_list_reports_from_anywhere() -> None:
    options = OPTIONS.replace(allowed=("Bob@example.org", "friend@example.net"))
    assert named(OUTSIDE, options) == ("bob", "list")
    assert named({**OUTSIDE, "sender": "friend@example.net"}, options) == ("friend@example.net", "list")
    assert isinstance(who({**OUTSIDE, "sender": "<>"}, options), str)


def test_From_proves_nothing() -> None:
    options = OPTIONS.replace(allowed=("root@example.org",), trusted=("root",))
    assert who({**OUTSIDE, "sender": "eve@example.net"}, options) == "it came from outside (192.0.2.66)"


# --- who is trusted, and with what ---


@pytest.mark.parametrize(
    ("facts", "top", "trusted"),
    [
        ({**OUTSIDE, "sasl_username": "bob"}, SMTPD, True),
        (SENDMAIL, PICKUP % BOB, True),
        (INSIDE, SMTPD, False),
        (OUTSIDE, SMTPD, False),
    ],
    ids=["sasl", "local", "network", "list"],
)
def test_only_who_is_proven_is_trusted(facts: dict[str, str], top: bytes, trusted: bool) -> None:
    options = OPTIONS.replace(trusted=("Bob",), allowed=("bob@example.org",))
    found = who(facts, options, top)
    assert isinstance(found, Reporter) and found.trusted is trusted
    found = who(facts, OPTIONS.replace(allowed=("bob@example.org",)), top)
    assert isinstance(found, Reporter) and not found.trusted


def test_who_is_trusted_as_he_logs_in() -> None:
    found = who({**OUTSIDE, "sasl_username": "bob@example.org"}, OPTIONS.replace(trusted=("bob@example.org",)))
    assert found == Reporter("bob", "sasl", True, "bob")


def test_an_extension_says_for_whom() -> None:
    facts = {**OUTSIDE, "sasl_username": "bob", "extension": "Bob"}
    assert who(facts) == Reporter("bob", "sasl", False, "bob")
    facts["extension"] = "eve"
    assert who(facts) == "bob teaches nobody but himself, and this was sent for eve"
    assert who(facts, OPTIONS.replace(trusted=("bob",))) == Reporter("bob", "sasl", True, "eve")
    assert isinstance(who({**INSIDE, "extension": "eve"}, OPTIONS.replace(trusted=("bob",))), str)


# --- who put it into the spool ---


def test_by_hand_everybody_reports_for_himself() -> None:
    assert who({"user": "eve"}, uid=BOB) == Reporter("bob", "local", False, "bob")
    assert who({}, OPTIONS.replace(trusted=("bob",)), uid=BOB) == Reporter("bob", "local", True, "bob")


def test_what_a_user_says_of_others_makes_him_nobody_else() -> None:
    lie = {**OUTSIDE, "sasl_username": "eve", "extension": "eve"}
    assert who(lie, uid=BOB) == "bob reports for himself alone, and this came from eve"
    assert (
        who({**INSIDE, "sender": "eve@example.org"}, uid=BOB) == "bob reports for himself alone, and this came from eve"
    )


def test_a_forward_file_is_for_its_user_alone() -> None:
    """bob+spam@ by .forward: the extension is that of the address, and outside is outside."""
    assert who({**INSIDE, "extension": "spam"}, uid=BOB) == Reporter("bob", "local", False, "bob")
    assert who({**SENDMAIL, "extension": "spam"}, top=PICKUP % BOB, uid=BOB) == Reporter("bob", "local", False, "bob")
    assert who(OUTSIDE, uid=BOB) == "it came from outside (192.0.2.66)"


def test_procmail_that_clears_the_environment_does_not_let_outside_in() -> None:
    """All that is left then is the From line."""
    assert who({"sender": "bob@example.org"}, uid=BOB) == "nothing says from where it came"
    assert named({"sender": "x@example.org"}, top=PICKUP % BOB, uid=BOB) == ("bob", "local")


def test_a_user_without_a_name_is_nobody() -> None:
    assert who({}, uid=4711) == "the user 4711 has no name"
    assert who({}, uid=-1) == "the user -1 has no name"


def test_a_door_user_by_hand_is_nobody() -> None:
    assert who({}) == "nobody has put it there, and nobody says who reports"


def test_a_door_user_may_be_a_number() -> None:
    assert named(INSIDE, OPTIONS.replace(door_users=("4711",)), uid=4711) == ("bob", "network")
    assert isinstance(who(INSIDE, OPTIONS.replace(door_users=()), uid=NOBODY), str)


def test_root_by_hand_is_trusted_and_as_a_door_believes_Postfix() -> None:
    assert who({}, uid=ROOT) == Reporter("root", "local", True, "root")
    assert who({"extension": "bob"}, uid=ROOT) == Reporter("root", "local", True, "bob")
    assert who({**OUTSIDE, "sasl_username": "bob"}, uid=ROOT) == Reporter("bob", "sasl", False, "bob")
    assert isinstance(who(OUTSIDE, uid=ROOT), str)


@pytest.mark.parametrize("name", ["../../etc", "a/b", ".hidden", "-x", "a\nb", "\udcff", "a\0b"])
def test_what_can_be_no_part_of_a_path_is_no_name(name: str) -> None:
    assert who({**OUTSIDE, "sasl_username": name}) == f"{name!r} is no name"
    assert who({**OUTSIDE, "sasl_username": "bob", "extension": name}) == f"{name!r} is no name"
    assert isinstance(who({**INSIDE, "sender": f"{name}@example.org"}), str)


def test_a_login_is_what_an_address_of_ours_begins_with() -> None:
    assert login_of("Bob@Example.org", ("", "example.ORG")) == "bob"
    assert login_of("bob@example.net", ("example.org",)) == "bob@example.net"
    assert login_of("a@b@example.org", ("example.org",)) == "a@b"
    assert login_of("bob@", ("", "example.org")) == "bob@"


# --- virtual mailboxes ---

VMAIL = 999
NAMES[VMAIL] = "vmail"
VIRTUAL = Options(domains=("host.example",), virtual="vmail:/var/mail/%d/%n")
ALICE = "alice@example.org"


def test_an_address_is_a_user() -> None:
    """Two domains with the same local part are two users; the domains of this host have users with an account."""
    assert named({**OUTSIDE, "sasl_username": "Alice@Example.org"}, VIRTUAL) == (ALICE, "sasl")
    assert named({**OUTSIDE, "sasl_username": "alice@example.net"}, VIRTUAL) == ("alice@example.net", "sasl")
    assert named({**INSIDE, "sender": ALICE}, VIRTUAL) == (ALICE, "network")
    assert named({**OUTSIDE, "sasl_username": "alice@host.example"}, VIRTUAL) == ("alice", "sasl")
    assert named({**OUTSIDE, "sasl_username": "alice"}, VIRTUAL) == ("alice", "sasl")


@pytest.mark.parametrize(
    ("to", "user"),
    [
        ({"recipient": "spam+alice@example.org"}, ALICE),
        ({"recipient": "spam+alice@example.net"}, "alice@example.net"),
        ({"recipient": "spam+alice@localhost", "original_recipient": "spam+alice@example.org"}, ALICE),
        ({"recipient": "spam+alice@host.example"}, "alice"),
        ({"recipient": "spam+alice@localhost", "domain": "localhost"}, "alice"),
    ],
)
def test_an_extension_is_of_the_domain_to_which_it_was_sent(to: dict[str, str], user: str) -> None:
    facts = {**OUTSIDE, "sasl_username": ALICE, "extension": "Alice", **to}
    found = who(facts, VIRTUAL.replace(trusted=(ALICE,)))
    assert found == Reporter(ALICE, "sasl", True, user)
    if user != ALICE:
        assert who(facts, VIRTUAL) == f"{ALICE} teaches nobody but himself, and this was sent for {user}"


@pytest.mark.parametrize("facts", [{"user": ALICE}, {"extension": ALICE}, {"user": "vmail", "extension": ALICE}])
@pytest.mark.parametrize("doors", [("nobody",), ("vmail",)])
def test_the_account_of_virtual_mailboxes_says_whose_they_are(facts: dict[str, str], doors: tuple[str, ...]) -> None:
    options = VIRTUAL.replace(door_users=doors)
    assert who(facts, options, uid=VMAIL) == Reporter(ALICE, "local", False, ALICE)
    assert who(facts, options.replace(trusted=(ALICE,)), uid=VMAIL) == Reporter(ALICE, "local", True, ALICE)


def test_nobody_else_says_whose_they_are() -> None:
    assert who({"user": ALICE}, VIRTUAL, uid=EVE) == Reporter("eve", "local", False, "eve")
    assert who({"user": ALICE}, Options(), uid=VMAIL) == Reporter("vmail", "local", False, "vmail")
    assert who({"user": "bob"}, VIRTUAL, uid=VMAIL) == Reporter("vmail", "local", False, "vmail")
    assert (
        who({**INSIDE, "sender": ALICE}, VIRTUAL, uid=EVE)
        == f"eve reports for himself alone, and this came from {ALICE}"
    )
    assert who({"user": "../x@y"}, VIRTUAL, uid=VMAIL) == "'../x@y' is no name"


def test_a_rule_of_theirs_that_reports() -> None:
    assert who({**INSIDE, "sender": ALICE}, VIRTUAL, uid=VMAIL) == Reporter(ALICE, "local", False, ALICE)
    assert who({**OUTSIDE, "sender": ALICE}, VIRTUAL, uid=VMAIL) == "it came from outside (192.0.2.66)"


def test_root_teaches_an_archive_for_a_virtual_user() -> None:
    assert who({"extension": ALICE}, VIRTUAL, uid=ROOT) == Reporter("root", "local", True, ALICE)
