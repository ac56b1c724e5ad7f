"""Nobody else's page, no stranger, not too much at a time."""

import asyncio
import socket

import pytest

from chainrule.service.guard import Guard, hosts

from .conftest import HOST, request, requested, run
from .strangers import STRANGERS, refused

ROUTES = [
    ("GET", "/v2"),
    ("GET", "/v2/health/live"),
    ("GET", "/v2/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/v2/models/table"),
    ("GET", "/v2/models/table/ready"),
    ("GET", "/v2/models/table/versions/1"),
    ("GET", "/v2/models/table/versions/1/ready"),
    ("POST", "/v2/models/table/infer"),
    ("POST", "/v2/models/table/versions/1/infer"),
    ("POST", "/v2/models/table/predict"),
    ("GET", "/nowhere"),
]
TOKEN = {"authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def guarded(service):
    return service.guarded({HOST}, "secret")


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_strangers_get_nothing(guarded, method, path, stranger):
    refused(guarded, method, path, TOKEN, stranger)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_same_with_the_token_are_answered(guarded, method, path):
    body = b"" if method == "POST" else None
    answer = request(guarded, path, body, method, origin=f"http://{HOST}", **TOKEN)
    assert answer.status not in (401, 403)
    for name in ("x-content-type-options", "referrer-policy", "cache-control"):
        assert name in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_the_same_site_may_read_and_not_change(guarded):
    same = {"sec_fetch_site": "same-site", **TOKEN}
    assert request(guarded, "/v2", **same).status == 200
    assert request(guarded, "/v2/models/table/infer", b"{}", **same).status == 403


async def echo(scope, receive, send):
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def guard(**limits):
    async def refuse(error, send):
        start = {"type": "http.response.start", "status": error.status, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": error.reason.encode()})

    return Guard(echo, refuse, {HOST}, **limits)


def test_a_body_in_parts_is_one(app):
    parts = [{"type": "http.request", "body": b"ab", "more_body": True}]
    parts += [{"type": "http.request", "body": b"c"}]
    assert request(guard(), "/", b"abc", parts=parts).body == b"abc"


def test_limits_of_bodies():
    small = guard(most=10, room=15)
    assert request(small, "/", b"x" * 10).status == 200
    assert request(small, "/", b"x" * 11).status == 413
    for length in ("-1", "1e9", "9" * 30, "x"):
        assert request(small, "/", b"", content_length=length).status == 413
    chunked = {"transfer_encoding": "chunked", "content_length": None}
    assert request(small, "/", b"x", **chunked).status == 411
    gone = [{"type": "http.request", "body": b"x", "more_body": True}]
    assert request(small, "/", b"xx", parts=gone).body == b"gone"

    async def crowd():
        return await asyncio.gather(*(requested(small, "/", b"x" * 9) for _ in range(3)))

    async def slow(scope, receive, send):
        await asyncio.sleep(0.01)
        await echo(scope, receive, send)

    small.app = slow
    assert sorted(one.status for one in run(crowd())) == [200, 503, 503]
    assert [one.status for one in run(crowd())].count(200) == 1, "room is given back"


def test_a_body_has_the_limit_of_its_address():
    limited = guard(most=3, limits={"picture": 10})
    assert request(limited, "/data/x/picture", b"x" * 10).status == 200
    assert request(limited, "/data/picture/x", b"x" * 10).status == 413


BROWSER = {"cookie": "other=1; broken; chainrule-1=secret"}


@pytest.fixture
def visited():
    """A guard that lets a browser in, and the addresses that it had printed since."""
    told = []
    return guard(token="secret", cookie="chainrule-1", renewed=told.append), told


def entered(app, once, path="/", **headers):
    return request(app, path, query=f"token={once}".encode(), **headers)


def test_the_printed_address_lets_one_browser_in(visited):
    app, told = visited
    once = app.once
    answer = entered(app, once)
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/", b"")
    cookie, *kept = answer.headers["set-cookie"].split("; ")
    assert cookie == "chainrule-1=secret"
    assert {"HttpOnly", "SameSite=Strict"} <= set(kept)
    assert told == [app.once] != [once]
    assert entered(app, once).status == 401, "it was used"
    assert "set-cookie" not in entered(app, once, **BROWSER).headers
    assert entered(app, once, **BROWSER).status == 303, "a reload of it is led on"
    assert entered(app, app.once).status == 303


def test_only_the_cookie_or_the_token_lets_in(visited):
    app, _ = visited
    assert request(app, "/", b"", **BROWSER).status == 200
    assert request(app, "/", b"", **TOKEN).status == 200
    for wrong in ("chainrule-1=secrex", "chainrule-2=secret", "chainrule-1=ü", "chainrule-1", ""):
        assert request(app, "/", b"", cookie=wrong).status == 401
    assert request(app, "/", b"", **(BROWSER | {"authorization": "Bearer x"})).status == 401
    for path in ("/", "/api"):
        for bad in ("", "x", "%00", "%ff", app.once + "x", "secret"):
            assert entered(app, bad, path).status == 401
    assert entered(app, app.once, "/api").status == 401, "only the page itself"
    assert entered(app, app.once, method="POST", body=b"").status == 401
    assert entered(app, app.once, host="evil.example").status == 403
    assert entered(app, app.once, sec_fetch_site="cross-site").status == 403


def test_an_answer_has_its_own_policy_and_the_other_headers_once():
    async def page(scope, receive, send):
        own = [(b"Content-Security-Policy", b"default-src 'self'")]
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": b""})

    open_ = guard()
    open_.app = page
    headers = request(open_, "/").headers
    assert headers["Content-Security-Policy"] == "default-src 'self'"
    assert "content-security-policy" not in headers
    assert headers["x-content-type-options"] == "nosniff"


def test_a_stream_goes_on_until_its_reader_is_gone():
    """Each part leaves as it comes, and the end is heard of."""
    streaming, leaves, sent = guard(), asyncio.Event(), []

    async def stream(scope, receive, send):
        assert (await receive())["body"] == b""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"data: 1\n\n", b"data: 2\n\n"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        assert (await receive())["type"] == "http.disconnect"

    async def receive():
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if message.get("body") == b"data: 2\n\n":
            leaves.set()

    streaming.app = stream
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
    scope["headers"] = [(b"host", HOST.encode())]
    run(asyncio.wait_for(streaming(scope, receive, send), 5))
    assert [one.get("body") for one in sent[1:]] == [b"data: 1\n\n", b"data: 2\n\n"]


def test_a_slow_body(monkeypatch):
    monkeypatch.setattr("chainrule.service.guard.SECONDS", 0.01)

    async def never(scope, send):
        async def receive():
            await asyncio.sleep(10)

        await guard()(scope, receive, send)

    headers = [(b"host", HOST.encode()), (b"content-length", b"3")]
    scope, sent = {"type": "http", "method": "POST", "path": "/", "headers": headers}, []

    async def send(message):
        sent.append(message)

    run(never(scope, send))
    assert sent[0]["status"] == 408


def test_the_names_of_a_server():
    own = {"127.0.0.1:1", "localhost:1", "[::1]:1", f"{socket.gethostname().lower()}:1"}
    assert hosts("127.0.0.1", 1) == own
    found = hosts("::", 80, ["Models.example.org"])
    assert {"models.example.org", "[::]:80", "localhost"} <= found
