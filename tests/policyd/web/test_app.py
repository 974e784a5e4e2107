"""The public pages: why, the form, and the link in the mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mdafilter_policyd.config import load
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.web.anew import Found
from mdafilter_policyd.web.app import FORM_SECONDS, HEADERS, LOOKS
from tests.support.policyd_core import NoDns
from tests.support.policyd_web import Pages, fill, hidden


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages(tmp_path)


def link(pages: Pages) -> str:
    """That in the mail, as a path of ours."""
    message = email.message_from_string(pages.mail(), policy=email.policy.default)
    found = re.search(r"https://mx\.example\.org(/decide\S+)", message.get_content())
    assert found
    return found[1]


def test_why_an_address_is_refused(pages: Pages) -> None:
    pages.decided("554 5.7.1 no", "client_access", "/etc/postfix/client_restrictions:4: 554 no", ago=3600)
    pages.decided("554 5.7.1 no", "client_access", "/etc/postfix/client_restrictions:4: 554 no")
    pages.decided("554 5.7.1 other", "dnsbl", "listed by zen.example", client_address="192.0.2.99")
    with pages.client() as client:
        page = client.get("/blocked?ip=192.0.2.1")
    assert page.status_code == 200
    assert "Refused by client_access" in page.text and "client_restrictions:4: 554 no" in page.text
    assert "2 times" in page.text and "1 minute ago" in page.text
    assert "/etc/postfix" not in page.text and "zen.example" not in page.text
    assert "hidden@" not in page.text and "secret@" not in page.text


def access(pages: Pages, clients: str) -> None:
    """The check client_access, with this table."""
    (pages.folder / "clients").write_text(clients)
    (pages.folder / "policyd.toml").write_text('[client_access]\nmode = "on"\ntables = ["./clients"]\n')
    found = load(str(pages.folder / "policyd.toml"))
    pages.config = replace(pages.config, file=found.file, checks=found.checks)
    pages.site = pages.made(NoDns())


def test_what_holds_now_though_the_decisions_know_nothing_of_it(pages: Pages) -> None:
    access(pages, "# ours\n192.0.2.0/24 554 Too much spam\n")
    with pages.client() as client:
        page = client.get("/blocked?ip=192.0.2.1").text
        assert "Mail from this address is refused." in page and "Refused by client_access" in page
        assert "clients:2: 554 Too much spam" in page and "<code>554 Too much spam</code>" in page
        assert "no mail was refused for it lately" in page and "What you can do:</strong> Ask for" in page
        assert str(pages.folder) not in page
        fill(client, pages)
    assert "Refused by:       client_access: clients:2: 554 Too much spam" in pages.mail()


def test_what_was_and_is_not_any_more(pages: Pages) -> None:
    access(pages, "192.0.2.1 REJECT no\n")
    pages.decided("554 5.7.1 no", "client_access", f"{pages.folder}/clients:1: REJECT no", ago=3600)
    pages.decided("554 5.7.1 no", "spf", "fail")
    with pages.client() as client:
        page = client.get("/blocked?ip=192.0.2.1").text
        assert "Refused by client_access<" in page and "1 hour ago" in page and "Refused by spf, before" in page
        (pages.folder / "clients").write_text("# none\n")
        page = client.get("/blocked?ip=192.0.2.1").text
        assert "not refused any more" in page and "Refused by client_access, before" in page
        assert "no longer" in page and "Send the mail again." in page
        assert page.count("no longer") == 1  # of SPF nothing can be said without a message
        (pages.folder / "clients").write_text("192.0.2.1 OK\n")
        assert "lets this address in" in client.get("/blocked?ip=192.0.2.1").text


def test_for_whom_much_may_be_asked(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was refused here, and the visitor's own address."""
    seen = []

    async def look(client: str, visitor: str, *, known: bool) -> Found:
        seen.append((client, visitor, known))
        return Found(troubles=("<b>x",))

    monkeypatch.setattr(pages.site.anew, "look", look)
    pages.decided("554 no", "dnsbl", "listed by zen.example")
    with pages.client("2001:db8::7") as client:
        for ip in ("192.0.2.1", "192.0.2.2", "2001:db8::7"):
            assert "&lt;b&gt;x" in client.get(f"/blocked?ip={ip}").text
    assert seen == [
        (ip, "2001:db8::/64", known)
        for ip, known in zip(("192.0.2.1", "192.0.2.2", "2001:db8::7"), (True, False, True), strict=True)
    ]


def test_an_address_of_which_nothing_is_known_and_one_that_is_none(pages: Pages) -> None:
    with pages.client() as client:
        assert "Nothing is known" in client.get("/blocked?ip=2001:db8::1").text
        wrong = client.get("/blocked", params={"ip": "<b>x"})
        assert wrong.status_code == 400 and "<b>" not in wrong.text
        assert "198.51.100.7" in client.get("/blocked").text
        assert client.get("/").text == client.get("/blocked").text


def test_every_answer_has_the_headers(pages: Pages) -> None:
    with pages.client() as client:
        for answer in (client.get("/blocked?ip=192.0.2.1"), client.get("/none"), client.post("/blocked", data={})):
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
            assert "<script" not in answer.text and "style=" not in answer.text
        style = client.get("/style.css")
    assert style.headers["content-type"].startswith("text/css") and style.headers["cache-control"] == "max-age=3600"


def test_a_request_is_stored_and_mailed_and_approved_by_its_link(pages: Pages) -> None:
    with pages.client() as client:
        answer = fill(client, pages)
        assert answer.status_code == 200 and "has arrived" in answer.text
        (asked,) = pages.requests()
        assert (asked.address, asked.contact, asked.state) == ("192.0.2.1", "me@else.example", "open")
        assert (pages.folder / "sent.args").read_text() == "-i -f postmaster -- postmaster\n"
        path = link(pages)
        shown = client.get(path)
        assert "Approve" in shown.text and pages.requests()[0].state == "open"
        done = client.post("/decide", data={"token": hidden(shown.text, "token"), "what": "approve"})
        assert "is approved" in done.text
        assert "There is an exception" in client.get("/blocked?ip=192.0.2.1").text
        again = client.post("/decide", data={"token": hidden(shown.text, "token"), "what": "refuse"})
        assert again.status_code == 409 and "approved already" in again.text
    (granted,) = asyncio.run(pages.site.requests.exceptions(pages.time))
    assert granted.key == "192.0.2.1" and granted.about.startswith("by postmaster by mail, 2026-")


def test_a_request_is_refused_by_its_link(pages: Pages) -> None:
    with pages.client() as client:
        fill(client, pages)
        shown = client.get(link(pages))
        client.post("/decide", data={"token": hidden(shown.text, "token"), "what": "refuse"})
        assert "It was refused" in client.get(link(pages)).text
        assert client.post("/decide", data={"token": hidden(shown.text, "token")}).status_code == 400
    assert pages.requests()[0].state == "refused"
    assert asyncio.run(pages.site.requests.exceptions(pages.time)) == []


def test_a_link_is_good_for_a_while_and_for_nothing_else(pages: Pages) -> None:
    with pages.client() as client:
        fill(client, pages)
        path = link(pages)
        form = hidden(client.get("/blocked?ip=192.0.2.1").text, "token")
        assert client.get("/decide", params={"token": form}).status_code == 403
        assert client.get(path[:-1]).status_code == 403
        pages.time += 15 * 86400
        assert client.get(path).status_code == 403


def test_robots_are_too_fast_or_fill_in_everything_or_bring_no_token(pages: Pages) -> None:
    with pages.client() as client:
        fast = fill(client, pages, wait=1.0)
        assert fast.status_code == 400 and "faster than a person" in fast.text and "Invoices" in fast.text
        assert fill(client, pages, website="http://spam.example").status_code == 400
        assert "too old" in fill(client, pages, token="").text
        assert "too old" in fill(client, pages, wait=FORM_SECONDS + 1).text
        other = hidden(client.get("/blocked?ip=192.0.2.9").text, "token")
        assert "too old" in fill(client, pages, token=other).text
    assert pages.requests() == [] and pages.mail() == ""


def test_what_was_too_fast_can_be_sent_once_more(pages: Pages) -> None:
    with pages.client() as client:
        fast = fill(client, pages, wait=1.0)
        pages.time += 5
        data = {"ip": "192.0.2.1", "token": hidden(fast.text, "token"), "contact": "me", "text": "Invoices"}
        assert client.post("/blocked", data=data).status_code == 200
        assert client.post("/blocked", data=data).status_code == 200
    assert len(pages.requests()) == 1 and pages.mail().count("Subject:") == 1


def test_a_token_is_for_the_one_who_got_it(pages: Pages) -> None:
    with pages.client() as client:
        token = hidden(client.get("/blocked?ip=192.0.2.1").text, "token")
    with pages.client("203.0.113.5") as other:
        assert "too old" in fill(other, pages, token=token).text


def test_a_network_of_ipv6_is_one_who_asks(tmp_path: Path) -> None:
    pages = Pages(tmp_path, requests=1)
    found = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        with pages.client(address) as client:
            found.append(fill(client, pages, ip="2001:db8:9::1").status_code)
    assert found == [200, 409, 200]


def test_who_asks_too_often_has_to_wait(tmp_path: Path) -> None:
    pages = Pages(tmp_path, requests=2, requests_of_all=3)
    with pages.client() as client:
        assert [fill(client, pages).status_code for _ in range(3)] == [200, 200, 409]
    with pages.client("203.0.113.5") as client:
        assert [fill(client, pages).status_code for _ in range(2)] == [200, 409]
    assert len(pages.requests()) == 3


def test_who_looks_too_often_has_to_wait(pages: Pages) -> None:
    with pages.client() as client:
        found = [client.get("/blocked").status_code for _ in range(LOOKS + 1)]
    assert found[-2:] == [200, 429]


def test_forms_of_other_pages_and_what_is_no_form(pages: Pages) -> None:
    with pages.client() as client:
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}):
            assert client.post("/blocked", data={"ip": "192.0.2.1"}, headers=headers).status_code == 403
        assert client.post("/blocked", json={}).status_code == 415
        assert client.post("/blocked", data={"text": "x" * 20_000}).status_code == 413
        assert client.post("/blocked", data={f"f{n}": "" for n in range(30)}).status_code == 400
        assert client.post("/blocked", data={"ip": "x"}).status_code == 400
        assert client.put("/blocked").status_code == 405


def test_all_must_be_said(pages: Pages) -> None:
    with pages.client() as client:
        assert "how you can be reached" in fill(client, pages, contact="  ").text
        assert "how you can be reached" in fill(client, pages, text="").text


def test_a_mail_that_fails_loses_no_request(tmp_path: Path) -> None:
    for program in ("/nowhere/sendmail", "/bin/false"):
        pages = Pages(tmp_path, sendmail=program)
        with pages.client() as client:
            assert fill(client, pages).status_code == 200
        assert len(pages.requests()) == 1
        assert any("is not mailed" in line for line in pages.log.lines)


def test_a_store_that_is_silent(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_arguments: object) -> None:
        raise StoreError("gone")

    for name in ("get", "add"):
        monkeypatch.setattr(pages.store, name, silent)
    pages.decided("554 no", "dnsbl", "listed by zen.example")
    with pages.client() as client:
        assert "zen.example" in client.get("/blocked?ip=192.0.2.1").text
        assert fill(client, pages).status_code == 503
    assert any("does not answer" in line for line in pages.log.lines)


def test_decisions_that_cannot_be_read(pages: Pages) -> None:
    Path(pages.config.decisions_file).mkdir()
    with pages.client() as client:
        page = client.get("/blocked?ip=192.0.2.1")
        assert page.status_code == 200 and "cannot be shown" in page.text and "Ask for an exception" in page.text
