"""The text for Prometheus: "Label values may be any sequence of UTF-8 characters, but the backslash, double-quote, and
line feed characters have to be escaped"."""

from __future__ import annotations

from mdafilter_policyd.store import Record
from mdafilter_policyd.web import metrics
from mdafilter_policyd.web.requests import Asked
from mdafilter_policyd.web.tally import Tally


def test_the_whole_text() -> None:
    tally = Tally("/nowhere")
    tally.answers = 12_345_678
    tally.totals['a"\\\n', "would refuse"] = 2
    lists = {"address zen.example": Record(1, 1, 1, ""), "name dbl.example": Record(1, 1, 1, "silent")}
    text = metrics.text(tally, lists, [Asked("1", "192.0.2.1", "", "", "", 0.0)], 3)
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert samples == [
        "mdafilter_policyd_answers_total 12345678",
        r'mdafilter_policyd_decisions_total{check="a\"\\\n",outcome="would_refuse"} 2',
        'mdafilter_policyd_dnsbl_up{kind="address",list="zen.example"} 1',
        'mdafilter_policyd_dnsbl_up{kind="name",list="dbl.example"} 0',
        'mdafilter_policyd_requests{state="open"} 1',
        'mdafilter_policyd_requests{state="approved"} 0',
        'mdafilter_policyd_requests{state="refused"} 0',
        "mdafilter_policyd_exceptions 3",
    ]
    assert text.count("# TYPE") == text.count("# HELP") == 5 and text.endswith("\n")
