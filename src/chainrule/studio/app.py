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
from chainrule.model.model_file import Model
from chainrule.service.errors import HANDLERS, refuse
from chainrule.service.guard import Guard
from chainrule.show.data import encoded, pixels
from chainrule.studio import asking, frames, pictures, shipping
from chainrule.studio.asking import Facts, Handler, as_json, at_of, numbers, part, settings
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
        asked: dict[str, Handler] = {
            "/api/state": self.state,
            data: self.opened,
            run: self.of_run(lambda run, *_: run.everything()),
            f"{run}/scene": self.of_run(lambda run, *_: frames.scene(run.splits)),
            f"{run}/frame": self.of_run(self.frame),
            f"{run}/example/{{set}}/{{i:int}}": self.at_moment(self.example),
            f"{run}/example/{{set}}/{{i:int}}/without": self.at_moment(self.without),
            f"{run}/node": self.at_moment(self.node),
            f"{run}/mistakes": self.at_moment(self.mistakes),
            f"{run}/decisions": self.of_run(self.decisions),
            f"{run}/ship": self.of_run(lambda run, *_: shipping.facts(run)),
        }
        done: dict[str, Handler] = {
            "/api/data/new": self.new_data,
            f"{data}/open": self.of_data(lambda of, name, body: of.opened(name, settings(body))),
            f"{data}/picture": self.add_picture,
            f"{data}/table": self.of_data(Library.write_table),
            f"{data}/points": self.of_data(
                lambda of, name, body: of.write_points(name, body.get("points"))
            ),
            f"{data}/rename": self.of_data(
                lambda of, name, body: of.rename(name, body.get("name"))
            ),
            f"{data}/delete": self.delete_data,
            "/api/runs": self.begin,
            "/api/fan": self.fan,
            f"{run}/decisions": self.of_run(self.decide),
            f"{run}/ask": self.at_moment(self.ask),
            f"{run}/{{word}}": self.of_run(self.say),
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

    # What is asked. Each is given the request, and its body as JSON where it has one; and what its
    # address names before these: a run, or a network of it at a moment.

    def of_run(self, handler: Callable[..., Facts | None]) -> Handler:
        """A handler that is given the run."""
        return lambda request, body: handler(self._run(request), request, body)

    def at_moment(self, handler: Callable[..., Facts]) -> Handler:
        """A handler that is given the run, the iteration that is asked for, which it is told with,
        and the network there."""

        def found(request: Request, body: Any) -> Facts:
            run = self._run(request)
            iteration, model = run.model_at(at_of(request))
            return {"iteration": iteration, **handler(run, iteration, model, request, body)}

        return found

    def _run(self, request: Request) -> Run:
        return self.runs[request.path_params["run"]]

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

    def frame(self, run: Run, request: Request, body: Any) -> Facts | None:
        """None before the first moment."""
        begun = run.moments or run.folder.model.exists()
        return self._frame(run, at_of(request)) if begun else None

    def example(self, run: Run, at: int, model: Model, request: Request, body: Any) -> Facts:
        C = run.moments[at].coefficients if at in run.moments else None
        return pictures.example(model, run.splits, *asking.place_of(request), C)

    def without(self, run: Run, at: int, model: Model, request: Request, body: Any) -> Facts:
        leave = numbers(request, "leave") or None
        return pictures.without(model, run.splits, *asking.place_of(request), leave)

    def mistakes(self, run: Run, at: int, model: Model, request: Request, body: Any) -> Facts:
        return {"run": run.id, **mistakes(model, run.splits, request.query_params)}

    def node(self, run: Run, at: int, model: Model, request: Request, body: Any) -> Facts:
        place, asked = (*numbers(request, "row"), *numbers(request, "column")), request.query_params
        array, of = asked.get("name", ""), asked.get("set", "training")
        found = self.passes.around((run.id, at), model, run.splits, of, array, place)
        return node(found, array, place)

    def picture(self, request: Request) -> Response:
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
        return Response(content, media_type=f"image/{kind}")

    def _decided(self, run: Run) -> Decided:
        opened = functools.partial(run.splits_of, run.data)
        return Decided.of(run.folder.path, opened, run.options)

    def decisions(self, run: Run, request: Request, body: Any) -> Facts:
        return self._decided(run).facts() | {"review": review(run.data, run.options)}

    def file(self, request: Request) -> Response:
        kind, run = request.url.path.rpartition("/")[2], self._run(request)
        if kind == "report":
            content = shipping.report(run.folder)
        else:
            content = shipping.written(run.model_at(at_of(request))[1], kind)
        name = f"{run.id}{shipping.FILES[kind]}"
        headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
        return Response(content, headers=headers, media_type="application/octet-stream")

    # What is done.

    def decide(self, run: Run, request: Request, body: Any) -> Facts:
        decided, fork = self._decided(run), None
        if body.get("undo"):
            decided.undo()
        elif body.get("fork"):
            fork = self.runs.fork(run, {"labels": str(decided.file())}, 0, None).summary()
        else:
            _, model = run.model_at(at_of(request))
            decided.decide(body, lambda i: doubt(model, run.splits, i))
        return {"fork": fork, **self.decisions(run, request, body)}

    def ask(self, run: Run, at: int, model: Model, request: Request, body: bytes) -> Facts:
        if self._known[0] != run.id:
            self._known = run.id, shipping.known_of(model, run.splits.train)
        return shipping.asked(model, body, self._known[1])

    def new_data(self, request: Request, body: Any) -> Facts:
        found = self.library.new(str(body.get("name", "")), str(body.get("kind", ""))).summary()
        self.hub.tell("data", found)
        return found

    def of_data(self, work: Callable[[Library, str, Any], Any]) -> Handler:
        """A handler that does something with a data set, by its name, and tells what it is then."""

        def done(request: Request, body: Any) -> Facts:
            name = request.path_params["name"]
            try:
                work(self.library, name, body)
            finally:  # what was asked is kept where it cannot be read, too
                found = self.library[name].summary()
                self.hub.tell("data", found)
            return found

        return done

    def add_picture(self, request: Request, body: bytes) -> Facts:
        name, label = request.path_params["name"], request.query_params.get("label", "")
        title = request.query_params.get("file", "")
        path = self.library.add_picture(name, label, body, title)
        return {"name": name, "file": f"{label}/{path.name}"}

    def delete_data(self, request: Request, body: Any) -> Facts:
        name = request.path_params["name"]
        path, runs = self.library[name].path, list(self.runs.runs.values())
        trained = [run.name for run in runs if path in (run.data, run.options.test)]
        self.library.delete(name, trained)
        self.hub.tell("gone", {"kind": "data", "name": name})
        return {"gone": name}

    def begin(self, request: Request, body: Any) -> Facts:
        options, fork = settings(part(body, "options")), part(body, "fork")
        if not fork:
            return self.runs.begin(str(body.get("data")), options).summary()
        parent, given = self.runs[str(fork.get("run"))], part(body, "change")
        at = asking.whole(fork, "iteration", 0) if given else 0
        change = asking.changes(given) if given else None
        return self.runs.fork(parent, options, at, change).summary()

    def fan(self, request: Request, body: Any) -> Facts:
        source = self.library[str(body.get("data"))]
        options = settings(part(body, "options"))
        return fan(source, self.library.splits, options, body.get("rates"))

    def say(self, run: Run, request: Request, body: Any) -> Facts:
        word = request.path_params["word"]
        if word in ("resume", "delete"):
            getattr(self.runs, word)(run)
        elif word == "rename":
            self.runs.rename(run, body.get("name"))
        elif word == "step":
            self.runs.say(run, word, int(asking.whole(body, "n")))
        elif word == "change":
            self.runs.say(run, word, asking.changes(body))
        elif word in ("pause", "go", "stop"):
            self.runs.say(run, word)
        else:
            raise HTTPException(404, "Not Found")
        return run.summary()
