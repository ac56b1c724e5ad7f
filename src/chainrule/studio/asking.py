"""What is read of a request, and its answer as JSON."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chainrule import checks
from chainrule.errors import InputError
from chainrule.files.atomic import reason
from chainrule.files.json_file import compact
from chainrule.training.changes import checked

Facts = dict[str, Any]
Handler = Callable[[Request, Any], Facts | None]
RAW = ("/picture", "/table", "/ask")  # addresses to which bodies are files


def at_of(request: Request) -> int | None:
    """The iteration that is asked for; None for the last."""
    given = request.query_params.get("at", "")
    if given and not (given.isdecimal() and len(given) < 20):
        raise InputError("at", "an iteration", repr(given[:40]))
    return int(given) if given else None


def place_of(request: Request) -> tuple[str, int]:
    """The set and the example that an address names."""
    return request.path_params["set"], request.path_params["i"]


def numbers(request: Request, name: str) -> tuple[int, ...]:
    """Whole numbers with commas between them; none where nothing is asked."""
    given = request.query_params.get(name, "")
    if not all(one.isdecimal() and len(one) < 10 for one in given.split(",") if given):
        raise InputError(name, "whole numbers from 0", repr(given[:40]))
    return tuple(map(int, given.split(","))) if given else ()


def part(body: Facts, name: str) -> Facts:
    """An object in a body; {} where none is given."""
    given = body.get(name)
    if not isinstance(given, dict | None):
        raise InputError(name, "an object", repr(given)[:40])
    return given or {}


def settings(given: Facts) -> Facts:
    """Options as the page may give them: those that name files come from the command line."""
    for name in ("labels", "test", "samples"):
        if given.get(name):
            raise InputError(name, "a file that is named on the command line", "one of the page's")
    return given


def whole(body: Any, name: str, least: int = 1) -> int:
    """A whole number of a body."""
    return checks.whole_number("body", name, body.get(name), least=least, most=1 << 31)


def changes(body: Any) -> dict[str, float]:
    """The settings that can be changed on the way."""
    names = ("learning_rate", "l2")
    given = {name: body[name] for name in names if body.get(name) is not None}
    if any(isinstance(value, bool) for value in given.values()):
        raise InputError("change", "numbers", "true or false")
    found = checked("change", given)
    if not found:
        raise InputError("change", "a learning_rate or l2", "neither")
    return found


def as_json(handler: Handler) -> Callable[[Request], Any]:
    """A handler as an endpoint: it works in a thread, and what it gives back is JSON."""

    async def endpoint(request: Request) -> Response:
        body: Any = await request.body()
        if request.method == "POST" and not request.url.path.endswith(tuple(RAW)):
            try:
                body = json.loads(body or b"{}")
            except (ValueError, RecursionError):
                raise HTTPException(400, "the body is no JSON") from None
            if not isinstance(body, dict):
                raise HTTPException(400, "the body is no JSON object")
        try:
            text = await asyncio.to_thread(lambda: compact(handler(request, body)))
        except OSError as error:
            raise HTTPException(
                507, f"this could not be written or read: {reason(error)}"
            ) from None
        return Response(text, media_type="application/json")

    return endpoint
