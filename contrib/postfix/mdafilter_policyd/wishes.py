"""What main.cf.example wants of a Postfix, each with its reason. Pure.

In:    the parameters in force and the services (postconf.py).
Out:   Findings: what differs, the gravest first.

A new wish for a parameter is a line of TABLE; one that needs more is a function of CHECKS.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mdafilter_policyd.postconf import LISTS, Restriction, Service, restrictions

# By weight, the gravest first.
GRAVE = {
    "relay": "OPEN RELAY",
    "loss": "LOSES OR DELAYS MAIL",
    "forged": "LETS FORGERIES IN",
    "spam": "LETS SPAM IN",
    "note": "worth to know",
}
POLICY = "check_policy_service"
SOCKET = "unix:private/mdafilter-policyd"
OPEN = "Anybody can send mail to anywhere through this host, and others will refuse all mail of it."
RELAY = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
USERS = f"reject_non_fqdn_recipient, reject_unlisted_recipient, {POLICY} {SOCKET}, permit_sasl_authenticated, reject"


@dataclass(frozen=True)
class Finding:
    """One difference. `weight` is a key of GRAVE; `how` a command, or a sentence."""

    weight: str
    what: str
    found: str
    wanted: str
    why: str
    how: str


def check(main: Mapping[str, str], master: Sequence[Service]) -> list[Finding]:
    """All that differs."""
    found = [finding for one in CHECKS for finding in one(main, master)]
    order = list(GRAVE)
    return sorted(found, key=lambda finding: order.index(finding.weight))


def postconf(name: str, value: str) -> str:
    """The command."""
    return f"postconf -e {shlex.quote(f'{name} = {value}')}"


def changed(service: Service, name: str, value: str) -> str:
    """The command for a parameter that master.cf may have set for this service."""
    return changed_there(service, name, value) if name in service.options else postconf(name, value)


def changed_there(service: Service, name: str, value: str) -> str:
    """The command for a parameter of this service alone; a sentence where there is none."""
    if "{" in value:  # postconf(1) takes no value with blanks here ("-Pe does not accept whitespace")
        return f"in master.cf, to {service.name}: -o {{ {name} = {value} }}"
    given = re.sub(r"[\s,]+", ",", value)
    return f"postconf -P {shlex.quote(f'{service.name}/{service.type}/{name}={given}')}"


# --- parameters -------------------------------------------------------------------------------------------------------

# weight, parameter, accepted values (the first is the one to set), why
TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("relay", "allow_untrusted_routing", "no",
     "An address with a route in it (user@remote@here) is sent on, and nobody looks at where to."),
    ("loss", "smtpd_delay_reject", "yes",
     "A client is refused before it has said for whom its mail is: who is refused by mistake cannot reach postmaster."),
    ("forged", "smtpd_forbid_bare_newline", "normalize yes reject",
     "A bare LF . LF ends a message: a second one, of any sender, can be hidden in a first (SMTP smuggling)."),
    ("spam", "smtpd_helo_required", "yes",
     "A client that says no name cannot be judged by it. RFC 5321 section 4.1.4 wants one."),
    ("spam", "disable_vrfy_command", "yes",
     "VRFY tells everybody which addresses there are (RFC 5321 section 7.3)."),
    ("spam", "smtpd_forbid_unauth_pipelining", "yes",
     "Programs that talk without listening to answers are not cut off."),
    ("spam", "smtpd_reject_unlisted_recipient", "yes",
     "Mail for addresses that do not exist is taken, and bounced to whoever was forged as its sender."),
    ("note", "soft_bounce", "no",
     "Every 5xx is sent as 4xx: what is refused comes again for days. Good for an hour's trial."),
    ("note", "unknown_address_reject_code", "550",
     "A sender whose domain does not exist tries again for days. Where the DNS fails, it is 450 still."),
    ("note", "unknown_hostname_reject_code", "550",
     "A client whose HELO does not exist tries again for days. Where the DNS fails, it is 450 still."),
    ("note", "unknown_client_reject_code", "550",
     "A client without a verified name tries again for days. Where the DNS fails, it is 450 still."),
)  # fmt: skip


def wanted_values(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    for weight, name, accepted, why in TABLE:
        values = accepted.split()
        if name not in main:
            need = "This version of Postfix does not know it: 3.7.10, 3.8.5 and 3.9 or newer do."
            yield Finding(weight, name, "not known", values[0], f"{why} {need}", "update Postfix")
        elif main[name].lower() not in map(str.lower, values):
            yield Finding(weight, name, main[name], values[0], why, postconf(name, values[0]))


# Old name, its new one (postconf(5)).
RENAMED = {
    "postscreen_whitelist_interfaces": "postscreen_allowlist_interfaces",
    "postscreen_blacklist_action": "postscreen_denylist_action",
    "postscreen_dnsbl_whitelist_threshold": "postscreen_dnsbl_allowlist_threshold",
    "postscreen_dnsbl_ttl": "postscreen_dnsbl_max_ttl",
}
SWITCHES = {"smtpd_use_tls": "may", "smtpd_enforce_tls": "encrypt"}
GONE = {
    "reject_invalid_hostname": "reject_invalid_helo_hostname",
    "reject_non_fqdn_hostname": "reject_non_fqdn_helo_hostname",
    "reject_unknown_hostname": "reject_unknown_helo_hostname",
    "reject_unknown_client": "reject_unknown_client_hostname",
    "reject_maps_rbl": "the check dnsbl of the policy service",
    "check_relay_domains": "reject_unauth_destination",
    "permit_naked_ip_address": "nothing: it is not needed",
    "permit_mx_backup": "relay_domains, with relay_recipient_maps",
}


def old_names(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    for old, new in RENAMED.items():
        if main.get(old):
            how = f"{postconf(new, main[old])}; postconf -X {old}"
            yield Finding("note", old, main[old], new, "The name is an old one, and will go.", how)
    for old, level in SWITCHES.items():
        if main.get(old) == "yes":
            how = f"{postconf('smtpd_tls_security_level', level)}; postconf -X {old}"
            yield Finding("note", old, "yes", f"smtpd_tls_security_level = {level}", "3.9 says that it will go.", how)
    for name in LISTS:
        for used in restrictions(main.get(name, ""), main):
            if used.name in GONE:
                why = "The name is an old one. What a version does not know makes it answer 451 to all mail."
                yield Finding("loss", f"{used.name} in {name}", str(used), GONE[used.name], why, f"edit {name}")


# --- who may relay ----------------------------------------------------------------------------------------------------

GUARDS = {"reject_unauth_destination", "defer_unauth_destination", "reject", "defer"}
# What may say OK to somebody who is no user of ours.
STRANGERS = ("check_", "permit_dnswl_", "permit_rhswl_", "permit_tls_all_clientcerts", "permit_mx_backup")


def guarded(listed: Sequence[Restriction]) -> tuple[bool, str]:
    """Whether nobody but mynetworks and users comes through this list to a foreign place, and if not, by what."""
    for one in listed:
        if one.name in GUARDS and not one.warn:
            return True, ""
        if not one.warn and (one.name == "permit" or one.name.startswith(STRANGERS)):
            return False, f"{one} may say yes before anything says no"
    return False, "nothing says no"


def relaying(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    """Each smtpd(8) of its own, since master.cf may replace the lists."""
    for service in smtpds(master):
        seen = service.main(main)
        lists = [restrictions(seen.get(f"smtpd_{name}_restrictions", ""), seen) for name in ("relay", "recipient")]
        (relay, why), (recipient, also) = map(guarded, lists)
        if not relay and not recipient:
            found = f"smtpd_relay_restrictions: {why}; smtpd_recipient_restrictions: {also}"
            runs = any(one.name in GUARDS for listed in lists for one in listed)
            reason = OPEN if runs else "smtpd(8) refuses to run like this: no mail comes in."
            how = changed(service, "smtpd_relay_restrictions", RELAY)
            yield Finding("relay" if runs else "loss", f"{service.name} of master.cf", found, RELAY, reason, how)


def networks(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    for name, why in (
        ("mynetworks", "All of these may send to anywhere without a password."),
        (
            "smtpd_authorized_xclient_hosts",
            "All of these may say that they are any other client, one of mynetworks too.",
        ),
    ):
        wide = [word for word in re.split(r"[\s,]+", main.get(name, "")) if _wide(word)]
        if wide:
            wanted = "127.0.0.0/8 [::1]/128" if name == "mynetworks" else ""
            yield Finding("relay", name, " ".join(wide), wanted or "empty", why, postconf(name, wanted))


def _wide(word: str) -> bool:
    """A network that cannot be one's own: wider than any that is given to somebody, and no private one."""
    try:
        network = ipaddress.ip_network(re.sub(r"[\[\]]", "", word), strict=False)
    except ValueError:
        return False  # a table or a file: not looked into
    return not network.is_private and not network.is_loopback and network.prefixlen < (8, 19)[network.version == 6]


# --- the policy service -----------------------------------------------------------------------------------------------


def smtpds(master: Sequence[Service]) -> list[Service]:
    """What the network can reach."""
    return [s for s in master if s.command == "smtpd" and s.type in ("inet", "pass")]


def front(master: Sequence[Service]) -> Service:
    """The one for mail of others: port 25, or what postscreen(8) hands on to."""
    fronts = [s for s in smtpds(master) if s.type == "pass" or s.name.rpartition(":")[2] in ("smtp", "25")]
    return fronts[0] if fronts else Service("smtp", "inet", False, "smtpd")


def policy(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    service = front(master)
    seen = service.main(main)
    asked = [one for name in LISTS for one in restrictions(seen.get(name, ""), seen) if one.name == POLICY]
    name, action = "smtpd_policy_service_default_action", seen.get("smtpd_policy_service_default_action", "")
    if action.upper() != "DUNNO" and (not asked or any("default_action" not in one.argument for one in asked)):
        why = "Where the policy service does not answer, mail is deferred instead of going on without it."
        yield Finding("loss" if asked else "note", name, action, "DUNNO", why, postconf(name, "DUNNO"))
    for socket in sorted({found for one in asked for found in re.findall(r"unix:/[^\s,}]+", one.argument)}):
        if service.chroot:
            why = f"{service.name} of master.cf runs in a chroot and does not see this path."
            yield Finding("loss", POLICY, socket, SOCKET, why, "edit the lists as in main.cf.example")
    yield from _order([one.name for one in restrictions(seen.get("smtpd_recipient_restrictions", ""), seen)])


def _order(names: Sequence[str]) -> Iterator[Finding]:
    if POLICY not in names:
        return  # `missing` tells
    before = names[: names.index(POLICY)]
    for needed, why in (
        ("reject_unauth_destination", "It is asked about mail that is refused anyway, and an OK of it ends this list."),
        ("reject_unlisted_recipient", "It is asked about recipients that do not exist, and remembers them (greylist)."),
        ("permit_sasl_authenticated", "Mail of our own users is greylisted like that of strangers."),
    ):
        if needed not in before:
            name, wanted = "smtpd_recipient_restrictions", f"{needed} before {POLICY}"
            found = ", ".join([*before, POLICY])
            yield Finding("note", name, found, wanted, why, "put it there, as in main.cf.example")


# --- what is wanted in the lists, and of the content -----------------------------------------------------------------

# list, what is wanted in it (or in another list, but for the policy service), weight, why
WANTED: tuple[tuple[str, str, str, str], ...] = (
    ("smtpd_helo_restrictions", "reject_invalid_helo_hostname", "spam",
     "A name in HELO that cannot be one is no mail server's."),
    ("smtpd_helo_restrictions", "reject_non_fqdn_helo_hostname", "spam",
     "A name in HELO without a domain is a home computer's."),
    ("smtpd_sender_restrictions", "reject_non_fqdn_sender", "spam",
     "No bounce can reach a sender without a domain."),
    ("smtpd_sender_restrictions", "reject_unknown_sender_domain", "spam",
     "No bounce can reach a sender whose domain does not exist or takes no mail (RFC 7505)."),
    ("smtpd_recipient_restrictions", "reject_non_fqdn_recipient", "note",
     "A recipient without a domain is a guess."),
    ("smtpd_recipient_restrictions", f"{POLICY} {SOCKET}", "spam",
     "mdafilter-policyd is not asked about clients, names, senders and recipients."),
    ("smtpd_data_restrictions", "reject_unauth_pipelining", "spam",
     "Programs that talk without listening are let through."),
    ("smtpd_data_restrictions", f"{POLICY} {SOCKET}", "note",
     "Only at DATA all recipients are known: rates, and a second header field (one action in an answer)."),
)  # fmt: skip
# What an empty list begins with.
BEGIN = {
    "smtpd_helo_restrictions": "permit_mynetworks, permit_sasl_authenticated",
    "smtpd_sender_restrictions": "permit_mynetworks, permit_sasl_authenticated",
    "smtpd_recipient_restrictions": f"{RELAY}, reject_unlisted_recipient",
}


def missing(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    """All findings about one list have one command, which adds all that is missing."""
    service = front(master)
    seen = service.main(main)
    used = {name: {one.name for one in restrictions(seen.get(name, ""), seen)} for name in LISTS}
    everywhere = set().union(*used.values())
    lacking: dict[str, list[tuple[str, str, str]]] = {}
    for name, wanted, weight, why in WANTED:
        if wanted.split()[0] not in (used[name] if wanted.startswith(POLICY) else everywhere):
            lacking.setdefault(name, []).append((wanted, weight, why))
    for name, rows in lacking.items():
        value = added(seen.get(name, "") or BEGIN.get(name, ""), [wanted for wanted, _, _ in rows])
        how = changed(service, name, value)
        yield from (Finding(weight, name, seen.get(name, ""), wanted, why, how) for wanted, weight, why in rows)


def added(listed: str, wanted: Sequence[str]) -> str:
    """The list with these: the policy service at its end, others before it. What was there keeps its order."""
    words = [str(one) for one in restrictions(listed, {})]
    for more in wanted:
        asked = [i for i, word in enumerate(words) if POLICY in word]
        words.insert(asked[0] if asked and POLICY not in more else len(words), more)
    return ", ".join(words)


def content(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    if not main.get("mime_header_checks"):
        value = "regexp:/etc/postfix/mime_header_checks"
        why = "Attachments that are programs are not refused at the SMTP stage."
        yield Finding("spam", "mime_header_checks", "", value, why, postconf("mime_header_checks", value))
    if main.get("mydestination") and not main.get("local_recipient_maps"):
        value = "proxy:unix:passwd.byname $alias_maps"
        why = "Mail for local users that do not exist is taken, and bounced to whoever was forged as its sender."
        yield Finding("spam", "local_recipient_maps", "", value, why, postconf("local_recipient_maps", value))


def passwords(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    for service in smtpds(master):
        seen = service.main(main)
        safe = (
            seen.get("smtpd_tls_auth_only") == "yes"
            or seen.get("smtpd_tls_security_level") == "encrypt"
            or seen.get("smtpd_tls_wrappermode") == "yes"
        )
        if seen.get("smtpd_sasl_auth_enable") == "yes" and not safe:
            why = "Passwords are asked for without TLS. Whoever reads one sends spam in the name of this host."
            what = f"{service.name} of master.cf"
            found, wanted = "smtpd_tls_auth_only = no", "smtpd_tls_auth_only = yes"
            yield Finding("forged", what, found, wanted, why, postconf("smtpd_tls_auth_only", "yes"))


def users(main: Mapping[str, str], master: Sequence[Service]) -> Iterator[Finding]:
    """Where users log in, the policy service hears of each recipient only if nobody has said yes before."""
    for service in smtpds(master):
        seen = service.main(main)
        if seen.get("smtpd_sasl_auth_enable") != "yes" or service is front(master):
            continue
        name = "smtpd_recipient_restrictions"
        at_rcpt, at_data = (
            [one.name for one in restrictions(seen.get(listed, ""), seen)]
            for listed in (name, "smtpd_data_restrictions")
        )
        yes = at_rcpt.index("permit_sasl_authenticated") if "permit_sasl_authenticated" in at_rcpt else len(at_rcpt)
        if POLICY in at_rcpt[:yes]:
            continue
        why = "The policy service does not hear whom our users write to: an answer is greylisted."
        if POLICY not in at_data:
            why += " It counts nothing either: who has stolen a password may send without end."
        what, weight = f"{service.name} of master.cf", "note" if POLICY in at_data else "spam"
        found = f"{name} = {seen.get(name, '')}".rstrip()
        yield Finding(weight, what, found, f"{name} = {USERS}", why, changed_there(service, name, USERS))


CHECKS: tuple[Callable[[Mapping[str, str], Sequence[Service]], Iterator[Finding]], ...] = (
    relaying,
    networks,
    wanted_values,
    old_names,
    policy,
    missing,
    content,
    passwords,
    users,
)
