"""What main.cf.example wants: it has it itself, and each thing that is not so is found and explained."""

from __future__ import annotations

import re

import pytest

from mdafilter_policyd.postconf import Service, restrictions, services
from mdafilter_policyd.wishes import GRAVE, RELAY, TABLE, USERS, Finding, added, check, guarded
from tests.support.house import ROOT

SHIPPED = ROOT / "contrib" / "postfix"
SMTP = Service("smtp", "inet", False, "smtpd")


def joined(text: str) -> str:
    """main.cf and master.cf as they are meant: without comments, a line that begins with a blank put to the one before."""
    return re.sub(r"\n[ \t]+", " ", re.sub(r"(?m)^\s*(#.*)?\n", "", text))


def example(**other: str) -> dict[str, str]:
    """The parameters of main.cf.example, but for these."""
    pairs = (line.partition(" =") for line in joined((SHIPPED / "main.cf.example").read_text()).splitlines())
    defaults = {"allow_untrusted_routing": "no", "soft_bounce": "no", "smtpd_reject_unlisted_recipient": "yes"}
    maps = {"local_recipient_maps": "proxy:unix:passwd.byname $alias_maps"}
    return {**defaults, **maps, **{name: value.strip() for name, _, value in pairs}, **other}


def found(*master: Service, **other: str) -> list[Finding]:
    return check(example(**other), master or (SMTP,))


def test_the_example_is_as_it_wants() -> None:
    assert check(example(), services(joined((SHIPPED / "master.cf.example").read_text()))) == []


@pytest.mark.parametrize(("weight", "name", "wanted", "why"), TABLE)
def test_each_parameter(weight: str, name: str, wanted: str, why: str) -> None:
    first = wanted.split()[0]
    (finding,) = found(**{name: "something else"})
    assert (finding.weight, finding.what, finding.found, finding.wanted) == (weight, name, "something else", first)
    assert finding.how == f"postconf -e '{name} = {first}'"
    assert all(found(**{name: value.upper()}) == [] for value in wanted.split())


def test_a_parameter_that_this_postfix_does_not_know() -> None:
    main = example()
    del main["smtpd_forbid_bare_newline"]
    (finding,) = check(main, [SMTP])
    assert finding.found == "not known" and finding.how == "update Postfix"


# --- who may relay ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relay", "recipient"),
    [
        (RELAY, ""),
        ("", "permit_mynetworks reject_unauth_destination check_policy_service unix:x"),
        ("permit_mynetworks, defer_unauth_destination", "check_client_access hash:x, permit"),
        ("permit_sasl_authenticated,reject", ""),
    ],
)
def test_a_relay_that_is_closed(relay: str, recipient: str) -> None:
    given = {"smtpd_relay_restrictions": relay, "smtpd_recipient_restrictions": recipient}
    assert not [f for f in found(**given) if f.weight == "relay"]


@pytest.mark.parametrize(
    ("relay", "why"),
    [
        ("permit_mynetworks, warn_if_reject reject_unauth_destination", "nothing says no"),
        ("check_client_access hash:x, reject_unauth_destination", "check_client_access hash:x may say yes before"),
        ("check_policy_service unix:x, reject_unauth_destination", "check_policy_service unix:x may say yes before"),
        ("permit_dnswl_client list.dnswl.org, reject_unauth_destination", "permit_dnswl_client list.dnswl.org may say"),
        ("permit, reject", "permit may say yes"),
    ],
)
def test_a_relay_that_is_open(relay: str, why: str) -> None:
    first = found(smtpd_relay_restrictions=relay, smtpd_recipient_restrictions="")[0]
    assert first.weight == "relay" and why in first.found
    assert first.how == f"postconf -e 'smtpd_relay_restrictions = {RELAY}'"
    assert guarded(restrictions(first.wanted, {}))[0]


def test_what_postfix_itself_refuses_to_run_with() -> None:
    """smtpd(8): "specify at least one working instance of: reject_unauth_destination, ..."."""
    first = found(smtpd_relay_restrictions="permit_mynetworks", smtpd_recipient_restrictions="")[0]
    assert first.weight == "loss" and "refuses to run" in first.why


def test_a_service_of_master_cf_may_be_open_alone() -> None:
    options = {"smtpd_relay_restrictions": "permit", "smtpd_recipient_restrictions": "permit, reject"}
    (finding,) = found(SMTP, Service("2525", "inet", False, "smtpd", options))
    assert finding.weight == "relay" and finding.what == "2525 of master.cf"
    assert finding.how == f"postconf -P 2525/inet/smtpd_relay_restrictions={RELAY.replace(' ', '')}"


@pytest.mark.parametrize("wide", ["0.0.0.0/0", "[::]/0", "64.0.0.0/7", "2000::/3"])
def test_networks_that_are_not_ours(wide: str) -> None:
    (finding,) = found(mynetworks=f"127.0.0.0/8, {wide}")
    assert (finding.weight, finding.found) == ("relay", wide)
    (finding,) = found(smtpd_authorized_xclient_hosts=wide)
    assert finding.weight == "relay" and finding.how == "postconf -e 'smtpd_authorized_xclient_hosts = '"


@pytest.mark.parametrize(
    "narrow", ["10.0.0.0/8", "192.168.0.0/16", "203.0.113.0/24", "[2a01:4f8::]/32", "cidr:/x", "!1.2.3.4"]
)
def test_networks_that_may_be_ours(narrow: str) -> None:
    assert found(mynetworks=f"127.0.0.0/8 {narrow}") == []


# --- the policy service ----------------------------------------------------------------------------------------------


def test_the_policy_service_that_is_not_asked() -> None:
    (finding,) = found(smtpd_recipient_restrictions=f"reject_non_fqdn_recipient, {RELAY}")
    assert finding.weight == "spam" and "mdafilter-policyd is not asked" in finding.why
    assert finding.how.endswith("reject_unauth_destination, check_policy_service unix:private/mdafilter-policyd'")


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ("permit_sasl_authenticated reject_unlisted_recipient", "reject_unauth_destination"),
        ("permit_sasl_authenticated reject_unauth_destination", "reject_unlisted_recipient"),
        ("reject_unlisted_recipient reject_unauth_destination", "permit_sasl_authenticated"),
    ],
)
def test_the_policy_service_that_is_asked_too_early(listed: str, wanted: str) -> None:
    after = f"reject_non_fqdn_recipient {listed} check_policy_service unix:x {wanted}"
    (finding,) = found(smtpd_recipient_restrictions=after)
    assert finding.wanted == f"{wanted} before check_policy_service"


def test_without_dunno_a_daemon_that_is_down_stops_all_mail() -> None:
    (finding,) = found(smtpd_policy_service_default_action="451 4.3.5 Server configuration problem")
    assert finding.weight == "loss" and finding.wanted == "DUNNO"
    own = "check_policy_service { unix:x, default_action=DUNNO }"
    given = {
        "smtpd_recipient_restrictions": f"reject_non_fqdn_recipient {RELAY} reject_unlisted_recipient {own}",
        "smtpd_data_restrictions": f"reject_unauth_pipelining {own}",
    }
    assert found(smtpd_policy_service_default_action="451 no", **given) == []


def test_a_socket_that_cannot_be_seen_from_a_chroot() -> None:
    data = "reject_unauth_pipelining, check_policy_service unix:/run/policyd.sock"
    (finding,) = found(Service("smtp", "inet", True, "smtpd"), smtpd_data_restrictions=data)
    assert finding.weight == "loss" and finding.found == "unix:/run/policyd.sock"
    assert found(SMTP, smtpd_data_restrictions=data) == []


# --- lists -----------------------------------------------------------------------------------------------------------


def test_all_that_a_list_lacks_is_in_one_command() -> None:
    first, second = found(smtpd_helo_restrictions="")
    assert {first.wanted, second.wanted} == {"reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname"}
    assert (
        first.how
        == second.how
        == (
            "postconf -e 'smtpd_helo_restrictions = permit_mynetworks, permit_sasl_authenticated, "
            "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname'"
        )
    )


def test_what_stands_in_another_list_is_not_missing() -> None:
    more = "reject_invalid_helo_hostname reject_non_fqdn_helo_hostname"
    relay = f"{more} {RELAY}"
    assert found(smtpd_helo_restrictions="", smtpd_relay_restrictions=relay) == []


def test_what_is_added_comes_before_the_policy_service() -> None:
    assert added("a, check_policy_service unix:x, b", ["reject_c"]) == "a, reject_c, check_policy_service unix:x, b"
    assert added("", ["reject_c", "check_policy_service unix:x"]) == "reject_c, check_policy_service unix:x"


def test_a_list_that_master_cf_has_set_is_changed_there() -> None:
    (finding,) = found(
        Service("smtp", "inet", False, "smtpd", {"smtpd_data_restrictions": "check_policy_service unix:x"})
    )
    assert finding.how == (
        "postconf -P smtp/inet/smtpd_data_restrictions=reject_unauth_pipelining,check_policy_service,unix:x"
    )
    own = "check_policy_service { unix:x, default_action=DUNNO }"
    (finding,) = found(Service("smtp", "inet", False, "smtpd", {"smtpd_data_restrictions": own}))
    assert finding.how == f"in master.cf, to smtp: -o {{ smtpd_data_restrictions = reject_unauth_pipelining, {own} }}"


@pytest.mark.parametrize("old", ["reject_unknown_client", "reject_maps_rbl", "check_relay_domains"])
def test_old_restrictions(old: str) -> None:
    (finding,) = found(smtpd_client_restrictions=f"permit_mynetworks, {old}")
    assert finding.weight == "loss" and finding.what == f"{old} in smtpd_client_restrictions"


def test_old_parameters() -> None:
    (finding,) = found(postscreen_blacklist_action="drop")
    assert finding.how == "postconf -e 'postscreen_denylist_action = drop'; postconf -X postscreen_blacklist_action"
    (finding,) = found(smtpd_use_tls="yes")
    assert finding.how == "postconf -e 'smtpd_tls_security_level = may'; postconf -X smtpd_use_tls"


def test_what_the_rest_finds() -> None:
    (finding,) = found(mime_header_checks="")
    assert finding.what == "mime_header_checks"
    (finding,) = found(local_recipient_maps="")
    assert "bounced to whoever was forged" in finding.why
    (finding,) = found(smtpd_sasl_auth_enable="yes")
    assert finding.how == "postconf -e 'smtpd_tls_auth_only = yes'"
    assert found(smtpd_sasl_auth_enable="yes", smtpd_tls_auth_only="yes") == []


SAFE = {"smtpd_sasl_auth_enable": "yes", "smtpd_tls_wrappermode": "yes", "smtpd_relay_restrictions": "reject"}


@pytest.mark.parametrize(
    "listed",
    [
        "permit_sasl_authenticated, reject",
        "permit_sasl_authenticated, check_policy_service unix:x, reject",
        "reject",
        RELAY,
    ],
)
def test_a_service_for_users_that_the_policy_service_does_not_hear_of(listed: str) -> None:
    service = Service("submissions", "inet", False, "smtpd", {**SAFE, "smtpd_recipient_restrictions": listed})
    (finding,) = found(SMTP, service)
    assert (finding.weight, finding.what) == ("note", "submissions of master.cf") and "greylisted" in finding.why
    data = {"smtpd_data_restrictions": "reject_unauth_pipelining"}
    (finding,) = found(SMTP, Service("submissions", "inet", False, "smtpd", {**service.options, **data}))
    assert finding.weight == "spam" and "stolen a password" in finding.why
    repaired = {**service.options, "smtpd_recipient_restrictions": USERS}
    assert found(SMTP, Service("submissions", "inet", False, "smtpd", repaired)) == []
    assert finding.how == f"postconf -P submissions/inet/smtpd_recipient_restrictions={re.sub('[ ,]+', ',', USERS)}"


def test_the_gravest_comes_first() -> None:
    weights = [f.weight for f in check({}, [SMTP])]
    assert weights == sorted(weights, key=list(GRAVE).index) and weights[0] == "relay"
