"""What is wrong with a request, as its answer: one line of JSON."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Send

from chainrule.errors import ChainruleError
from chainrule.service.guard import RefusedError

LONGEST = 500  # characters


def error(status: int, words: str) -> Response:
    """One line; who is to come again is told when."""
    headers = {"Retry-After": "1"} if status == 503 else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    line = " ".join(words.split())[:LONGEST]
    return JSONResponse({"error": line}, status, headers)


async def refuse(refused: RefusedError, send: Send) -> None:
    """The answer of a guard."""
    await error(refused.status, str(refused))({"type": "http"}, _nothing, send)


async def _said(request: Request, error_: Exception) -> Response:
    """What the client can mend."""
    if isinstance(error_, HTTPException):
        return error(error_.status_code, error_.detail)
    return error(400, str(error_))


async def _failed(request: Request, error_: Exception) -> Response:
    """What it cannot: the log has the rest."""
    return error(500, f"this failed here ({type(error_).__name__})")


async def _nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}


# As Starlette takes them.
HANDLERS: dict[Any, Any] = {ChainruleError: _said, HTTPException: _said, Exception: _failed}
