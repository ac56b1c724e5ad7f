"""What `chainrule train DATA` reaches without options: a chosen setting, on held-out examples.

Ten seeds each (of the weights, the folds and what is held out), against the commonest class and
against a sweep of 30 settings, on the first seeds. Seconds are those of the processor, so that
other programs beside it do not count; of one core. The sweep, whose time is not measured, takes all
cores and single precision. The whole command is measured, too, from its start to its end, beside
the same command with the chosen setting given: that is how many times one training a choice takes
for who runs it.
"""

import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Settings
from chainrule import train
from chainrule.data import Splits, open_data
from chainrule.data.groups import groups_of
from chainrule.experiments import Execution, Setting, choose_setting, sweep
from chainrule.experiments.sweep import FOLDS
from chainrule.jobs.options import Options, command_line

NAME = "defaults"
SEEDS, SWEPT, LONG = 10, 3, 450  # of more examples than LONG one seed is swept
HELD_OUT = 0.3  # of tables without a test set
STAMPS = Path("/usr/share/tuxpaint/stamps")  # Debian's package tuxpaint-stamps-default
SPACE = {
    "hidden": [(), (20,), (20, 7, 5)],
    "learning_rate": [float(rate) for rate in np.geomspace(1e-3, 1, 10)],
}
ITERATIONS = 1000  # of the sweep
ONE = Execution(threads=1)


@dataclass(frozen=True)
class Line:
    """Of one problem. better : of so many seeds, how often better than the commonest class.
    accuracy, of_commonest : means over the seeds. lead : over the sweep, on the first seeds, in
    points; nan where there was none. choosing, training : processor seconds, means. command : of
    `chainrule train`. given : of the same with what it chooses given. worst : of the seeds, the
    largest ratio of these two."""

    what: str
    seeds: int
    better: int
    accuracy: float
    of_commonest: float
    lead: float
    choosing: float
    training: float
    command: float
    given: float
    worst: float

    @property
    def ratio(self) -> float:
        """How many times as long as the training alone it takes in all."""
        return (self.choosing + self.training) / self.training


def problems(settings: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """What `open_data` takes, of data that are there."""
    wide = os.environ.get("CHAINRULE_WIDE_DATA")
    for name in ("planar:flower", "planar:moons", "planar:circles", "planar:xor"):
        yield name, {"source": name}
    if wide and Path(wide).is_dir():
        yield "golub", {"source": Path(wide) / "golub.csv", "hold_out": HELD_OUT}
        spectra = {"source": Path(wide) / "mayonnaise.csv", "group_by": r"mayo\d+"}
        yield "mayonnaise, samples held out", {"hold_out": HELD_OUT, **spectra}
    if settings.sources.course:
        yield "the course's cats", {"source": settings.sources.course}
    yield "fashion", {"source": "fashion"}
    if STAMPS.is_dir():
        yield "stamps", {"source": STAMPS, "hold_out": HELD_OUT}


def measure(settings: Settings, tell: Callable[[str], None]) -> Iterator[Line]:
    seeds = 1 if settings.quick else SEEDS
    for what, how in problems(settings):
        yield _line(what, how, seeds, tell)


def _line(what: str, how: dict[str, Any], seeds: int, tell: Callable[[str], None]) -> Line:
    rows, leads = [], []
    for seed in range(seeds):
        tell(f"{what}: seed {seed + 1} of {seeds}")
        splits = open_data(seed=seed, **how)
        groups = groups_of(splits.train, None, how["group_by"]) if "group_by" in how else None
        began = time.process_time()
        found = choose_setting(splits, {"seed": seed}, groups=groups, execution=ONE)
        chosen = time.process_time()
        reached = _reached(splits, found.setting)
        took = (chosen - began, time.process_time() - chosen)
        plain = Options(seed=seed, **{name: how[name] for name in how if name != "source"})
        both = (plain, plain.planned(True).chosen(found.setting))
        commands = [_command(str(how["source"]), options) for options in both]
        rows.append((reached, _commonest(splits), *took, *commands))
        if seed < (SWEPT if len(splits.train) <= LONG else 1) and seeds > 1:
            base = Setting(iterations=ITERATIONS, seed=seed, dtype="float32")
            more: dict[str, Any] = {"groups": groups, "seed": seed}
            more["stratified"] = bool(np.bincount(splits.train.labels).min() >= FOLDS)
            swept = sweep(splits.train, SPACE, base=base, rule="best", refit=False, **more)
            leads.append(reached - _reached(splits, swept.trials[0].setting))
    reached, commonest, *seconds = np.array(rows).T
    better, lead = int((reached > commonest).sum()), 100 * float(np.mean(leads or [np.nan]))
    means = [float(column.mean()) for column in (reached, commonest)]
    times = [float(column.mean()) for column in seconds]
    worst = float(np.max(seconds[2] / seconds[3]))
    return Line(what, seeds, better, *means, lead, *times, worst)


def _reached(splits: Splits, setting: Setting) -> float:
    """Held-out accuracy of a training on all training examples."""
    data = splits.train
    network = setting.network(data.features.shape[0], len(data.Y), data.task)
    found = train(network, data, setting, validation=splits.test, threads=1)
    return float(found.history.records[-1].validation_accuracy)


def _commonest(splits: Splits) -> float:
    assert splits.test is not None
    return float(np.bincount(splits.test.labels).max() / len(splits.test))


def _command(source: str, options: Options) -> float:
    """Processor seconds of `chainrule train SOURCE`, from start to end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = shlex.split(command_line("train", source, options))[1:]
    with tempfile.TemporaryDirectory() as folder:
        own = [*words, "--threads", "1", "--out", f"{folder}/run"]
        command = [sys.executable, "-m", "chainrule.cli", *own]
        subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
