"""A command line to type into, and pictures to type about."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule.cli import main


@dataclass(frozen=True)
class Said:
    """What a command said: exit code, standard output and standard error."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


@pytest.fixture
def drawn():
    """Asked for by a test that is about pictures: figures are painted."""


@pytest.fixture(autouse=True)
def drawn_where_asked_for(request):
    if "drawn" not in request.fixturenames:
        request.getfixturevalue("undrawn")


@pytest.fixture
def chainrule(capsys, monkeypatch, tmp_path):
    """Runs one command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as end:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Said(end.value.code, captured.out, captured.err)

    return run


def picture(path: Path, color: tuple[int, int, int], rng: np.random.Generator) -> None:
    noise = rng.integers(-40, 40, size=(12, 10, 3))
    pixels = np.clip(np.array(color) + noise, 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def fruit(tmp_path):
    """Pictures of tomatoes and limes: train/ with 8 of each, test/ with 3 of each."""
    rng = np.random.default_rng(0)
    colors = {"lime": (90, 200, 60), "tomato": (210, 60, 50)}
    for part, count in (("train", 8), ("test", 3)):
        for name, color in colors.items():
            for k in range(count):
                picture(tmp_path / "fruit" / part / name / f"{name}{k}.png", color, rng)
    return tmp_path / "fruit"


@pytest.fixture
def trained(chainrule, fruit):
    """A run folder of a small network on the fruit."""
    settings = ("--size", 8, "--layers", 3, "--iterations", 60, "--learning-rate", 0.1)
    assert chainrule("train", fruit, *settings, "--out", "run").code == 0
    return Path("run").resolve()
