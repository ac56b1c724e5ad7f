"""Nobody else's page, no stranger, not too much at a time."""

import asyncio
import socket

import pytest

from chainrule.service.guard import Guard, hosts

from .conftest import HOST, request, requested

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
STRANGERS = {
    "no token": ({"authorization": None}, 401),
    "a wrong token": ({"authorization": "Bearer secrex"}, 401),
    "a token of letters beyond ASCII": ({"authorization": "Bearer ü"}, 401),
    "another kind": ({"authorization": "Basic secret"}, 401),
    "a foreign Host": ({"host": "evil.example"}, 403),
    "another port": ({"host": "localhost:1"}, 403),
    "no Host": ({"host": None}, 403),
    "a foreign Origin": ({"origin": "http://evil.example"}, 403),
    "no page's Origin": ({"origin": "null"}, 403),
    "another site": ({"sec_fetch_site": "cross-site"}, 403),
}
TOKEN = {"authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def guarded(service):
    return service.guarded({HOST}, "secret")


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_strangers_get_nothing(guarded, method, path, stranger):
    headers, status = STRANGERS[stranger]
    answer = request(guarded, path, b"{}", method, **(TOKEN | headers))
    assert answer.status == status
    assert list(answer.json) == ["error"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


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
    assert sorted(one.status for one in asyncio.run(crowd())) == [200, 503, 503]
    assert [one.status for one in asyncio.run(crowd())].count(200) == 1, "room is given back"


def test_a_slow_body(monkeypatch):
    monkeypatch.setattr("chainrule.service.guard.SECONDS", 0.01)

    async def never(scope, send):
        async def receive():
            await asyncio.sleep(10)

        await guard()(scope, receive, send)

    headers = [(b"host", HOST.encode()), (b"content-length", b"3")]
    scope, sent = {"type": "http", "method": "POST", "headers": headers}, []

    async def send(message):
        sent.append(message)

    asyncio.run(never(scope, send))
    assert sent[0]["status"] == 408


def test_the_names_of_a_server():
    own = {"127.0.0.1:1", "localhost:1", "[::1]:1", f"{socket.gethostname().lower()}:1"}
    assert hosts("127.0.0.1", 1) == own
    found = hosts("::", 80, ["Models.example.org"])
    assert {"models.example.org", "[::]:80", "localhost"} <= found
