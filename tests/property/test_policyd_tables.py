"""The most specific entry wins, whatever the order: against an implementation that looks at every line."""

from __future__ import annotations

from ipaddress import ip_network
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.lang.tables import access
from mdafilter_policyd.tablefiles import Reports, add_list, add_table
from mdafilter_policyd.tables import NOTHING, Table
from tests.support.policyd_tables import Line, naive_client, table

octet = st.sampled_from("0 1 2 128 255".split())
v4 = st.lists(octet, min_size=4, max_size=4).map(".".join)
group = st.sampled_from("0 1 2001 db8 ffff 8000".split())
v6 = st.lists(group, min_size=8, max_size=8).map(":".join).map(lambda text: str(ip_network(text).network_address))
name = st.lists(st.sampled_from("a b CN mail".split()), min_size=1, max_size=4).map(".".join)


@st.composite
def networks(draw: st.DrawFn) -> str:
    address, most = draw(st.one_of(st.tuples(v4, st.just(32)), st.tuples(v6, st.just(128))))
    return str(ip_network(f"{address}/{draw(st.integers(0, most))}", strict=False))


beginning = st.lists(octet, min_size=1, max_size=3).map(".".join)
key = st.one_of(v4, v6, networks(), beginning, name, name.map(".{}".format))
lines = st.lists(st.tuples(key, st.sampled_from("OK REJECT DUNNO HOLD".split())), max_size=25)
clients = st.lists(st.tuples(st.one_of(v4, v6), st.one_of(st.just(""), name)), min_size=1, max_size=25)


@given(lines, clients)
def test_the_most_specific_entry_wins(lines: list[Line], clients: list[tuple[str, str]]) -> None:
    found = table("".join(f"{key} {result}\n" for key, result in lines))
    for address, host in clients:
        at = naive_client(lines, address, host)
        row = found.client(address, host)
        assert (None if row < 0 else found.entry(row).line - 1) == at, (address, host)


@given(lines, st.randoms(use_true_random=False), clients)
def test_the_order_of_the_lines_does_not_matter(
    lines: list[Line], random: Random, clients: list[tuple[str, str]]
) -> None:
    unlike = list({key.lower(): (key, result) for key, result in lines if not _twice(key)}.values())
    other = random.sample(unlike, len(unlike))
    one, two = (table("".join(f"{key} {result}\n" for key, result in some)) for some in (unlike, other))
    for client in clients:
        a, b = one.client(*client), two.client(*client)
        assert (a < 0) == (b < 0)
        assert a < 0 or one.entry(a).result == two.entry(b).result


def _twice(key: str) -> bool:
    """Whether the same network can be spelled in another way."""
    return key[0].isdigit() and (key.count(".") < 3 or "/" in key)


@given(st.binary(max_size=300), clients)
def test_whatever_stands_in_a_file_breaks_nothing(data: bytes, clients: list[tuple[str, str]]) -> None:
    for listed in (False, True):
        found, reports = Table(), Reports()
        if listed:
            add_list(found, "f", data, "OK", reports)
        else:
            add_table(found, "f", data, reports)
        found.ready()
        for address, host in clients:
            found.client(address, host)
            found.mail(f"{host}@{host}")
        assert all(fault.file == "f" and fault.line <= data.count(b"\n") + 1 for fault in reports.faults)


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_looked_for_breaks_nothing(address: str, host: str) -> None:
    found = table("1.2.3.4 OK\n0.0.0.0/0 HOLD\n.a REJECT\n<> OK\na@ OK\n")
    rows = (found.client(address, host), found.mail(address, "+-"), found.mail(f"{address}@{host}", "+"))
    assert all(row == NOTHING or 0 <= row < 5 for row in rows)


@given(lines)
def test_broken_lines_disable_no_others(lines: list[Line]) -> None:
    whole, holes = Table(), Table()
    reports = Reports()
    text = "".join(f"{key} {result}\n" for key, result in lines)
    add_table(whole, "f", text.encode(), Reports())
    add_table(
        holes, "f", "".join(f"{line}\n1.2.3.999 OK\nx.example REJCT\n" for line in text.splitlines()).encode(), reports
    )
    assert len(reports.faults) == min(2 * len(lines), 100)
    assert len(whole) == len(holes)
    assert whole.names.keys() == holes.names.keys()


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    """Networks, some with !, some between if and endif."""
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        net, mark = draw(networks()), draw(st.sampled_from(("", "", "!")))
        inside = draw(conditions(depth - 1)) if depth and draw(st.booleans()) else None
        parts.append(f"{mark}{net} OK\n" if inside is None else f"if {mark}{net}\n{inside}endif\n")
    return "".join(parts)


@given(conditions(), st.lists(st.one_of(v4, v6), max_size=25))
def test_with_if_and_negation_the_same_addresses_are_found_as_in_a_table_of_the_delivery_agent(
    text: str, addresses: list[str]
) -> None:
    """There the first line counts, here the most specific one; but whether there is one is the same."""
    ours, theirs = table(text), access.parse(text.encode(), "t")
    for address in addresses:
        assert (ours.client(address) >= 0) == (theirs.address(address) is not None)


@given(
    st.lists(st.sampled_from("a@b a+x@b a@ a+x@ b .b c.b .c.b <> A@B stra\u00dfe.b \u00fc@b".split())),
    st.sampled_from(("", "+")),
)
def test_mail_addresses_are_found_as_in_a_table_of_the_delivery_agent(keys: list[str], delimiter: str) -> None:
    text = "".join(f"{key} OK\n" for key in keys)
    ours, theirs = table(text), access.parse(text.encode(), "t")
    for address in ("a@b", "a+x@b", "A@b", "a+x@d.c.b", "a@c.b", "", "a", "z@b.", "a@x", "z@STRASSE.b", "\u00dc@b"):
        row, found = ours.mail(address, delimiter), theirs.mail(address, delimiter)
        assert (ours.entry(row).line if row >= 0 else None) == (found and found.line)
