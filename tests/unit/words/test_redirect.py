"""`redirect`."""

from __future__ import annotations

import pytest

from mdafilter.acts import Keep, Redirect
from mdafilter.errors import RuleErrors
from mdafilter.words.redirect import RedirectTo
from tests.support.scene import StillWorld, scene
from tests.support.script import acts, compiled, decide
from tests.support.sieve import said

HEAD = 'require ["copy", "variables"];\n'


@pytest.mark.parametrize("address", ["bart@example.com", '\\"b s\\"@example.com', "Bart <bart@example.com>"])
def test_one_address(address: str) -> None:
    assert [type(act) for act in acts(decide(f'redirect "{address}";'))] == [Redirect]


def test_a_name_beside_it_is_left_out() -> None:
    assert RedirectTo("Bart <bart@example.com>").acts(scene()) == (Redirect("bart@example.com"),)


def test_a_copy_keeps_the_message_too() -> None:
    """RFC 3894, 3: "the tagged command does not cancel the implicit "keep"."."""
    decision = decide(f'{HEAD}redirect :copy "a@b.example";')
    assert acts(decision) == [Redirect("a@b.example", copy=True), Keep()]
    assert decision.trace[0].what == 'redirect :copy "a@b.example"'


@pytest.mark.parametrize("address", ["", "bart", "bart@", "@example.com", "a@b.example, c@d.example", "a b@c.example"])
def test_what_is_no_address_is_an_error(address: str) -> None:
    with pytest.raises(RuleErrors, match=r"address|domain"):
        compiled(f'redirect "{address}";')


def test_made_of_variables_it_keeps_the_message() -> None:
    decision = decide(f'{HEAD}set "who" "no one"; redirect "${{who}}";')
    assert acts(decision) == [Keep()]
    assert "redirect" in decision.notes[0]


def test_too_many_keep_the_message() -> None:
    """RFC 5228, 10: "it MUST be possible to limit the number of redirects a script can perform"."""
    decision = decide("".join(f'redirect "a{n}@b.example";' for n in range(6)))
    assert acts(decision) == [Keep()]


def test_one_address_is_one_redirect_however_often() -> None:
    """RFC 5228, 2.10.3: it "MUST NOT be treated as an error"; of a domain the case does not matter."""
    assert acts(decide('redirect "a@b.example"; ' * 40)) == [Redirect("a@b.example")]
    decision = decide('redirect "a@B.example"; redirect "a@b.example"; redirect "A@b.example";')
    assert acts(decision) == [Redirect("a@B.example"), Redirect("A@b.example")]


@pytest.mark.parametrize(("most", "count", "kept"), [("2", 2, False), ("2", 3, True), ("0", 1, True), ("6", 6, False)])
def test_how_many_there_may_be_is_the_sites(most: str, count: int, kept: bool) -> None:
    script = "".join(f'redirect "a{n}@b.example"; redirect "a{n}@B.example";' for n in range(count))
    decision = decide(script, world=StillWorld(options={"max_redirects": most}))
    assert (acts(decision) == [Keep()]) is kept
    assert decision.notes == (
        (f"test.sieve: the number of redirect actions exceeds policy limit of {most}; the message is kept",)
        if kept
        else ()
    )


@pytest.mark.parametrize(
    ("setting", "sender", "wanted"),
    [
        ("sender", "s@example.org", None),
        ("recipient", "s@example.org", "r@example.net"),
        ("<a@b.test>", "s@example.org", "a@b.test"),
        ("<>", "s@example.org", ""),
        ("<a@b.test>", "", None),
    ],
)
def test_the_sender_of_the_envelope(setting: str, sender: str, wanted: str | None) -> None:
    """RFC 5228, 4.2: "if the message being processed has an empty envelope sender address the outgoing message MUST also
    have an empty envelope sender address"."""
    one = scene(world=StillWorld(options={"redirect_envelope_from": setting}), sender=sender)
    assert RedirectTo("a@b.example").acts(one) == (Redirect("a@b.example", sender=wanted),)


def test_a_local_user() -> None:
    """What procmail's `! root` becomes."""
    assert RedirectTo("root").acts(scene()) == (Redirect("root"),)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('redirect "";', 'error 1:10 "" is not one address | write an address like "ann@example.org"'),
        ('redirect "nobody";', 'error 1:10 "nobody" is not an address | write an address like "ann@example.org"'),
        (
            'redirect "a@b.example, c@d.example";',
            'error 1:10 "a@b.example, c@d.example" is not one address | write an address like "ann@example.org"',
        ),
        (
            'redirect "b@c..example";',
            'error 1:10 "b@c..example" is not an address that a mail can be sent to | write an address like "ann@example.org"',
        ),
        (
            'redirect "a b@c.example";',
            'error 1:10 "a b@c.example" is not an address | write an address like "ann@example.org"',
        ),
        ('redirect "<a>";', 'error 1:10 "<a>" is not an address | write an address like "ann@example.org"'),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
