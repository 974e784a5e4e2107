"""How much one may send."""

from __future__ import annotations

from typing import Any

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.checks.rate import Limit, Options, Rate, make, parse
from mdafilter_policyd.errors import ConfigError, StoreError
from mdafilter_policyd.opinion import Defer
from mdafilter_policyd.request import Request
from tests.support.policyd_grey import Town, ask, request, word

NONE = {"sasl_messages": "", "sasl_recipients": ""}


def begun(**options: Any) -> tuple[Rate, Town]:
    town = Town()
    return make(Options(mode="on", **{**NONE, **options}), town.house()), town


def mail(instance: str, recipient: str = "x@b.example", **others: str) -> Request:
    return request(recipient=recipient, instance=instance, sasl_username="ann", **others)


def test_so_many_messages_and_no_more() -> None:
    check, town = begun(sasl_messages="3/1h")
    assert [word(ask(check, mail(str(n)))) for n in range(5)] == ["DUNNO"] * 3 + ["DEFER"] * 2
    town.time += 3601
    assert word(ask(check, mail("later"))) == "DUNNO"


def test_the_text_and_the_reason() -> None:
    check, _ = begun(sasl_messages="0/90m", url="https://mx.example.net/blocked")
    assert ask(check, mail("1")) == (
        Defer(
            "4.7.1 Too many messages from ann: at most 0 in 1h30m; please try again later",
            "sasl_messages of 0 in 1h30m",
        ),
    )


def test_a_message_to_many_is_one_message() -> None:
    check, _ = begun(sasl_messages="1/1h")
    asked = [mail("1", f"{n}@b.example") for n in range(5)]
    assert {word(ask(check, one)) for one in asked} == {"DUNNO"}
    assert word(ask(check, mail("2"))) == "DEFER"


def test_recipients_are_counted_one_by_one() -> None:
    check, _ = begun(sasl_recipients="3/1h")
    said = [word(ask(check, mail("1", f"{n}@b.example"))) for n in range(5)]
    assert said == ["DUNNO"] * 3 + ["DEFER"] * 2


def test_at_data_only_what_was_not_counted_at_rcpt() -> None:
    """SMTPD_POLICY_README: recipient_count "is zero before the DATA stage"."""
    check, _ = begun(sasl_recipients="4/1h", sasl_messages="2/1h")
    for n in range(2):
        assert word(ask(check, mail("1", f"{n}@b.example"))) == "DUNNO"
    assert word(ask(check, mail("1", "", state="DATA", recipient_count="2"))) == "DUNNO"
    assert word(ask(check, mail("1", "", state="END-OF-MESSAGE", recipient_count="2"))) == "DUNNO"
    assert word(ask(check, mail("2", "", state="DATA", recipient_count="3"))) == "DEFER"
    assert word(ask(check, mail("3", "", state="DATA", recipient_count="2"))) == "DUNNO"


def test_what_is_deferred_is_not_counted() -> None:
    """A queue of many that tries again gets on."""
    check, town = begun(sasl_messages="2/1h", sasl_recipients="3/1h")
    for n in range(50):
        ask(check, mail(str(n)))
        town.time += 10
    assert {key: sum(n for _, n in sums) for (_, key, _), sums in town.store.sums.items()} == {
        "sasl/messages/ann": 2,
        "sasl/recipients/ann": 2,
    }


def test_several_limits_hold_all() -> None:
    check, town = begun(sasl_messages="2/10m, 3/1h")
    said = []
    for n in range(6):
        said.append(word(ask(check, mail(str(n)))))
        town.time += 300
    assert said == ["DUNNO", "DUNNO", "DUNNO", "DEFER", "DEFER", "DEFER"]


def test_by_sender() -> None:
    check, _ = begun(sender_messages="1/1h")
    assert [word(ask(check, request(sender=s))) for s in ("a@x", "A@X", "b@x", "", "")] == [
        "DUNNO",
        "DEFER",
        "DUNNO",
        "DUNNO",
        "DUNNO",
    ]


def test_by_client() -> None:
    check, _ = begun(client_messages="1/1h")
    clients = ["192.0.2.7", "192.0.2.7", "192.0.2.8", "2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"]
    said = [word(ask(check, request(address))) for address in clients]
    assert said == ["DUNNO", "DEFER", "DUNNO", "DUNNO", "DEFER", "DUNNO"]
    assert [word(ask(check, mail(str(n)))) for n in range(3)] == ["DUNNO"] * 3  # who has logged in is a user


def test_a_stolen_password_is_told_once_in_a_window() -> None:
    check, town = begun(sasl_messages="1/1h")
    for n in range(10):
        ask(check, mail(str(n)))
    assert town.alerts == [
        "rate: SASL user ann has passed 1 messages in 1h, now from 192.0.2.7: if it is not the user, change the password"
    ]
    town.time += 3601
    for n in range(10, 20):
        ask(check, mail(str(n)))
    assert len(town.alerts) == 2


def test_nobody_is_told_of_a_busy_client() -> None:
    check, town = begun(client_messages="0/1h")
    assert word(ask(check, request())) == "DEFER"
    assert town.alerts == []


def test_a_second_process_does_not_tell_it_again() -> None:
    check, town = begun(sasl_messages="0/1h")
    other = make(Options(sasl_messages="0/1h"), town.house())
    ask(check, mail("1"))
    ask(other, mail("2"))
    assert len(town.alerts) == 1


@pytest.mark.parametrize("exempt", ["ANN", "192.0.2.0/24", "192.0.2.7", "192.0.2"])
def test_who_is_exempt(exempt: str) -> None:
    check, town = begun(sasl_messages="0/1h", exempt=(exempt,))
    assert word(ask(check, mail("1"))) == "DUNNO"
    assert not town.store.sums


def test_a_sender_is_exempt_only_without_a_password() -> None:
    """Whoever has the password may write any sender."""
    check, _ = begun(sasl_messages="0/1h", sender_messages="0/1h", exempt=("boss@a.example",))
    assert word(ask(check, mail("1", sender="boss@a.example"))) == "DEFER"
    assert word(ask(check, request(sender="Boss@a.example"))) == "DUNNO"


@pytest.mark.parametrize("state", ["CONNECT", "EHLO", "MAIL", "VRFY", "ETRN"])
def test_other_states_count_nothing(state: str) -> None:
    check, _ = begun(sasl_messages="0/1h", sasl_recipients="0/1h")
    assert ask(check, mail("1", state=state)) == ()


def test_messages_on_their_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RATE_INSTANCES", 3)
    check, town = begun(sasl_messages="100/1h")
    for n in (1, 2, 3, 4, 1):  # the first has been forgotten, and is counted again: never too little
        ask(check, mail(str(n)))
    assert len(town.store.sums["rate", "sasl/messages/ann", 3600]) == 5


def test_the_default_is_for_users_alone() -> None:
    town = Town()
    check = make(Options(), town.house())
    assert {word(ask(check, request(sender="a@x"))) for _ in range(200)} == {"DUNNO"}
    assert [word(ask(check, mail(str(n)))) for n in range(101)][-2:] == ["DUNNO", "DEFER"]


def test_a_store_that_is_down_is_told_to_who_asked() -> None:
    check, town = begun(sasl_messages="1/1h")
    town.store.dead = True
    with pytest.raises(StoreError):
        ask(check, mail("1"))


def test_limits_are_read() -> None:
    assert parse(" 20/10m , 100 / 1h ", "sasl", "messages") == [
        Limit("sasl", "messages", 20, 600),
        Limit("sasl", "messages", 100, 3600),
    ]
    assert parse("", "sasl", "messages") == []


def test_all_faults_at_once() -> None:
    options = Options(
        sasl_messages="100", sasl_recipients="1/x", client_messages="1/0s", sender_messages="1/1s," * 21, text="$no"
    )
    with pytest.raises(ConfigError) as failed:
        make(options, Town().house())
    assert [f.file for f in failed.value.faults] == [
        "sasl_messages",
        "sasl_recipients",
        "sender_messages",
        "client_messages",
        "text",
    ]
