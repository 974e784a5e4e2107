"""What postconf(1) prints, as values."""

from __future__ import annotations

import pytest

from mdafilter_policyd.postconf import Service, parameters, restrictions, services


def names(text: str, **main: str) -> list[str]:
    return [str(one) for one in restrictions(text, main)]


def test_parameters() -> None:
    text = "myhostname = mail.example.org\nrelay_domains =\ndefault_rbl_reply = $rbl_code a=b\nnot a line\n"
    assert parameters(text) == {
        "myhostname": "mail.example.org",
        "relay_domains": "",
        "default_rbl_reply": "$rbl_code a=b",
    }


@pytest.mark.parametrize("between", [" ", ", ", ",", "  ,\t"])
def test_a_list_is_split_at_blanks_and_commas(between: str) -> None:
    listed = between.join(["permit_mynetworks", "reject_unauth_destination"])
    assert names(listed) == ["permit_mynetworks", "reject_unauth_destination"]


def test_what_has_an_argument_keeps_it() -> None:
    listed = (
        "check_client_access hash:/etc/postfix/a, reject_rbl_client zen.spamhaus.org=127.0.0.[2..11] "
        "check_policy_service { unix:private/p, timeout=10s, default_action=DUNNO }, reject"
    )
    assert names(listed) == [
        "check_client_access hash:/etc/postfix/a",
        "reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]",
        "check_policy_service { unix:private/p, timeout=10s, default_action=DUNNO }",
        "reject",
    ]


def test_a_table_within_the_list_is_one_word() -> None:
    """DATABASE_README: inline:{ key=value, { key = text of text } }."""
    table = "inline:{ { spam@ = 550 5.7.1 not for you } { ham@ = DUNNO } }"
    assert names(f"check_recipient_access {table} reject_unlisted_recipient") == [
        f"check_recipient_access {table}",
        "reject_unlisted_recipient",
    ]


def test_warn_if_reject_belongs_to_what_follows() -> None:
    first, second = restrictions("warn_if_reject reject_unknown_helo_hostname, reject", {})
    assert first.warn and not second.warn
    assert str(first) == "warn_if_reject reject_unknown_helo_hostname"


def test_a_class_is_what_it_stands_for() -> None:
    """RESTRICTION_CLASS_README. One that names itself does not go on for ever."""
    main = {
        "smtpd_restriction_classes": "insiders, loop",
        "insiders": "permit_mynetworks, reject",
        "loop": "loop permit",
    }
    assert [one.name for one in restrictions("insiders, loop", main)] == [
        "permit_mynetworks",
        "reject",
        "loop",
        "permit",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("{", []),
        ("}", []),
        ("check_policy_service", ["check_policy_service"]),
        ("a { b", ["a"]),
        ("}}} a {{{", ["a"]),
        ("warn_if_reject", []),
    ],
)
def test_a_broken_list_is_read_as_far_as_it_goes(text: str, names: list[str]) -> None:
    assert [one.name for one in restrictions(text, {})] == names


MASTER = """\
smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       n       -       -       smtpd -o smtpd_relay_restrictions=permit_sasl_authenticated,reject -o {smtpd_client_restrictions=permit_sasl_authenticated, reject}
127.0.0.1:10525 inet n   -       -       -       2       smtpd -v -o mynetworks=
relay      unix  -       -       n       -       -       smtp -o syslog_name=postfix/$service_name
"""


def test_services() -> None:
    smtp, submission, nobody, relay = services(MASTER)
    assert smtp == Service("smtp", "inet", True, "smtpd")
    assert submission.options == {
        "smtpd_relay_restrictions": "permit_sasl_authenticated,reject",
        "smtpd_client_restrictions": "permit_sasl_authenticated, reject",
    }
    assert (nobody.name, nobody.chroot, nobody.options) == ("127.0.0.1:10525", False, {"mynetworks": ""})
    assert (relay.type, relay.command) == ("unix", "smtp")


def test_a_service_sees_its_own_options() -> None:
    service = Service("submission", "inet", False, "smtpd", {"smtpd_client_restrictions": "$mua_client_restrictions"})
    main = {"mua_client_restrictions": "permit_sasl_authenticated, reject", "smtpd_client_restrictions": ""}
    assert service.main(main)["smtpd_client_restrictions"] == "permit_sasl_authenticated, reject"
