"""A server as a process: where it listens, what signals do."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from chainrule.errors import InputError
from chainrule.files.atomic import reason

BACKLOG = 2048
GRACE = 10  # seconds that requests have to end


def listening(host: str, port: int) -> socket.socket:
    """A socket that is bound; InputError where that cannot be. port : 0 for any that is free."""
    if not 0 <= port < 1 << 16:
        raise InputError("--port", "a number from 0 to 65535", str(port))
    bound = None
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Named as TCP, which create_server does not: else asyncio leaves Nagle's algorithm on, and
        # an answer of two parts waits 40 ms for the client's acknowledgment.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        if bound is not None:
            bound.close()
        fix = "Choose another with --port, or --host."
        where = f"{host}:{port}"
        raise InputError(where, "a place to listen", reason(error), fix) from None
    return bound


def serve(
    app: ASGIApp,
    bound: socket.socket,
    on_hangup: Callable[[], Awaitable[None]] | None = None,
    grace: int = GRACE,
    on_exit: Callable[[], None] = lambda: None,
    on_start: Callable[[], None] = lambda: None,
) -> None:
    """Answer until SIGTERM or Ctrl-C: then what was begun is ended, for `grace` seconds.

    on_hangup : awaited at SIGHUP. on_exit : called at the end's signal, that streams without an
    end have one. on_start : called once signals are heard. The application's lifespan is run.
    """
    config = uvicorn.Config(
        app,
        backlog=BACKLOG,
        log_level="error",
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=grace,
    )

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            on_exit()
            super().handle_exit(sig, frame)

    server = Server(config)

    async def served() -> None:
        tasks = set[asyncio.Future[None]]()  # else nobody would hold them

        def hung_up() -> None:
            assert on_hangup is not None
            tasks.add(task := asyncio.ensure_future(on_hangup()))
            task.add_done_callback(tasks.discard)

        if on_hangup is not None and hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)
        on_start()
        await server.serve(sockets=[bound])

    gc.freeze()  # what is loaded stays, and is not looked through again
    with contextlib.suppress(KeyboardInterrupt):  # which uvicorn gives back when all is ended
        asyncio.run(served())
