"""The service as a process: where it listens, what signals do."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable

import uvicorn

from chainrule.errors import InputError
from chainrule.files.atomic import reason
from chainrule.service.app import Service
from chainrule.service.guard import hosts

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
        raise InputError("serve", f"a place to listen, {host}:{port}", reason(error), fix) from None
    return bound


def run(
    service: Service,
    bound: socket.socket,
    host: str,
    others: tuple[str, ...],
    token: str,
    tell: Callable[[str], None],
) -> None:
    """Answer until SIGTERM or Ctrl-C: then what was begun is ended, for 10 s. SIGHUP reads the
    models again. tell : is given a line where something has to be said."""
    port = bound.getsockname()[1]
    app = service.guarded(hosts(host, port, others), token)
    config = uvicorn.Config(
        app,
        backlog=BACKLOG,
        log_level="error",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        tasks = set()

        async def again() -> None:
            wrong = await service.reload()
            for line in wrong or ["All models were read again."]:
                tell(line)

        def reload() -> None:
            task = asyncio.ensure_future(again())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
        await server.serve(sockets=[bound])

    with contextlib.suppress(KeyboardInterrupt):  # which uvicorn gives back when all is ended
        asyncio.run(serve())
