"""The studio beside the command line: how much a page that watches slows a training, how soon its
curve begins, and how long a click on a number takes.

    python -m benchmarks.studio

The course's network (12,288-20-7-5-1) on 209 generated pictures of the course's size. Trainings of
either take turns, and their seconds are those that they note themselves. Asked: at most 5 % slower,
the first record within 1 s of "run", a node within 100 ms.
"""

import argparse
import http.cookiejar
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import h5py
import numpy as np

ITERATIONS, ROUNDS, CLICKS = 20_000, 5, 30
CLI = [sys.executable, "-m", "chainrule.cli"]
LAYERS = ["--layers", "20,7,5", "--learning-rate", "0.0075"]


def pictures(folder: Path) -> Path:
    """209 and 50 pictures in the course's files; those of one class are a little brighter."""
    rng = np.random.default_rng(0)
    for name, m in (("train", 209), ("test", 50)):
        y = rng.integers(0, 2, m)
        X = rng.integers(0, 200, (m, 64, 64, 3)) + 20 * y[:, None, None, None]
        with h5py.File(folder / f"{name}_catvnoncat.h5", "w") as file:
            file[f"{name}_set_x"], file[f"{name}_set_y"] = X.astype(np.uint8), y
            file["list_classes"] = np.array([b"non-cat", b"cat"])
    return folder / "train_catvnoncat.h5"


class Page:
    """A studio, and a tab of it that hears all events. records : when the first of a run came."""

    def __init__(self, source: Path, folder: Path) -> None:
        command = [*CLI, "studio", str(source), "--no-browser", "--port", "0", "--folder"]
        self.process = subprocess.Popen(
            [*command, str(folder)], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self.process.stdout is not None
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found, "the studio did not start"
        self.address = found[0].partition("/?")[0]
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        self._opener.open(found[0]).read()
        self.records: dict[str, float] = {}
        self.frames = 0
        threading.Thread(target=self._hear, daemon=True).start()

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return json.load(self._opener.open(urllib.request.Request(self.address + path, data)))

    def _hear(self) -> None:
        event = ""
        for line in self._opener.open(f"{self.address}/api/events"):
            if line.startswith(b"event: "):
                event = line[7:].decode().strip()
            elif line.startswith(b"data: ") and event == "record":
                self.records.setdefault(json.loads(line[6:])["run"], time.perf_counter())
            elif line.startswith(b"data: ") and event == "frame":
                self.frames += 1

    def train(self, name: str, iterations: int) -> tuple[str, float, float]:
        """A run, until it has ended: its name, seconds of training, seconds to the first record."""
        options = {"layers": "20,7,5", "learning_rate": 0.0075, "iterations": iterations}
        began = time.perf_counter()
        run = self.ask("/api/runs", {"data": name, "options": options})
        while run["state"] in ("waiting", "training"):
            time.sleep(0.05)
            run = self.ask(f"/api/runs/{run['id']}")
        assert run["state"] == "finished", run["error"]
        while len(run["moments"]) < len(run["history"]["iteration"]):  # which are made aside
            time.sleep(0.2)
            run = self.ask(f"/api/runs/{run['id']}")
        settings = json.loads(Path(run["folder"], "settings.json").read_text())
        return run["id"], settings["training_seconds"], self.records[run["id"]] - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round of few iterations")
    quick = parser.parse_args().quick
    rounds, iterations = (1, 2000) if quick else (ROUNDS, ITERATIONS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = pictures(folder)
        page = Page(source, folder / "runs")
        data = page.ask("/api/state")["data"][0]["name"]
        page.ask(f"/api/data/{data}")
        ratios, first = [], []
        for k in range(rounds):
            plain = folder / f"plain-{k}"
            more = ["--iterations", str(iterations), "--out", str(plain)]
            subprocess.run([*CLI, "train", str(source), *LAYERS, *more], check=True,
                           capture_output=True)  # fmt: skip
            alone = json.loads((plain / "settings.json").read_text())["training_seconds"]
            run, watched, began = page.train(data, iterations)
            ratios.append(watched / alone)
            first.append(began)
            print(f"round {k + 1}: alone {alone:.2f} s, watched {watched:.2f} s, "
                  f"first record after {began:.2f} s", flush=True)  # fmt: skip
        clicks = []
        rng = np.random.default_rng(0)
        for _ in range(CLICKS):
            place = f"row={rng.integers(20)}&column={rng.integers(209)}"
            at = rng.integers(iterations)
            began = time.perf_counter()
            page.ask(f"/api/runs/{run}/node?name=dZ[1]&{place}&set=training&at={at}")
            clicks.append(time.perf_counter() - began)
        page.process.terminate()
        page.process.wait(20)
    print(f"watched / alone: median {statistics.median(ratios):.3f} of {rounds}; "
          f"{page.frames} frames; first record after {statistics.median(first):.2f} s; "
          f"a node at a moment of its own: median {1000 * statistics.median(clicks):.0f} ms, "
          f"longest {1000 * max(clicks):.0f} ms")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
