"""JUnit's XML is XML, whatever is in it."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.testing import junit
from mdafilter.testing.run import Report
from mdafilter.testing.walk import Result
from mdafilter.texts import Where

AT = Where("a.svtest", 3)


def test_what_is_in_it() -> None:
    tree = ElementTree.fromstring(
        junit.document([Report("a.svtest", (Result("good", AT), Result("bad", AT, "no")), (), 0.5)])
    )
    (suite,) = tree
    assert (tree.get("tests"), suite.get("failures"), suite.get("time")) == ("2", "1", "0.500")
    good, bad = suite
    assert (good.get("name"), good.get("line"), len(good)) == ("good", "3", 0)
    assert bad[0].get("message") == "no"
    assert bad[0].text == "a.svtest:3"


@given(st.text(), st.text())
def test_any_text(name: str, reason: str) -> None:
    tree = ElementTree.fromstring(
        junit.document([Report(name, (Result(name, AT, reason),))]).encode("utf-8", "replace")
    )
    assert len(tree) == 1
