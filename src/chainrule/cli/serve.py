"""`chainrule serve`."""

import os
import secrets
from typing import Annotated

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.errors import InputError, needing

TOKEN = "CHAINRULE_TOKEN"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    *models: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    name: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    data: str | None = None,
    queue: int = 256,
) -> int:
    """Answer requests over HTTP with trained models, by the Open Inference Protocol.

    The address of each model takes arrays (/infer), and picture files or tables as they are
    (/predict). Beyond this machine each request needs a token: it is taken from the environment
    (CHAINRULE_TOKEN), or made and printed. SIGHUP reads the models again, SIGTERM ends it orderly.

    Parameters
    ----------
    models
        Model files or run folders, each under its own name, or under another: NAME=PATH.
    host
        The address to listen at.
    port
        The port to listen at, 0 for any that is free.
    name
        Names under which a proxy before it is reached, such as models.example.org.
    data
        The training data of the model, if they are no longer where they were: to warn of examples
        that are unlike all of them.
    queue
        Requests to a model that may wait; more are told to come again.
    """
    with needing("serve", "uvicorn", "serve"):
        from chainrule.service.app import Service
        from chainrule.service.bodies import curl
        from chainrule.service.guard import hosts
        from chainrule.service.run import listening
        from chainrule.service.run import serve as answer
        from chainrule.service.served import named
    if queue < 1:
        raise InputError("--queue", "a whole number from 1 up", str(queue))
    paths, token = named(models), os.environ.get(TOKEN, "")
    made = not token and host not in LOOPBACK
    if made:
        token = secrets.token_urlsafe(32)
    with listening(host, port) as bound:  # before models are read, which takes longer
        service = Service(paths, data, queue)
        shown = "localhost" if host in LOOPBACK else f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{bound.getsockname()[1]}"
        header = f'-H "Authorization: Bearer {token if made else "$" + TOKEN}" ' if token else ""
        for one in (desk.served for desk in service.desks.values()):
            show.print_beside("Model", f"{one.name}: {show.safe(str(one.model))}")
            if one.unknown:
                why = f"not compared with the training data: {show.safe(one.unknown)}"
                show.print_beside("", why)
            pictures = one.model.image_shape is not None
            show.print_beside("Ask", curl(address, one.name, pictures, header))
        print_ = show.console().print
        said = f"Serving at {address} (Ctrl-C ends it)"

        async def again() -> None:
            for line in await service.reload() or ["All models were read again."]:
                print_(show.safe(line))

        names = hosts(host, bound.getsockname()[1], name)
        answer(service.guarded(names, token), bound, again, on_start=lambda: print_(said))
    return 0
