"""What happens, told to every open tab: one stream of server-sent events each."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from chainrule.files.json_file import compact

WAITING = 2000  # events that a tab may be behind; then it is let go, and comes again for the state
BEAT = 15.0  # seconds, after which a silent stream says that it is there


class Hub:
    """Called in the loop's thread alone but for `tell`."""

    def __init__(self) -> None:
        self._tabs: set[asyncio.Queue[tuple[str, dict[str, Any]] | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._tabs)

    def tell(self, name: str, facts: dict[str, Any]) -> None:
        """An event for all tabs, from any thread."""
        if self._tabs and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, (name, facts))

    def _put(self, event: tuple[str, dict[str, Any]] | None) -> None:
        for tab in list(self._tabs):
            if tab.qsize() >= WAITING:
                self._tabs.discard(tab)
                tab.put_nowait(None)
            else:
                tab.put_nowait(event)

    def end(self) -> None:
        """Let all tabs go, from any thread and from a signal."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, None)

    async def stream(self) -> AsyncIterator[bytes]:
        """Events as text, until the tab is let go. Those that are here are sent together."""
        self._loop = asyncio.get_running_loop()
        tab: asyncio.Queue[tuple[str, dict[str, Any]] | None] = asyncio.Queue()
        self._tabs.add(tab)
        try:
            yield b": here\n\n"
            while True:
                try:
                    events = [await asyncio.wait_for(tab.get(), BEAT)]
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                while not tab.empty():
                    events.append(tab.get_nowait())
                yield b"".join(_text(*event) for event in events if event is not None)
                if None in events:
                    return
        finally:
            self._tabs.discard(tab)


def _text(name: str, facts: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {compact(facts)}\n\n".encode()
