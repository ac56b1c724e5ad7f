"""What Prometheus is told: requests, how long they took, what was refused and why, which models."""

import time
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainrule._version import __version__
from chainrule.service.served import Served

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts what passes through it; `text` says it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter(
            "chainrule_requests", "Requests answered.", ["route", "status"], **own
        )
        self.seconds = Histogram(
            "chainrule_request_seconds",
            "Seconds a request took.",
            ["route"],
            buckets=SECONDS,
            **own,
        )
        # Looked up for each request, sooner than by Prometheus' own lock.
        self._counted, self._timed = cache(self.requests.labels), cache(self.seconds.labels)
        self.busy = Gauge("chainrule_requests_in_progress", "Requests being answered.", **own)
        self.refused = Counter("chainrule_refused", "Requests refused.", ["reason"], **own)
        self.model = Gauge(
            "chainrule_model_info",
            "Models that are served.",
            ["model", "task", "inputs", "classes", "members", "version"],
            **own,
        )

    def serve(self, models: list[Served]) -> None:
        """Say which models there are now."""
        self.model.clear()
        for one in models:
            n_x, classes = one.model.network.layer_sizes[0], len(one.model.classes)
            facts = (one.name, one.model.task, n_x, classes, one.model.n_members, __version__)
            self.model.labels(*map(str, facts)).set(1)

    def text(self) -> bytes:
        return generate_latest(self.registry)

    def around(self, app: ASGIApp) -> ASGIApp:
        """An application whose requests are counted, by the route that answered them."""

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)
            began, status = time.perf_counter(), 500

            async def watched(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            self.busy.inc()
            try:
                await app(scope, receive, watched)
            finally:
                self.busy.dec()
                route = getattr(scope.get("endpoint"), "__name__", "none")
                self._counted(route, str(status)).inc()
                self._timed(route).observe(time.perf_counter() - began)
            return None

        return measured
