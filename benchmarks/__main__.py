"""`python -m benchmarks`: measure, print tables, fail if the peers did not do the same work.

Ctrl-C ends one of those after the experiments, with a table of what was measured."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks import (
    agreement,
    blocks,
    busy,
    cluster,
    commands,
    defaults,
    device,
    estimators,
    gradients,
    machine,
    many,
    nested,
    startup,
    table,
    threads,
)
from benchmarks.experiments import EXPERIMENTS, Experiment, named
from benchmarks.measure import Result, Settings, run_all
from benchmarks.problems import Sources, missing

FASHION = "/usr/share/datasets/fashion-mnist"  # Debian's package dataset-fashion-mnist
QUICK_ITERATIONS, QUICK_EPOCHS = 100, 1
STARTUP_TRIES = 11
GRADIENT_TRIES = 30
THREAD_TRIES = 7


def _failed(lines: list[Any]) -> list[str]:
    return [f"{t.what}: {t.failure}" for t in lines if getattr(t, "failure", "")]


@dataclass(frozen=True)
class Benchmark:
    """measure : its lines, by settings and a function that is told how far it is. table : of
    them and the settings. failures : what went wrong, in words."""

    measure: Callable[[Settings, Callable[[str], None]], Iterable[Any]]
    table: Callable[[list[Any], Settings], Any]
    failures: Callable[[list[Any]], list[str]] = _failed


def _startup(settings: Settings, tell: Callable[[str], None]) -> list[startup.Timing]:
    iterations = QUICK_ITERATIONS if settings.quick else named("four-layer").iterations
    return startup.measure(settings.sources, iterations, 1 if settings.quick else STARTUP_TRIES)


def _gradients(settings: Settings, tell: Callable[[str], None]) -> list[startup.Timing]:
    return gradients.measure(settings.sources, 2 if settings.quick else GRADIENT_TRIES)


def _nested_table(lines: list[many.Timing], settings: Settings) -> Any:
    title = "Nested cross-validation of a wide table [nested]"
    return table.many_table(lines, settings, nested.data()[1], title)


# By name, in the order in which they are measured, after the experiments of `experiments.py`.
OTHERS = {
    startup.NAME: Benchmark(
        _startup, lambda found, s: table.startup_table(found, s.sources.course is None, s.quick)
    ),
    gradients.NAME: Benchmark(
        _gradients, lambda found, s: table.gradients_table(found, s.sources.course is None)
    ),
    estimators.NAME: Benchmark(estimators.measure, table.estimators_table, estimators.failures),
    many.NAME: Benchmark(
        many.measure, lambda found, s: table.many_table(found, s, s.sources.course is None)
    ),
    nested.NAME: Benchmark(nested.measure, _nested_table),
    defaults.NAME: Benchmark(defaults.measure, table.defaults_table),
    blocks.NAME: Benchmark(
        lambda s, tell: blocks.measure(s, s.blocks_shape, tell),
        lambda found, s: table.blocks_table(found, s.blocks_shape, s),
    ),
    commands.NAME: Benchmark(commands.measure, table.commands_table),
    cluster.NAME: Benchmark(cluster.measure, table.cluster_table),
    threads.NAME: Benchmark(
        lambda s, tell: threads.measure(1 if s.quick else THREAD_TRIES, tell), table.threads_table
    ),
    device.NAME: Benchmark(device.measure, table.device_table),
    busy.NAME: Benchmark(busy.measure, table.busy_table),
}


def main() -> int:
    options = _options()
    settings = Settings(
        repeat=1 if options.quick else options.repeat,
        threads=(1,) if options.quick else tuple(options.threads),
        quick=options.quick,
        sources=Sources(options.course_data, options.fashion_data),
        blocks_shape=tuple(options.blocks_shape),
    )
    console = table.console()
    facts = machine.facts(settings.threads)
    console.print(table.facts_table(facts), "", table.legend(settings), "")
    results, failures = [], []
    for experiment in EXPERIMENTS:
        if experiment.name not in options.only:
            continue
        if reason := missing(experiment.data, settings.sources):
            console.print(f"{experiment.title}: {reason}\n", markup=False)
            continue
        with console.status("") as status:
            result = run_all(_shortened(experiment, settings), settings, status.update)
        console.print(table.result_table(result, settings))
        results.append(result)
        failures += agreement.disagreements(result)
        failures += [x.failure for x in result.lines if x.failure and not x.absent]
    found: dict[str, list[Any]] = {}
    for name, benchmark in OTHERS.items():
        if name in options.only:
            lines = found[name] = []
            try:
                with console.status("") as status:
                    for line in benchmark.measure(settings, status.update):
                        lines.append(line)
            except KeyboardInterrupt:
                failures.append(f"{name}: interrupted")
            console.print(benchmark.table(found[name], settings))
            failures += benchmark.failures(found[name])
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(_report(facts, settings, results, found, failures), file, indent=1)
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    if (results or found.get(estimators.NAME)) and not failures:
        console.print("All peers agreed within the tolerances of agreement.py and estimators.py.")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    names = [*(e.name for e in EXPERIMENTS), *OTHERS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    add("--quick", action="store_true", help="fewer iterations, once, one thread: a smoke test")
    add("--repeat", type=int, default=3, metavar="N", help="runs of each peer (default 3)")
    add("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="default: 1 2")
    add("--json", metavar="FILE", help="every run, for other programs")
    add(
        "--blocks-shape",
        type=int,
        nargs=2,
        default=Settings.blocks_shape,
        metavar=("M", "N_X"),
        help="examples and features of the file of bytes (default 5000 500000)",
    )
    add(
        "--course-data",
        metavar="DIR",
        default=os.environ.get("CHAINRULE_COURSE_DATA") or None,
        help="the course's .h5 files (default $CHAINRULE_COURSE_DATA; else a random stand-in)",
    )
    add("--fashion-data", metavar="DIR", default=FASHION, help=f"default {FASHION}")
    options = parser.parse_args()
    if options.repeat < 1 or min(options.threads) < 1:
        parser.error("--repeat and --threads take numbers from 1 up")
    if options.course_data is not None and not os.path.isdir(options.course_data):
        parser.error(f"--course-data: no folder {options.course_data}")
    return options


def _shortened(experiment: Experiment, settings: Settings) -> Experiment:
    if not settings.quick:
        return experiment
    if experiment.epochs is not None:
        return replace(experiment, epochs=QUICK_EPOCHS)
    return replace(experiment, iterations=QUICK_ITERATIONS)


def _report(
    facts: dict[str, str],
    settings: Settings,
    results: list[Result],
    others: dict[str, list[Any]],
    failures: list[str],
) -> dict:
    return {
        "machine": facts,
        "settings": asdict(settings),
        "experiments": [
            {
                **asdict(result.experiment),
                "entries": [asdict(line) for line in result.lines],
                "times_chainrule": {
                    f"{line.entry.peer} {line.entry.dtype}": result.times_chainrule(line)
                    for line in result.lines
                    if line.runs
                },
            }
            for result in results
        ],
        **{name: [_plain(line) for line in others.get(name, ())] for name in OTHERS},
        "failures": failures,
    }


def _plain(line: Any) -> dict[str, Any]:
    """Its fields, and what is computed of them."""
    computed = {name: getattr(line, name, None) for name in ("name", "ratio")}
    return asdict(line) | {k: v for k, v in computed.items() if isinstance(v, (str, float))}


if __name__ == "__main__":
    sys.exit(main())
