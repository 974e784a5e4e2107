"""Whatever checks say: an action of one printable line, and no check in mode "warn" has a part in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import policy
from mdafilter_policyd import findings, limits
from mdafilter_policyd.decide import Judged, decide
from mdafilter_policyd.decisions import encode, parse
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Pass, Points, Prepend, Reject
from mdafilter_policyd.request import Request

TEXT = st.text(max_size=60)
OPINIONS: st.SearchStrategy[Opinion] = st.one_of(
    st.builds(Pass, TEXT),
    st.builds(Points, st.floats(-9, 9), TEXT),
    st.builds(Prepend, TEXT),
    st.builds(Defer, TEXT, TEXT),
    st.builds(Reject, TEXT, TEXT),
    st.builds(Accept, TEXT),
    st.builds(Action, st.one_of(TEXT, st.sampled_from(["HOLD", "DISCARD", "DUNNO", "BCC a@b"])), TEXT),
)
JUDGED = st.lists(
    st.builds(
        Judged,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["on", "warn"]),
        st.lists(OPINIONS, max_size=3).map(tuple),
    ),
    max_size=5,
)
AT = st.sampled_from([0.0, 1.0, 3.0])


@given(JUDGED, AT, AT)
def test_a_decision(judged: list[Judged], reject_at: float, defer_at: float) -> None:
    made = decide(judged, reject_at=reject_at, defer_at=defer_at)
    for text in (made.action, *made.prepends, *(action for _check, action in made.would)):
        assert text.isascii()
        assert text.isprintable()
        assert len(text) <= max(limits.TEXT, limits.FINDINGS)
    on = [one for one in judged if one.mode == "on"]
    alone = decide(on, reject_at=reject_at, defer_at=defer_at)
    assert (alone.action, alone.by, alone.why, alone.prepends) == (made.action, made.by, made.why, made.prepends)
    assert {check for check, _action in made.would} <= {one.check for one in judged if one.mode == "warn"}


@given(st.dictionaries(TEXT, TEXT, max_size=5), TEXT, JUDGED)
def test_a_line_of_decisions_and_a_field_are_read_back(
    facts: dict[str, str], client: str, judged: list[Judged]
) -> None:
    decision = decide(judged)
    entry = parse(encode(1.5, Request({"client_address": client, "sender": client}), decision, facts))
    assert entry is not None
    assert (entry.client, entry.action, entry.by, entry.would) == (client, decision.action, decision.by, decision.would)
    assert entry.facts == facts
    field = findings.field(facts, client, 0.0, 1.5, "0123456789abcdef")
    assert len(field) <= limits.FINDINGS
    assert field.isascii() and field.isprintable()
    found = policy.read(field.partition(": ")[2], "0123456789abcdef")
    assert found is not None
    assert found["time"] == "1" or "time" in facts
