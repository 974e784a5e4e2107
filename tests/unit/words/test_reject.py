"""reject and ereject (RFC 5429)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Keep, Reject, Send
from mdafilter.errors import RuleErrors
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.texts import Template, Var
from mdafilter.words.reject import Refusal
from tests.support.scene import StillWorld, scene
from tests.support.script import acts, compiled, decide

if TYPE_CHECKING:
    from mdafilter.acts import Act


def test_it_refuses_with_the_reason_and_5_7_1() -> None:
    """Section 2.5: "Enhanced Error code 5.7.1 or a more generic 5.7.0 are RECOMMENDED." """
    assert Refusal("No mail from you.\r\n").acts(scene()) == (Reject("No mail from you.", "5.7.1"),)


def test_the_reason_may_have_variables() -> None:
    here = scene()
    here.set("why", "too big")
    assert Refusal(Template(("It is ", Var("why"), "."))).acts(here) == (Reject("It is too big."),)


def test_lines_are_kept_for_the_reply() -> None:
    """Section 2.5: "If the "reason" string consists of multiple CRLF separated lines, then the reason text MUST be
    returned as a multiline SMTP/LMTP response"."""
    assert Refusal("One\r\nTwo\r\n").acts(scene()) == (Reject("One\r\nTwo"),)


def test_it_describes_itself_as_sieve() -> None:
    assert Refusal('say "no"', "ereject").describe() == 'ereject "say \\"no\\""'


@pytest.mark.parametrize("word", ["reject", "ereject"])
def test_it_cancels_the_implicit_keep(word: str) -> None:
    """Section 2.4: "A "reject" action cancels the implicit keep." """
    assert acts(decide(f'require "{word}"; {word} "No.";')) == [Reject("No.")]


@pytest.mark.parametrize("other", ['reject "again";', 'fileinto "A";', "keep;", 'redirect "a@example.org";'])
def test_a_refused_message_is_delivered_nowhere(other: str) -> None:
    """Section 2.4: "Implementations MUST prohibit the execution of more than one "reject" in a Sieve script", and it is
    "NOT RECOMMENDED that implementations permit the use of "reject" with actions that cause mail delivery"."""
    decision = decide(f'require ["reject", "fileinto"]; reject "No."; {other}')
    assert acts(decision) == [Keep()]
    assert "reject" in decision.notes[0]


def test_each_word_has_its_own_capability() -> None:
    """Section 2.3: "Implementations MUST NOT silently upgrade "reject" actions to "ereject" actions"."""
    with pytest.raises(RuleErrors, match="ereject"):
        compiled('require "reject"; ereject "No.";')


ASCII = Envelope("bob@x.test", "ann@home.test", utf8=False)


def refused(word: str, envelope: Envelope, reason: str = "Größer nicht.") -> Sequence[Act]:
    return Refusal(reason, word).acts(Scene(Message.parse(b"Subject: x\n\n"), envelope, StillWorld()))


def test_reject_preserves_the_exact_text_by_an_mdn_where_the_protocol_cannot() -> None:
    """Section 2.2: "implementations MAY refuse delivery over SMTP/LMTP protocol (...) if and only if (...) both the
    client and server support and negotiate use of an SMTP/LMTP extension for sending UTF-8 responses"."""
    letter, refusal = refused("reject", ASCII)
    assert isinstance(letter, Send) and letter.to == ("bob@x.test",)
    assert refusal == Reject("Größer nicht.", told=True)
    assert refused("reject", ASCII.replace(utf8=True)) == (Reject("Größer nicht."),)
    assert refused("reject", ASCII, "too big") == (Reject("too big"),)


def test_ereject_is_always_said_in_the_protocol() -> None:
    """Section 2.1.1: "Sieve implementations that are able to reject messages at the SMTP/LMTP level MUST do so"."""
    assert refused("ereject", ASCII) == (Reject("Größer nicht."),)


def test_the_null_sender_gets_no_mdn() -> None:
    """Section 2.2.1: "Message Disposition Notifications MUST NOT be generated if the MAIL FROM (or Return-Path) is
    empty"."""
    assert refused("reject", ASCII.replace(sender="")) == (Reject("Größer nicht."),)


def test_a_second_one_is_an_error_though_it_says_the_same() -> None:
    """Section 2.4: "Implementations MUST prohibit the execution of more than one "reject" in a Sieve script."."""
    decision = decide('require "reject"; reject "no"; reject "no";')
    assert acts(decision) == [Keep()]
    assert "a second reject" in decision.notes[0]
