"""environment (RFC 5183)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Keep
from mdafilter.texts import Template, Var
from mdafilter.words.environment import Environment
from mdafilter.words.match import Match
from tests.support.scene import StillWorld, scene
from tests.support.script import acts, decide
from tests.support.sieve import errors

WORLD = StillWorld(environment={"remote-ip": "192.0.2.7", "remote-host": "", "location": "MDA"})


@pytest.mark.parametrize(
    ("name", "kind", "key", "held"),
    [
        ("location", "is", "mda", True),
        ("Location", "is", "MDA", True),
        ("remote-ip", "matches", "192.0.2.*", True),
        ("remote-ip", "contains", "198", False),
        ("remote-host", "is", "", True),
    ],
)
def test_an_item_is_matched(name: str, kind: str, key: str, held: bool) -> None:
    test = Environment(name, Match(kind, "i;ascii-casemap", "", (key,)))
    assert test.ask(scene(world=WORLD)).held is held


@pytest.mark.parametrize(
    "match",
    [
        Match("contains", "i;ascii-casemap", "", ("",)),
        Match("is", "i;ascii-casemap", "", ("",)),
        Match("matches", "i;ascii-casemap", "", ("*",)),
        Match("count", "i;ascii-numeric", "eq", ("0",)),
        Match("value", "i;ascii-casemap", "ne", ("x",)),
    ],
    ids=lambda match: match.kind,
)
def test_an_item_that_is_not_known_fails(match: Match) -> None:
    """Section 4: "The environment test MUST fail unconditionally if the specified information item does not exist.
    A script MUST NOT fail with an error if the item does not exist." """
    answer = Environment("vnd.nobody.thing", match).ask(scene(world=WORLD))
    assert not answer.held
    assert answer.saw == ("vnd.nobody.thing is not known",)


def test_contains_nothing_asks_whether_an_item_is_known() -> None:
    """Section 4: `environment :contains "item" ""` "only succeeds if "item" is known to the implementation, and always
    succeeds if it is"."""
    assert Environment("remote-host", Match("contains", "i;ascii-casemap", "", ("",))).ask(scene(world=WORLD)).held


@pytest.mark.parametrize(("name", "count"), [("remote-host", "0"), ("location", "1")])
def test_the_count_of_an_empty_item_is_0(name: str, count: str) -> None:
    """Section 4: "The count of an environment test is 0 if the environment information returned is the empty string,
    or 1 otherwise." """
    assert Environment(name, Match("count", "i;ascii-numeric", "eq", (count,))).ask(scene(world=WORLD)).held


def test_the_name_may_be_a_variable() -> None:
    here = scene(world=WORLD)
    here.set("item", "LOCATION")
    answer = Environment(Template((Var("item"),)), Match("is", "i;octet", "", ("MDA",))).ask(here)
    assert answer.by == 'environment "location" is "MDA"'


def test_what_the_policy_daemon_found_is_an_item_of_this_message() -> None:
    """RFC 5183 section 4.2: "vnd." items are those of a vendor."""
    here = scene(world=WORLD)
    here.facts = {"vnd.mdafilter.policy.spf": "fail"}
    answer = Environment("vnd.mdafilter.policy.SPF", Match("is", "i;ascii-casemap", "", ("fail",))).ask(here)
    assert answer.by == 'environment "vnd.mdafilter.policy.spf" is "fail"'
    assert here.value("env.vnd.mdafilter.policy.spf") == "fail"
    assert here.value("env.location") == "MDA"


def test_it_describes_itself_as_sieve() -> None:
    test = Environment("remote-ip", Match("matches", "i;ascii-casemap", "", ("10.*", "127.*")))
    assert test.describe() == 'environment :matches "remote-ip" ["10.*", "127.*"]'


DOVECOT = StillWorld(environment={"remote-ip": "192.0.2.7"}, options={"environment/class": "gold"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vnd.dovecot.default-mailbox", "INBOX"),
        ("vnd.dovecot.username", "r@example.net"),
        ("VND.Dovecot.Config.Class", "gold"),
        ("vnd.dovecot.config.none", None),
        ("vnd.dovecot.config", None),
        ("vnd.dovecot.config.", None),
        ("vnd.dovecot.unheard-of", None),
    ],
)
@pytest.mark.parametrize("required", ["vnd.dovecot.environment", "environment"])
def test_items_of_dovecot(name: str, value: str | None, required: str) -> None:
    """They are there where their extension is required, which brings the test as well."""
    script = f'require "{required}"; if environment :contains "{name}" "{value or ""}" {{ discard; }}'
    held = decide(script, world=DOVECOT).decided[0].at is not None
    assert held is (value is not None and required == "vnd.dovecot.environment")


def test_the_name_of_an_item_of_dovecot_may_be_a_variable() -> None:
    script = 'set "a" "username"; if environment "vnd.dovecot.${a}" "r@example.net" { discard; }'
    for required, held in (("vnd.dovecot.environment", True), ("environment", False)):
        decision = decide(f'require ["variables", "{required}"]; {script}', world=DOVECOT)
        assert (decision.decided[0].at is not None) is held


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env.vnd.dovecot.username}", "r@example.net"),
        ("${ENV.VND.Dovecot.Default_Mailbox}", "INBOX"),
        ("${env.vnd.dovecot.config.class}", "gold"),
        ("${env.remote_ip}", "192.0.2.7"),
        ("${env.none}", ""),
        ("${env.vnd.dovecot.config.none}", ""),
    ],
)
def test_the_namespace_of_variables(text: str, value: str) -> None:
    """RFC 5229, 3: "an extension that defines a namespace"; its items are found under the name that a variable can have."""
    script = f'require ["vnd.dovecot.environment", "variables"]; if string "{text}" "{value}" {{ discard; }}'
    assert decide(script, world=DOVECOT).decided[0].at is not None


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('require "variables"; redirect "${env.host}";', '${env.host} needs the extension "vnd.dovecot.environment"'),
        (
            'require ["variables", "environment"]; redirect "${env.host}";',
            '${env.host} needs the extension "vnd.dovecot.environment"',
        ),
        (
            'require ["variables", "vnd.dovecot.environment"]; set "env.host" "x";',
            'the namespace of "env.host" cannot be set',
        ),
        ('if environment "host" "x" { stop; }', '`environment` needs the extension "environment"'),
    ],
)
def test_mistakes(script: str, error: str) -> None:
    """RFC 5229, 3: "References to namespaces without a prior require statement for the relevant extension MUST cause an
    error." """
    (found,) = errors(script)
    assert error in found


def test_without_variables_it_is_text() -> None:
    script = 'require "vnd.dovecot.environment"; if header "subject" "${env.host}" { discard; }'
    assert acts(decide(script, b"Subject: ${env.host}\n\n")) == [Discard()]
    assert acts(decide(script, b"Subject: mx.test\n\n", StillWorld(environment={"host": "mx.test"}))) == [Keep()]
