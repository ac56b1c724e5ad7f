"""The page and its files."""

import mimetypes
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

STATIC = files("chainrule.studio").joinpath("static")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


async def page(request: Request) -> Response:
    """The page, which may load nothing but what is here."""
    content = STATIC.joinpath("index.html").read_bytes()
    return Response(content, headers={"Content-Security-Policy": POLICY}, media_type="text/html")


async def static(request: Request) -> Response:
    """A file of the page."""
    parts = request.path_params["path"].split("/")
    found = STATIC.joinpath(*parts)
    bad = any(part in ("", ".", "..") or "\\" in part or len(part) > 100 for part in parts)
    if bad or not found.is_file():
        raise HTTPException(404, "Not Found")
    kind = mimetypes.guess_type(parts[-1])[0] or "application/octet-stream"
    kind = "text/javascript" if parts[-1].endswith((".js", ".mjs")) else kind
    return Response(found.read_bytes(), media_type=kind)
