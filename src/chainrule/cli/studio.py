"""`chainrule studio`."""

import os
import secrets
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.serve import LOOPBACK
from chainrule.errors import InputError, needing


def studio(
    *data: str,
    host: str = "127.0.0.1",
    port: int = 8001,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
    folder: Path = Path("runs"),
    runs: int | None = None,
) -> int:
    """Train live in the browser, on one's own data, and click into any number.

    Nothing leaves this computer: the page asks this program alone. It prints an address that opens
    one browser, and opens it. Ctrl-C stops all trainings; what they reached is kept.

    Parameters
    ----------
    data
        Data sets that the page may open beside built-in ones and those that are given through it:
        folders of pictures, tables, HDF5 files, as `chainrule train` takes them.
    host
        The address to listen at.
    port
        The port to listen at, 0 for any that is free.
    browser
        Open the page.
    folder
        Where run folders are made, and in data/ what is given through the page.
    runs
        Trainings at a time, by default as many as there are cores.
    """
    with needing("studio", "uvicorn", "studio"):
        from chainrule.service.guard import hosts
        from chainrule.service.run import listening, serve
        from chainrule.studio.app import Studio
    if runs is not None and runs < 1:
        raise InputError("--runs", "a whole number from 1 up", str(runs))
    with listening(host, port) as bound:
        app = Studio(folder.resolve(), data, runs or os.cpu_count() or 1)
        port = bound.getsockname()[1]
        shown = "localhost" if host in LOOPBACK else f"[{host}]" if ":" in host else host
        print_ = show.console().print

        def opened(once: str) -> None:
            print_(f"For another browser: http://{shown}:{port}/?token={once}")

        names = hosts(host, port, ())
        guard = app.guarded(names, secrets.token_urlsafe(32), f"chainrule-{port}", opened)
        address = f"http://{shown}:{port}/?token={guard.once}"
        print_(f"The studio is at {address} (Ctrl-C ends it)", soft_wrap=True)
        if browser:
            import webbrowser

            webbrowser.open(address)
        serve(guard, bound, grace=1, on_exit=app.hub.end)
    return 0
