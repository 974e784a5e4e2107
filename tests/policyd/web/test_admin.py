"""The admin's pages: who is let in, what is decided there, and what is seen."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from mdafilter_policyd import config as configuration
from mdafilter_policyd.decisions import Entry
from mdafilter_policyd.store import Record
from mdafilter_policyd.web.admin import SESSION_SECONDS, TRIES, newest
from mdafilter_policyd.web.requests import Asked
from tests.support.policyd_web import HASH, PASSWORD, Browser, Pages, fill, hidden

LOGIN = "/admin/login"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages(tmp_path, password=HASH)


def enter(client: Browser, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, data={"password": password})


def granted(pages: Pages) -> list[tuple[str, str]]:
    return [(one.key, one.about) for one in asyncio.run(pages.site.requests.exceptions(pages.time))]


def test_who_has_the_password_is_let_in(pages: Pages) -> None:
    with pages.client() as client:
        for path in ("/admin", "/admin/decisions", "/admin/plots"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, LOGIN)
        assert "Password" in client.get(LOGIN).text
        wrong = enter(client, "wrong")
        assert wrong.status_code == 403 and "set-cookie" not in wrong.headers
        assert "a wrong password from 198.51.100.7" in pages.log.lines[-1]
        answer = enter(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
        cookie = answer.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Secure", "Path=/admin"))
        for path in ("/admin", "/admin/decisions", "/admin/plots", "/admin/plots?hours=168"):
            assert client.get(path).status_code == 200, path


def test_by_a_tunnel_the_cookie_is_for_http(pages: Pages) -> None:
    with pages.client() as client:
        answer = client.post(LOGIN, data={"password": PASSWORD}, headers={"host": "127.0.0.1:8025"})
    assert "Secure" not in answer.headers["set-cookie"]


def test_without_a_password_nobody_is(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    with pages.client() as client:
        assert "There is no password" in client.get(LOGIN).text
        assert enter(client, "").status_code == 403


def test_a_session_ends(pages: Pages) -> None:
    with pages.client() as client:
        enter(client)
        page = client.get("/admin").text
        answer = client.post("/admin/logout", data={"csrf": hidden(page, "csrf")})
        assert answer.status_code == 303 and client.get("/admin").status_code == 303
        enter(client)
        pages.time += SESSION_SECONDS + 1
        assert client.get("/admin").status_code == 303


def test_a_new_password_ends_all_sessions(tmp_path: Path) -> None:
    old, new = Pages(tmp_path, password=HASH), Pages(tmp_path, password=HASH.replace("$16,", "$32,"))
    with old.client() as client, new.client() as other:
        cookie = enter(client).headers["set-cookie"].partition(";")[0]
        assert client.get("/admin", headers={"cookie": cookie}).status_code == 200
        assert other.get("/admin", headers={"cookie": cookie}).status_code == 303


def test_who_tries_too_often_has_to_wait(pages: Pages) -> None:
    with pages.client() as client:
        found = [enter(client, "wrong").status_code for _ in range(TRIES + 1)]
        assert found[-2:] == [403, 429]
        assert enter(client).status_code == 429


def test_a_proxy_says_who_it_is_and_nobody_else_does(tmp_path: Path) -> None:
    pages = Pages(tmp_path, proxies=("10.0.0.1",), proxy_header="X-Remote-User")
    named = {"x-remote-user": "carol"}
    with pages.client("10.0.0.1") as client:
        assert "Log out carol" in client.get("/admin", headers=named).text
        assert client.get("/admin").status_code == 303
        assert client.get("/admin", headers=[("x-remote-user", "carol"), ("x-remote-user", "eve")]).status_code == 303
    with pages.client("10.0.0.2") as client:
        assert client.get("/admin", headers=named | {"x-forwarded-for": "10.0.0.1"}).status_code == 303


def test_a_request_is_approved(pages: Pages) -> None:
    with pages.client() as client:
        fill(client, pages, text="<b>Invoices</b>")
        enter(client)
        page = client.get("/admin").text
        assert "&lt;b&gt;Invoices&lt;/b&gt;" in page and "Requests (1 open)" in page
        form = {"csrf": hidden(page, "csrf"), "id": pages.requests()[0].id, "what": "approve"}
        answer = client.post("/admin/requests", data=form | {"network": "192.0.2.0/24", "days": "30"})
        assert answer.status_code == 303
        assert "Requests (0 open)" in client.get("/admin").text
        again = client.post("/admin/requests", data=form | {"network": "", "days": "30"})
        assert again.status_code == 409
    ((key, about),) = granted(pages)
    assert key == "192.0.2.0/24" and about.startswith("by admin, 2026-")
    assert pages.requests()[0].by == "admin"


def test_a_request_is_refused(pages: Pages) -> None:
    with pages.client() as client:
        fill(client, pages)
        enter(client)
        form = {"csrf": hidden(client.get("/admin").text, "csrf"), "id": pages.requests()[0].id, "what": "refuse"}
        assert client.post("/admin/requests", data=form).status_code == 303
        assert "Decided ones" in client.get("/admin").text
    assert granted(pages) == [] and pages.requests()[0].state == "refused"


def test_exceptions_are_granted_and_withdrawn(pages: Pages) -> None:
    with pages.client() as client:
        enter(client)
        csrf = {"csrf": hidden(client.get("/admin").text, "csrf")}
        grant = {"what": "grant", "key": "2001:db8::/48", "days": "7", "reason": "a partner"}
        assert client.post("/admin/exceptions", data=csrf | grant).status_code == 303
        assert granted(pages)[0][1].endswith(", a partner")
        for wrong in ({"days": "0"}, {"days": "4000"}, {"days": "x"}, {"key": "0.0.0.0/0"}, {"key": "x"}, {"what": ""}):
            assert client.post("/admin/exceptions", data=csrf | grant | wrong).status_code == 409
        assert client.post("/admin/exceptions", data=csrf | {"what": "withdraw", "key": "2001:db8::/48"}).is_redirect
    assert granted(pages) == []


def test_a_form_needs_the_token_of_its_session(pages: Pages) -> None:
    with pages.client() as client, pages.client() as other:
        enter(client)
        enter(other)
        foreign = hidden(other.get("/admin").text, "csrf")
        grant = {"what": "grant", "key": "192.0.2.1", "days": "7"}
        for csrf in ("", foreign):
            assert client.post("/admin/exceptions", data=grant | {"csrf": csrf}).status_code == 403
    assert granted(pages) == []


def test_no_get_changes_anything(pages: Pages) -> None:
    with pages.client() as client:
        enter(client)
        for path in ("requests", "exceptions", "logout"):
            assert client.get(f"/admin/{path}?what=grant&key=192.0.2.1&days=1").status_code == 405
    assert granted(pages) == []


def test_the_lists_of_the_dns_and_whether_exceptions_are_heard(pages: Pages) -> None:
    put = pages.store.put
    asyncio.run(put("dnsbl", "address zen.example", Record(pages.time, pages.time, 1, "it lists everything"), 4e9))
    asyncio.run(put("dnsbl", "name dbl.example", Record(pages.time, pages.time, 1, ""), 4e9))
    with pages.client() as client:
        enter(client)
        page = client.get("/admin").text
        assert "zen.example" in page and "off: it lists everything" in page and "<td>on</td>" in page
        assert "exceptions are not in force" in page
        pages.site.config = configuration.parse(b'[client_access]\nmode = "on"\n', "x.toml")
        assert "exceptions are not in force" not in client.get("/admin").text


def test_decisions_are_filtered(pages: Pages) -> None:
    pages.decided("554 no", "helo", client_address="192.0.2.5", sender="<i>@x")
    pages.decided("DUNNO", "", client_address="192.0.2.6")
    with pages.client() as client:
        enter(client)
        page = client.get("/admin/decisions", params={"check": "helo", "refresh": "5"}).text
        assert "192.0.2.5" in page and "192.0.2.6" not in page and "<i>" not in page
        assert '<meta http-equiv="refresh" content="5">' in page
        assert "http-equiv" not in client.get("/admin/decisions?refresh=1").text
        assert "1 decisions" in client.get("/admin/decisions?kind=pass").text


def found(pages: Pages, **asked: str) -> list[str]:
    usual = {"check": "", "kind": "any", "text": ""}
    return [entry.client for entry in newest(pages.config.decisions_file, usual | asked)]


def test_what_a_filter_finds(pages: Pages) -> None:
    pages.decided("554 no", "helo", client_address="192.0.2.5")
    pages.decided("DEFER_IF_PERMIT x", "greylist", client_address="192.0.2.6", recipient="a b@x")
    pages.decided("DUNNO", "", client_address="192.0.2.7")
    assert found(pages) == ["192.0.2.7", "192.0.2.6", "192.0.2.5"]
    assert found(pages, kind="defer") == found(pages, check="greylist") == found(pages, text="a b@x") == ["192.0.2.6"]
    assert found(pages, text="192.0.2.7") == ["192.0.2.7"] and found(pages, kind="would") == []
    assert newest("", {"check": "", "kind": "", "text": ""}) == []
    assert isinstance(newest(pages.config.decisions_file, {"check": "", "kind": "", "text": ""})[0], Entry)


def test_plots(pages: Pages) -> None:
    for _ in range(3):
        pages.decided("554 no", "helo", client_address="192.0.2.5")
    with pages.client() as client:
        enter(client)
        page = client.get("/admin/plots?hours=x").text
    assert "<svg" in page and "helo (3)" in page and re.search(r'192\.0\.2\.5</a></th><td class="number">3', page)


def test_metrics_are_for_those_who_may(tmp_path: Path) -> None:
    pages = Pages(tmp_path, metrics=("10.0.0.0/8",))
    pages.decided("554 no", "helo")
    asked = Asked("1", "192.0.2.1", "", "", "", pages.time)
    asyncio.run(pages.site.requests.ask(asked))
    with pages.client("10.1.1.1") as client:
        answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'decisions_total{check="helo",outcome="refused"} 1\n' in answer.text
        assert 'requests{state="open"} 1\n' in answer.text
        assert client.get("/metrics", headers={"x-forwarded-for": "10.0.0.1"}).status_code == 403
    with pages.client() as client:
        assert client.get("/metrics").status_code == 403
