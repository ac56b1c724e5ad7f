"""Applications asked without a network: a request goes in as the server would hand it over."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from chainrule import Network
from chainrule.data import Scaling
from chainrule.data.steps import Affine
from chainrule.model.model_file import Model, save
from chainrule.service.app import Service

HOST = "localhost:8000"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def run(work):
    """What a coroutine gives. A thread of its own has no loop, as this one has while a browser is
    open."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def request(app, path, body=None, method=None, **more):
    """One request; header names with _ for -. parts : messages in place of the whole body."""
    return run(requested(app, path, body, method, **more))


async def requested(app, path, body=None, method=None, parts=None, query=b"", **headers):
    body = json.dumps(body).encode() if isinstance(body, dict) else body
    own = {"host": HOST, "content-length": str(len(body or b""))}
    own |= {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method or ("GET" if body is None else "POST"),
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in own.items() if v is not None],
    }
    messages = iter(parts or [{"type": "http.request", "body": body or b""}])
    sent = []

    async def receive():
        return next(messages, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], found, b"".join(one["body"] for one in rest))


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A table of two features, an ensemble of pictures, a regression, as files."""
    folder = tmp_path_factory.mktemp("models")
    scaled = Scaling((Affine("standard", np.array([[1.0], [2.0]]), np.array([[0.5], [0.25]])),))
    table = Model(Network.create([2, 3, 3], rng=1), ("a", "b", "ü"), scaled, None, ("x", "y"))
    pictures = Network.create([4 * 5 * 3, 2, 1], rng=[0, 1])
    made = {
        "table": table,
        "pictures": Model(pictures, ("not", "cat"), image_shape=(4, 5, 3)),
        "numbers": Model(Network.create([2, 1], loss="squared_error", rng=2), (), scaled),
    }
    for name, model in made.items():
        save(model, folder / f"{name}.safetensors")
    return folder, made


@pytest.fixture(scope="session")
def service(models):
    folder, made = models
    return Service({name: folder / f"{name}.safetensors" for name in made})


@pytest.fixture(scope="session")
def app(service):
    return service.guarded({HOST})
