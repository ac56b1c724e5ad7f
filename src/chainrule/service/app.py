"""The routes: the Open Inference Protocol, files as they are, metrics."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Send

from chainrule._version import __version__
from chainrule.errors import ChainruleError
from chainrule.service import protocol
from chainrule.service.desk import BusyError, Desk
from chainrule.service.errors import HANDLERS, refuse
from chainrule.service.guard import Guard, RefusedError
from chainrule.service.metrics import Metrics
from chainrule.service.served import Served

PREFIX = "/v2/models/{model}"


class Service:
    """Models behind addresses.

    paths : files or run folders by name. data : where a training set is, if it is not where it was.
    limit : requests to a model that may wait. Raises what loading them does.
    """

    def __init__(
        self, paths: Mapping[str, Path], data: str | None = None, limit: int = 256
    ) -> None:
        self.paths, self.data, self.limit = paths, data, limit
        self.metrics = Metrics()
        self._thread = ThreadPoolExecutor(1, "chainrule-answers")
        self.desks: dict[str, Desk] = {}
        self._take({name: self._load(name) for name in paths})

    def _load(self, name: str) -> Served:
        return Served.load(name, self.paths[name], self.data)

    def _take(self, served: dict[str, Served]) -> None:
        self.desks = {name: Desk(one, self.limit, self._thread) for name, one in served.items()}
        self.metrics.serve(list(served.values()))

    async def reload(self) -> list[str]:
        """Read all models again; one that cannot be read stays as it was. What went wrong."""
        served, wrong = {}, []
        for name, desk in self.desks.items():
            try:
                served[name] = await asyncio.to_thread(self._load, name)
            except ChainruleError as error:
                served[name] = desk.served
                wrong.append(f"{name} stays as it was: {error}")
        self._take(served)
        return wrong

    def guarded(self, hosts: set[str], token: str = "") -> ASGIApp:
        """The whole application, to which requests may come from anywhere."""
        both = (PREFIX, f"{PREFIX}/versions/{{version}}")
        # In this order they are tried: the busiest first.
        routes = [Route(f"{of}/infer", self.infer, methods=["POST"]) for of in both]
        routes += [
            Route(f"{PREFIX}/predict", self.predict, methods=["POST"]),
            Route("/v2/health/live", self.live),
            Route("/v2/health/ready", self.ready),
            Route("/metrics", self.measures),
            Route("/v2", self.server),
            *(Route(f"{of}/ready", self.model_ready) for of in both),
            *(Route(of, self.model) for of in both),
        ]
        app = Starlette(routes=routes, exception_handlers=HANDLERS)
        return self.metrics.around(Guard(app, self._refuse, hosts, token))

    async def _refuse(self, error: RefusedError, send: Send) -> None:
        self.metrics.refused.labels(error.reason).inc()
        await refuse(error, send)

    def _desk(self, request: Request) -> Desk:
        name, version = request.path_params["model"], request.path_params.get("version", "1")
        if name not in self.desks:
            raise HTTPException(404, f"no model {name!r}; there are {', '.join(self.desks)}")
        if version != protocol.VERSION:
            raise HTTPException(404, f"no version {version!r} of {name}: it has {protocol.VERSION}")
        return self.desks[name]

    async def server(self, request: Request) -> Response:
        extensions = list(protocol.EXTENSIONS)
        facts = {"name": "chainrule", "version": __version__, "extensions": extensions}
        return JSONResponse(facts | {"models": list(self.desks)})

    async def live(self, request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> Response:
        # The specification says `live` here, KServe's client reads `ready`.
        return JSONResponse({"ready": True, "live": True})

    async def model(self, request: Request) -> Response:
        return JSONResponse(self._desk(request).served.facts() | {"versions": [protocol.VERSION]})

    async def model_ready(self, request: Request) -> Response:
        return JSONResponse({"name": self._desk(request).served.name, "ready": True})

    async def measures(self, request: Request) -> Response:
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def infer(self, request: Request) -> Response:
        desk = self._desk(request)
        asked = protocol.read(await request.body(), request.headers.get(protocol.LENGTH))
        answers = await self._waited(desk.infer(desk.served.rows(asked.inputs)))
        body, length = protocol.written(desk.served.name, asked, answers)
        if length is None:
            return Response(body, media_type="application/json")
        headers = {protocol.LENGTH: str(length)}
        return Response(body, headers=headers, media_type="application/octet-stream")

    async def predict(self, request: Request) -> Response:
        desk = self._desk(request)
        facts = await self._waited(desk.predict(await request.body()))
        why = desk.served.unknown
        return JSONResponse(
            {"model": desk.served.name, **facts, "compared_with_training_data": not why}
        )

    async def _waited(self, answers: Any) -> Any:
        try:
            return await answers
        except BusyError as error:
            self.metrics.refused.labels("queue").inc()
            raise HTTPException(503, str(error)) from None
