"""A redirect to oneself."""

from __future__ import annotations

from tests.support.lints import found

SCRIPT = 'redirect "Ann <a@b.c>"; redirect "x@b.c";'


def test_only_where_the_address_is_known() -> None:
    assert found("ownaddress", SCRIPT, own=("A@b.c", "")) == [
        "1:10 this redirects to your own address | the message would come back to these rules: write keep"
    ]
    assert found("ownaddress", SCRIPT) == []
