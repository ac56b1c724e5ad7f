"""The studio's routes: each reads what it is asked, lets another module do it, and says what was
found."""

import asyncio
import contextlib
import functools
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from chainrule import blas
from chainrule._version import __version__
from chainrule.data.readers.sources import NAMES
from chainrule.errors import ChainruleError
from chainrule.files.atomic import writable
from chainrule.influence.out_of_distribution import Neighborhoods
from chainrule.service.errors import HANDLERS, refuse
from chainrule.service.guard import Guard
from chainrule.show.data import encoded, pixels
from chainrule.studio import frames, pictures, shipping
from chainrule.studio.asking import (
    Facts,
    as_json,
    at_of,
    changes,
    numbers,
    part,
    settings,
    whole,
)
from chainrule.studio.assets import page, static
from chainrule.studio.decisions import Decided, review
from chainrule.studio.fan import fan
from chainrule.studio.hub import Hub
from chainrule.studio.library import Library
from chainrule.studio.mistakes import doubt, mistakes
from chainrule.studio.nodes import node
from chainrule.studio.passes import Passes
from chainrule.studio.run import Run
from chainrule.studio.runs import Runs

EVERY = 0.08  # seconds between two drawings, at least: the cores are for training
PICTURE, SMALL = 32 << 20, 8 << 20  # bytes of a picture or table, and of all other bodies


class Studio:
    """All that the page asks for.

    folder : of the runs; what is given through the page lies in its folder `data`. named : data
    sets from the command line. cores : trainings at a time.
    """

    def __init__(self, folder: Path, named: Sequence[str] = (), cores: int = 1) -> None:
        self.hub = Hub()
        self.library = Library(folder / "data", named)
        with writable(folder):
            self.library.folder.mkdir(parents=True, exist_ok=True)
        self.runs = Runs(folder, self.library, cores, self.hub.tell, self._moved)
        self.folder = folder
        self.passes = Passes()
        self._to_draw: dict[str, Run] = {}
        self._drawn = threading.Condition()
        self._ended = False
        self._known: tuple[str, Neighborhoods | None] = "", None

    def guarded(
        self, hosts: set[str], token: str, cookie: str, renewed: Callable[[str], None]
    ) -> Guard:
        """The whole application, to which requests may come from anywhere."""
        app = Starlette(
            routes=self.routes(),
            lifespan=self._lifespan,
            exception_handlers=HANDLERS,
        )
        limits = {"picture": PICTURE, "table": PICTURE, "ask": PICTURE}
        how: Any = {"most": SMALL, "limits": limits, "cookie": cookie, "renewed": renewed}
        return Guard(app, refuse, hosts, token, **how)

    def routes(self) -> list[Route]:
        """All addresses; GET changes nothing."""
        data, run = "/api/data/{name}", "/api/runs/{run}"
        asked: dict[str, Any] = {
            "/api/state": self.state,
            data: self.opened,
            f"{run}": self.run,
            f"{run}/scene": self.scene,
            f"{run}/frame": self.frame,
            f"{run}/example/{{set}}/{{i:int}}": self.example,
            f"{run}/example/{{set}}/{{i:int}}/without": self.without,
            f"{run}/node": self.node,
            f"{run}/mistakes": self.mistakes,
            f"{run}/decisions": self.decisions,
            f"{run}/ship": self.ship,
        }
        done: dict[str, Any] = {
            "/api/data/new": self.new_data,
            f"{data}/open": self.open,
            f"{data}/picture": self.add_picture,
            f"{data}/table": self.write_table,
            f"{data}/points": self.write_points,
            "/api/runs": self.begin,
            "/api/fan": self.fan,
            f"{run}/decisions": self.decide,
            f"{run}/ask": self.ask,
            f"{run}/{{word}}": self.say,
        }
        return [
            Route("/", page),
            Route("/static/{path:path}", static),
            Route("/api/events", self.events),
            Route(f"{data}/picture/{{set}}/{{i:int}}.png", self.picture),
            *(Route(f"{run}/{kind}", self.file) for kind in shipping.FILES),
            *(Route(path, as_json(handler)) for path, handler in asked.items()),
            *(Route(path, as_json(handler), methods=["POST"]) for path, handler in done.items()),
        ]

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: ASGIApp) -> AsyncIterator[None]:
        threading.Thread(target=self._draw, daemon=True).start()
        await asyncio.to_thread(self.runs.warm)
        yield
        self.end()

    def end(self) -> None:
        """Let tabs go, and stop what runs."""
        self.hub.end()
        with self._drawn:
            self._ended = True
            self._drawn.notify()
        self.runs.end()

    def _moved(self, run: Run) -> None:
        """There is a new moment of a run: it is drawn, unless a later one comes before its turn."""
        if self.hub.watched:
            with self._drawn:
                self._to_draw[run.id] = run
                self._drawn.notify()

    def _draw(self) -> None:
        while True:
            with self._drawn:
                self._drawn.wait_for(lambda: self._to_draw or self._ended)
                if self._ended:
                    return
                run = self._to_draw.pop(next(iter(self._to_draw)))
            began = time.monotonic()
            # The run itself says where its data are gone.
            with contextlib.suppress(ChainruleError), blas.at_most(1):
                self.hub.tell("frame", self._frame(run, None))
            time.sleep(max(0.0, began + EVERY - time.monotonic()))

    def _frame(self, run: Run, at: int | None) -> Facts:
        iteration, model = run.model_at(at)
        drawn = frames.frame(model, run.splits, run.start, run.share_at(iteration))
        if run.options.class_weight is None:
            drawn["cost"] = frames.cost(model, run.splits, run.l2_at(iteration))
        return {"run": run.id, "iteration": iteration, **drawn}

    # What is asked. Each is given the request, and its body as JSON where it has one.

    def state(self, request: Request, body: Any) -> Facts:
        return {
            "version": __version__,
            "folder": str(self.folder),
            "built_in": list(NAMES),
            "data": [source.summary() for source in list(self.library.sources.values())],
            "runs": [run.summary() for run in list(self.runs.runs.values())],
        }

    async def events(self, request: Request) -> Response:
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self.hub.stream(), media_type="text/event-stream", headers=headers)

    def opened(self, request: Request, body: Any) -> Facts:
        source = self.library[request.path_params["name"]]
        return (source if source.facts else self.library.opened(source.name)).summary()

    def run(self, request: Request, body: Any) -> Facts:
        run = self.runs[request.path_params["run"]]
        self.runs.remember(run)
        return run.everything()

    def scene(self, request: Request, body: Any) -> Facts:
        return frames.scene(self.runs[request.path_params["run"]].splits)

    def frame(self, request: Request, body: Any) -> Facts | None:
        """None before the first moment."""
        run = self.runs[request.path_params["run"]]
        begun = run.moments or run.folder.model.exists()
        return self._frame(run, at_of(request)) if begun else None

    def example(self, request: Request, body: Any) -> Facts:
        run, given = self.runs[request.path_params["run"]], request.path_params
        iteration, model = run.model_at(at_of(request))
        C = run.moments[iteration].coefficients if iteration in run.moments else None
        found = pictures.example(model, run.splits, given["set"], given["i"], C)
        return {"iteration": iteration, **found}

    def without(self, request: Request, body: Any) -> Facts:
        run, given = self.runs[request.path_params["run"]], request.path_params
        iteration, model = run.model_at(at_of(request))
        leave = numbers(request, "leave") or None
        found = pictures.without(model, run.splits, given["set"], given["i"], leave)
        return {"iteration": iteration, **found}

    def node(self, request: Request, body: Any) -> Facts:
        run, asked = self.runs[request.path_params["run"]], request.query_params
        iteration, model = run.model_at(at_of(request))
        place = (*numbers(request, "row"), *numbers(request, "column"))
        array, moment = asked.get("name", ""), (run.id, iteration)
        of = asked.get("set", "training")
        found = self.passes.around(moment, model, run.splits, of, array, place)
        return {"iteration": iteration, **node(found, array, place)}

    async def picture(self, request: Request) -> Response:
        found = await asyncio.to_thread(self._picture, request)
        return Response(*found)

    def _picture(self, request: Request) -> tuple[bytes, int, None, str]:
        """Of a data set, as its run has it where one is named."""
        given = request.path_params
        if "run" in request.query_params:
            splits = self.runs[request.query_params["run"]].splits
        else:
            source = self.library[given["name"]]
            splits = self.library.splits(source.path, source.options)
        data = splits.sets.get(given["set"])
        shown = None if data is None or given["i"] >= len(data) else pixels(data, given["i"])
        if shown is None:
            raise HTTPException(404, "no such picture")
        content, kind = encoded(shown)
        return content, 200, None, f"image/{kind}"

    def mistakes(self, request: Request, body: Any) -> Facts:
        run = self.runs[request.path_params["run"]]
        iteration, model = run.model_at(at_of(request))
        found = mistakes(model, run.splits, request.query_params)
        return {"run": run.id, "iteration": iteration, **found}

    def _decided(self, run: Run) -> Decided:
        opened = functools.partial(run.splits_of, run.data)
        return Decided.of(run.folder.path, opened, run.options)

    def decisions(self, request: Request, body: Any) -> Facts:
        run = self.runs[request.path_params["run"]]
        return self._decided(run).facts() | {"review": review(run.data, run.options)}

    def ship(self, request: Request, body: Any) -> Facts:
        run = self.runs[request.path_params["run"]]
        return shipping.facts(run.summary(), run.folder, run.splits.train)

    async def file(self, request: Request) -> Response:
        kind, run = request.url.path.rpartition("/")[2], self.runs[request.path_params["run"]]
        content = await asyncio.to_thread(self._file, request, run, kind)
        name = f"{run.id}{shipping.FILES[kind]}"
        headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
        return Response(content, headers=headers, media_type="application/octet-stream")

    def _file(self, request: Request, run: Run, kind: str) -> bytes:
        if kind == "report":
            return shipping.report(run.folder)
        return shipping.written(run.model_at(at_of(request))[1], kind)

    # What is done.

    def decide(self, request: Request, body: Any) -> Facts:
        run = self.runs[request.path_params["run"]]
        decided, fork = self._decided(run), None
        if body.get("undo"):
            decided.undo()
        elif body.get("fork"):
            fork = self.runs.fork(run, {"labels": str(decided.file())}, 0, None).summary()
        else:
            _, model = run.model_at(at_of(request))
            decided.decide(body, lambda i: doubt(model, run.splits, i))
        return {"fork": fork, **self.decisions(request, body)}

    def ask(self, request: Request, body: bytes) -> Facts:
        run = self.runs[request.path_params["run"]]
        iteration, model = run.model_at(at_of(request))
        if self._known[0] != run.id:
            self._known = run.id, shipping.known_of(model, run.splits.train)
        return {"iteration": iteration, **shipping.asked(model, body, self._known[1])}

    def _told(self, name: str) -> Facts:
        found = self.library[name].summary()
        self.hub.tell("data", found)
        return found

    def new_data(self, request: Request, body: Any) -> Facts:
        found = self.library.new(str(body.get("name", "")), str(body.get("kind", "")))
        return self._told(found.name)

    def open(self, request: Request, body: Any) -> Facts:
        name = request.path_params["name"]
        given = settings(body)
        try:
            self.library.opened(name, given)
        finally:  # what was asked is kept where it cannot be read, too
            found = self._told(name)
        return found

    def add_picture(self, request: Request, body: bytes) -> Facts:
        name, label = request.path_params["name"], request.query_params.get("label", "")
        title = request.query_params.get("file", "")
        path = self.library.add_picture(name, label, body, title)
        return {"name": name, "file": f"{label}/{path.name}"}

    def write_table(self, request: Request, body: bytes) -> Facts:
        self.library.write_table(request.path_params["name"], body)
        return self._told(request.path_params["name"])

    def write_points(self, request: Request, body: Any) -> Facts:
        self.library.write_points(request.path_params["name"], body.get("points"))
        return self._told(request.path_params["name"])

    def begin(self, request: Request, body: Any) -> Facts:
        options, fork = settings(part(body, "options")), part(body, "fork")
        if not fork:
            return self.runs.begin(str(body.get("data")), options).summary()
        parent, given = self.runs[str(fork.get("run"))], part(body, "change")
        at = whole(fork, "iteration", 0) if given else 0
        change = changes(given) if given else None
        return self.runs.fork(parent, options, at, change).summary()

    def fan(self, request: Request, body: Any) -> Facts:
        source = self.library[str(body.get("data"))]
        options = settings(part(body, "options"))
        return fan(source, self.library.splits, options, body.get("rates"))

    def say(self, request: Request, body: Any) -> Facts:
        run, word = self.runs[request.path_params["run"]], request.path_params["word"]
        if word == "resume":
            self.runs.resume(run)
        elif word == "step":
            self.runs.say(run, word, int(whole(body, "n")))
        elif word == "change":
            self.runs.say(run, word, changes(body))
        elif word in ("pause", "go", "stop"):
            self.runs.say(run, word)
        else:
            raise HTTPException(404, "Not Found")
        return run.summary()
