"""Lines of [sieve] imapsieve: whatever they are, they are read or refused; and wildcards are those of everybody else."""

from __future__ import annotations

import fnmatch
import shlex

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import SettingsError
from mdafilter.occasions import CAUSES, Occasion, parse


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from("name= from= causes= before= after= ' \" \\ = x COPY , *".split(" "))).map("".join),
    )
)
def test_any_text_is_a_line_or_is_refused(line: str) -> None:
    try:
        found = parse(line)
    except SettingsError:
        pass  # it says why, as the unit tests show
    else:
        assert found.name
        assert set(found.causes) <= set(CAUSES)
        assert found.before or found.after


@given(
    st.text(min_size=1),
    st.sets(st.sampled_from(CAUSES)),
    st.text("abc ./'", min_size=1),
)
def test_what_is_written_is_read(name: str, causes: set[str], script: str) -> None:
    line = f"{shlex.quote(f'name={name}')} {shlex.quote(f'before={script}')}"
    if causes:
        line += f" causes={','.join(sorted(causes))}"
    assert parse(line) == Occasion(name, "", tuple(sorted(causes)) or Occasion.causes, script)


@given(st.text("ab*?", min_size=1, max_size=8), st.text("ab", min_size=1, max_size=8))
def test_wildcards(pattern: str, name: str) -> None:
    assert Occasion(pattern).is_in(name) == fnmatch.fnmatchcase(name, pattern)
