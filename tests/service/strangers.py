"""Who gets nothing, whatever is asked for."""

from .conftest import request

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


def refused(app, method, path, token, stranger):
    """Asserts that a request without the right headers is refused in one line.

    token : headers that let one in, of which `stranger` changes some.
    """
    headers, status = STRANGERS[stranger]
    if stranger == "no token":
        token = {}
    answer = request(app, path, b"{}", method, **(token | headers))
    assert answer.status == status
    assert list(answer.json) == ["error"]
    assert "\n" not in answer.json["error"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
