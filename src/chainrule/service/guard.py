"""What stands before every route: who may ask, from where, and how much."""

import asyncio
import hmac
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainrule.errors import ChainruleError

READS = ("GET", "HEAD")
LOCAL = ("127.0.0.1", "localhost", "[::1]")
HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
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
    it, or "" where only this machine asks. most : bytes of one body; room : of all that
    are here.
    """

    app: ASGIApp
    refuse: Callable[[RefusedError, Send], Awaitable[None]]
    hosts: Collection[str]
    token: str = ""
    most: int = 64 << 20
    room: int = 256 << 20
    _held: int = field(default=0, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        took = 0
        try:
            if scope["type"] != "http":
                raise RefusedError(403, "websocket", "there are no WebSockets here")
            headers: dict[bytes, bytes] = dict(scope["headers"])
            self._check(scope["method"], headers)
            took = self._taken(headers)
            body = await self._body(receive, took)
            await self.app(scope, _whole(body, receive), safe)
        except RefusedError as error:
            await self.refuse(error, safe)
        finally:
            self._held -= took
        return None

    def _check(self, method: str, headers: dict[bytes, bytes]) -> None:
        """Raises RefusedError for a request that somebody else's page made, or a stranger."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self.hosts:
            raise RefusedError(
                403, "host", "not one of this server's names (Host; --name adds one)"
            )
        given = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        if self.token and not hmac.compare_digest(given, self.token.encode()):
            raise RefusedError(
                401, "token", "the token is missing or wrong (Authorization: Bearer)"
            )
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and origin.partition("://")[2] not in self.hosts:
            raise RefusedError(403, "origin", "another page asks (Origin)")
        site = headers.get(b"sec-fetch-site", b"none")
        if site not in (b"none", b"same-origin") and (method not in READS or site == b"cross-site"):
            raise RefusedError(403, "origin", "another page asks (Sec-Fetch-Site)")

    def _taken(self, headers: dict[bytes, bytes]) -> int:
        """The room that a body takes while it arrives, taken."""
        declared = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers:
            raise RefusedError(411, "length", "the body's length has to be said (Content-Length)")
        if not declared.isdigit() or int(declared) > self.most:
            raise RefusedError(413, "size", f"a body has at most {self.most:,} bytes")
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
