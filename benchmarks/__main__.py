"""`python -m benchmarks`: measure, print tables, fail if the peers did not do the same work."""

import argparse
import json
import os
import sys
from dataclasses import asdict, replace

from benchmarks import (
    agreement,
    blocks,
    busy,
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


def main() -> int:
    options = _options()
    settings = Settings(
        repeat=1 if options.quick else options.repeat,
        threads=(1,) if options.quick else tuple(options.threads),
        quick=options.quick,
        sources=Sources(options.course_data, options.fashion_data),
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
    timings = []
    if startup.NAME in options.only:
        iterations = QUICK_ITERATIONS if settings.quick else named("four-layer").iterations
        tries = 1 if settings.quick else STARTUP_TRIES
        timings = startup.measure(settings.sources, iterations, tries)
        stand_in = settings.sources.course is None
        console.print(table.startup_table(timings, stand_in, settings.quick))
        failures += [f"{t.what}: {t.failure}" for t in timings if t.failure]
    of_gradients = []
    if gradients.NAME in options.only:
        of_gradients = gradients.measure(settings.sources, 2 if settings.quick else GRADIENT_TRIES)
        console.print(table.gradients_table(of_gradients, settings.sources.course is None))
        failures += [f"{t.what}: {t.failure}" for t in of_gradients if t.failure]
    comparisons = []
    if estimators.NAME in options.only:
        with console.status("") as status:
            comparisons = estimators.measure(settings, status.update)
        console.print(table.estimators_table(comparisons, settings))
        failures += estimators.failures(comparisons)
    of_many = []
    if many.NAME in options.only:
        with console.status("") as status:
            of_many = list(many.measure(settings, status.update))
        console.print(table.many_table(of_many, settings, settings.sources.course is None))
        failures += [f"{t.what}: {t.failure}" for t in of_many if t.failure]
    of_nested = []
    if nested.NAME in options.only:
        with console.status("") as status:
            of_nested = list(nested.measure(settings, status.update))
        title = "Nested cross-validation of a wide table [nested]"
        console.print(table.many_table(of_nested, settings, nested.data()[1], title))
        failures += [f"{t.what}: {t.failure}" for t in of_nested if t.failure]
    of_defaults = []
    if defaults.NAME in options.only:
        with console.status("") as status:
            of_defaults = list(defaults.measure(settings, status.update))
        console.print(table.defaults_table(of_defaults, settings))
    of_blocks = []
    if blocks.NAME in options.only:
        with console.status("") as status:
            shape = tuple(options.blocks_shape)
            of_blocks = list(blocks.measure(settings, shape, status.update))
        console.print(table.blocks_table(of_blocks, shape, settings))
    gains = []
    if threads.NAME in options.only:
        with console.status("") as status:
            gains = list(threads.measure(1 if settings.quick else THREAD_TRIES, status.update))
        console.print(table.threads_table(gains, settings))
    on_device = []
    if device.NAME in options.only:
        with console.status("") as status:
            on_device = list(device.measure(settings, status.update))
        console.print(table.device_table(on_device, settings))
        failures += [f"{t.what}: {t.failure}" for t in on_device if t.failure]
    beside = []
    if busy.NAME in options.only:
        with console.status("") as status:
            beside = list(busy.measure(settings, status.update))
        console.print(table.busy_table(beside, settings))
        failures += [f"{t.what}: {t.failure}" for t in beside if t.failure]
    if options.json:
        of = (
            results,
            timings,
            of_gradients,
            comparisons,
            of_many,
            of_nested,
            of_defaults,
            of_blocks,
            gains,
            on_device,
            beside,
        )
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(_report(facts, settings, *of, failures), file, indent=1)
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    if (results or comparisons) and not failures:
        console.print("All peers agreed within the tolerances of agreement.py and estimators.py.")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    names = [e.name for e in EXPERIMENTS] + [startup.NAME, gradients.NAME, estimators.NAME]
    names += [many.NAME, nested.NAME, defaults.NAME, blocks.NAME, threads.NAME, device.NAME]
    names += [busy.NAME]
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
        default=blocks.SHAPE,
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
    timings: list[startup.Timing],
    of_gradients: list[startup.Timing],
    comparisons: list[estimators.Comparison],
    of_many: list[many.Timing],
    of_nested: list[many.Timing],
    of_defaults: list[defaults.Line],
    of_blocks: list[blocks.Line],
    gains: list[threads.Gain],
    on_device: list[device.Timing],
    beside: list[busy.Timing],
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
        "startup": [asdict(timing) for timing in timings],
        "graph": [asdict(timing) for timing in of_gradients],
        "estimators": [{"name": c.name, **asdict(c)} for c in comparisons],
        "many": [{**asdict(t), "ratio": t.ratio} for t in of_many],
        "nested": [{**asdict(t), "ratio": t.ratio} for t in of_nested],
        "defaults": [{**asdict(line), "ratio": line.ratio} for line in of_defaults],
        "blocks": [asdict(line) for line in of_blocks],
        "threads": [{**asdict(gain), "ratio": gain.ratio} for gain in gains],
        "device": [{**asdict(timing), "ratio": timing.ratio} for timing in on_device],
        "busy": [{**asdict(timing), "ratio": timing.ratio} for timing in beside],
        "failures": failures,
    }


if __name__ == "__main__":
    sys.exit(main())
