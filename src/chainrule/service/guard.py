"""What stands before every route: who may ask, from where, and how much."""

import asyncio
import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainrule.errors import ChainruleError

READS = ("GET", "HEAD")
LOCAL = ("127.0.0.1", "localhost", "[::1]")
# Where an application's own answer does not say otherwise, as a page has to.
HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
LONGEST = 4000  # letters of an address
SECONDS = 60.0  # in which a body has to arrive


class RefusedError(ChainruleError):
    """Not answered. status : of HTTP. reason : one word, for counting."""

    def __init__(self, status: int, reason: str, words: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(words)


@dataclass
class Guard:
    """Passes on what may be answered; `refuse` answers the rest.

    hosts : names and ports under which it is reached, exactly: another name that leads here is a
    page's that wants to read what is on this machine (DNS rebinding). token : every request brings
    it, or "" where only this machine asks. most : bytes of one body; room : of all that are here;
    limits : of one body, by the last part of its address, where they are others.
    cookie : the name of one that has the token, too. A browser gets it once for `/?token=` and
    `once`; then `once` is another, and `renewed` is called with it.
    """

    app: ASGIApp
    refuse: Callable[[RefusedError, Send], Awaitable[None]]
    hosts: Collection[str]
    token: str = ""
    most: int = 64 << 20
    room: int = 256 << 20
    limits: Mapping[str, int] = field(default_factory=dict)
    cookie: str = ""
    renewed: Callable[[str], None] = lambda once: None
    once: str = field(default_factory=secrets.token_urlsafe, init=False)
    _held: int = field(default=0, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                own = [header for header in HEADERS if header[0] not in names]
                message = {**message, "headers": given + own}
            await send(message)

        took = 0
        try:
            if scope["type"] != "http":
                raise RefusedError(403, "websocket", "there are no WebSockets here")
            if len(scope["path"]) + len(scope.get("query_string", b"")) > LONGEST:
                raise RefusedError(414, "length", f"an address has at most {LONGEST} letters")
            headers: dict[bytes, bytes] = dict(scope["headers"])
            self._check_origin(scope["method"], headers)
            if cookie := self._entered(scope, headers):
                start = {"type": "http.response.start", "status": 303, "headers": cookie}
                await safe(start)
                return await safe({"type": "http.response.body", "body": b""})
            self._check_token(headers)
            most = self.limits.get(scope["path"].rpartition("/")[2], self.most)
            took = self._taken(headers, most)
            body = await self._body(receive, took)
            await self.app(scope, _whole(body, receive), safe)
        except RefusedError as error:
            await self.refuse(error, safe)
        finally:
            self._held -= took
        return None

    def _entered(self, scope: Scope, headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        """The headers with the cookie for who brings the token of the address, that then is used;
        who has the cookie is led on without."""
        if not self.cookie or (scope["method"], scope["path"]) != ("GET", "/"):
            return []
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not given:
            return []
        led = [(b"location", b"/"), (b"content-length", b"0")]
        if hmac.compare_digest(given.encode(), self.once.encode()):
            self.once = secrets.token_urlsafe()
            self.renewed(self.once)
            cookie = f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"
            return [(b"set-cookie", cookie.encode()), *led]
        self._check_token(headers)
        return led

    def _check_token(self, headers: dict[bytes, bytes]) -> None:
        """Raises RefusedError for a stranger."""
        words, given = "the token is missing or wrong (Authorization: Bearer)", b""
        if self.cookie:
            words = "open the address that was printed last: each opens one browser"
            cookies = cookie_parser(headers.get(b"cookie", b"").decode("latin-1"))
            given = cookies.get(self.cookie, "").encode()
        given = headers.get(b"authorization", given).removeprefix(b"Bearer ")
        if self.token and not hmac.compare_digest(given, self.token.encode()):
            raise RefusedError(401, "token", words)

    def _check_origin(self, method: str, headers: dict[bytes, bytes]) -> None:
        """Raises RefusedError for a request that somebody else's page made."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self.hosts:
            fix = "" if self.cookie else "; --name adds one"
            raise RefusedError(403, "host", f"not one of this server's names (Host{fix})")
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and origin.partition("://")[2] not in self.hosts:
            raise RefusedError(403, "origin", "another page asks (Origin)")
        site = headers.get(b"sec-fetch-site", b"none")
        if site not in (b"none", b"same-origin") and (method not in READS or site == b"cross-site"):
            raise RefusedError(403, "origin", "another page asks (Sec-Fetch-Site)")

    def _taken(self, headers: dict[bytes, bytes], most: int) -> int:
        """The room that a body takes while it arrives, taken."""
        declared = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers:
            raise RefusedError(411, "length", "the body's length has to be said (Content-Length)")
        if not declared.isdigit() or int(declared) > most:
            raise RefusedError(413, "size", f"a body has at most {most:,} bytes")
        if self._held + int(declared) > self.room:
            raise RefusedError(503, "room", "too many bodies are here")
        self._held += int(declared)
        return int(declared)

    async def _body(self, receive: Receive, length: int) -> bytes:
        """All of it; the server sees to it that it is no longer than was said."""
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(SECONDS):
                while length:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise RefusedError(400, "gone", "the body broke off")
                    parts.append(message.get("body", b""))
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise RefusedError(408, "slow", f"the body took over {SECONDS:.0f} s") from None
        return b"".join(parts)


def _whole(body: bytes, receive: Receive) -> Receive:
    """As `receive` gives a body that is here already, and then what comes after."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def hosts(host: str, port: int, others: Collection[str] = ()) -> set[str]:
    """The names under which a server at host and port is reached, the machine's own too.

    others : names of a proxy before it, with a port where it has one.
    """
    own = {*LOCAL, f"[{host}]" if ":" in host else host, socket.gethostname().lower()}
    found = {f"{name}:{port}" for name in own} | {name.lower() for name in others}
    return found | (own if port == 80 else set())
