"""`redirect`."""

from __future__ import annotations

import pytest

from mdafilter.acts import Keep, Redirect
from mdafilter.errors import RuleErrors
from mdafilter.words.redirect import RedirectTo
from tests.support.scene import scene
from tests.support.script import acts, compiled, decide

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


def test_a_local_user() -> None:
    """What procmail's `! root` becomes."""
    assert RedirectTo("root").acts(scene()) == (Redirect("root"),)
