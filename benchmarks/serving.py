"""Requests a second to `chainrule serve`, and how long they take, beside a bare application's.

    python -m benchmarks.serving

A model of a table of 784 features; 32 clients, each on its own connection, one example a request,
as JSON and as bytes. The other servers are Starlette on the same uvicorn, and answer a constant:
one reads the same bodies, JSON by `request.json()`; one takes their bytes and reads nothing. They
take turns, each as a process of its own. Asked, beside the one that reads: at least half of its
requests a second, and a 99th percentile at most five times its own.

    python -m benchmarks.serving --minutes 10

asks `chainrule serve` alone, for so long, while 1,000 connections are open that send nothing or
half a request; reports its memory after each minute, and how long health took to answer beside it.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chainrule.model.model_file import Model, save
from chainrule.network import Network

N_X, CLIENTS, ROUNDS = 784, 32, 3
OPEN = 1000  # connections that nothing comes of
BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def infer(request):
    await (request.json() if "JSON" in sys.argv else request.body())
    return Response(b'{"outputs": []}', media_type="application/json")

app = Starlette(routes=[Route("/v2/models/{model}/infer", infer, methods=["POST"])])
print("Serving at http://localhost:8461", flush=True)
uvicorn.run(app, port=8461, log_level="error", access_log=False)
"""


def bodies() -> dict[str, tuple[bytes, str]]:
    """A request as JSON and as bytes, with the header that it needs."""
    x = np.random.default_rng(0).integers(0, 256, (1, N_X)).astype(float)
    tensor = {"name": "features", "datatype": "FP64", "shape": [1, N_X]}
    text = json.dumps({"inputs": [tensor | {"data": x.ravel().tolist()}]}).encode()
    size = {"parameters": {"binary_data_size": x.nbytes}}
    wanted = {"outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}
    head = json.dumps({"inputs": [tensor | size], **wanted}).encode()
    length = f"Inference-Header-Content-Length: {len(head)}\r\n"
    return {"JSON": (text, ""), "bytes": (head + x.tobytes(), length)}


@contextlib.contextmanager
def server(command: list[str]) -> Iterator[tuple[int, int]]:
    """A process that serves; its port and id."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = next(
            found[1]
            for line in process.stdout
            if (found := re.search(r"Serving at .*:(\d+)", line))
        )
        yield int(port), process.pid
    finally:
        process.terminate()
        process.wait(30)


async def asked(port: int, body: bytes, header: str, seconds: float) -> list[float]:
    """Seconds of each request of all clients, for so long."""
    end, took = time.perf_counter() + seconds, list[float]()
    request = (
        f"POST /v2/models/model/infer HTTP/1.1\r\nHost: localhost:{port}\r\n{header}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body

    async def client() -> None:
        for _ in range(20):  # the bare one says that it serves before it listens
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.2)
        while (began := time.perf_counter()) < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = re.search(rb"\r\ncontent-length: (\d+)", head, re.I)
            assert length is not None
            await reader.readexactly(int(length[1]))
            took.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return took


def resident(pid: int) -> float:
    """Megabytes that a process holds in memory, on Linux."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def health(port: int, end: float) -> list[float]:
    """Seconds of each answer, asked ten times a second on a connection of its own."""
    took = []
    while time.perf_counter() < end:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /v2/health/live HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        took.append(time.perf_counter() - began)
        writer.close()
        await asyncio.sleep(0.1)
    return took


def long(command: list[str], minutes: int) -> int:
    """Whether memory grows under load. 0 where it does by less than a tenth after the first
    minute."""

    async def minute(port: int, body: bytes, header: str) -> tuple[list[float], list[float]]:
        asking = asked(port, body, header, 60.0)
        return await asyncio.gather(asking, health(port, time.perf_counter() + 60))

    kinds = list(bodies().values())
    with server(command) as (port, pid), contextlib.ExitStack() as stack:
        for k in range(OPEN):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            head = f"POST /v2/models/model/infer HTTP/1.1\r\nHost: localhost:{port}\r\n".encode()
            one.sendall((b"", head[:20], head, head + b"Content-Length: 9\r\n\r\n{")[k % 4])
        held = [resident(pid)]
        print(f"{OPEN:,} connections open; at the start {held[0]:.1f} MB", flush=True)
        for n in range(minutes):
            took, alive = asyncio.run(minute(port, *kinds[n % len(kinds)]))
            held.append(resident(pid))
            slow = 1000 * np.quantile(alive, 0.99)
            words = f"minute {n + 1:>3}: {len(took):9,} requests   {held[-1]:6.1f} MB"
            print(f"{words}   health p99 {slow:6.1f} ms", flush=True)
    grown = held[-1] / held[1] - 1
    print(f"{100 * grown:+.1f} % since the first minute")
    return int(grown >= 0.1)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn")
    parser.add_argument("--minutes", type=int, default=0, help="whether memory grows for so long")
    given = parser.parse_args()
    seconds = given.seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        network = Network.create([N_X, 20, 10], rng=np.random.default_rng(0))
        save(Model(network, tuple("abcdefghij")), path)
        served = [sys.executable, "-m", "chainrule.cli", "serve", str(path), "--port", "0"]
        if given.minutes:
            return long(served, given.minutes)
        bare = [sys.executable, "-c", BARE]
        print(f"{os.cpu_count()} cores; {CLIENTS} clients, {ROUNDS} turns of {seconds:g} s each")
        for kind, (body, header) in bodies().items():
            commands = {"chainrule serve": served, "bare": bare}
            if kind == "JSON":
                commands["bare that reads"] = [*bare, kind]
            rates, worst = {}, {}
            for _ in range(ROUNDS):
                for what, command in commands.items():
                    with server(command) as (port, _):
                        asyncio.run(asked(port, body, header, min(1.0, seconds)))  # warm
                        took = np.array(asyncio.run(asked(port, body, header, seconds)))
                    rates.setdefault(what, []).append(len(took) / seconds)
                    worst.setdefault(what, []).append(1000 * np.quantile(took, 0.99))
            for what in commands:
                rate, p99 = np.median(rates[what]), np.median(worst[what])
                print(f"{kind:<6} {what:<16} {rate:8,.0f} requests/s   p99 {p99:6.1f} ms")
            ours, *others = commands
            for what in others:
                part = np.median(np.divide(rates[ours], rates[what]))
                slower = np.median(np.divide(worst[ours], worst[what]))
                of = f"{part:.2f} of the requests a second of {what}"
                print(f"{kind:<6} {of}, p99 {slower:.1f} times as long")
    return 0


if __name__ == "__main__":
    sys.exit(main())
