"""The tables."""

from statistics import median

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import (
    blocks,
    busy,
    cluster,
    commands,
    defaults,
    device,
    estimators,
    many,
    startup,
    threads,
)
from benchmarks.measure import Line, Result, Settings
from benchmarks.peers import PEERS
from benchmarks.problems import described
from benchmarks.startup import Timing

MB = 1e6
WIDTH = 150  # where output is no terminal
COLUMNS = ("peer", "dtype", "seconds", "median", "× chainrule", "threads")


def console() -> Console:
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH)


def facts_table(facts: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(name, value)
    return table


def legend(settings: Settings) -> str:
    """What the columns mean, with the settings of this run."""
    lines = [
        f"seconds: best of {settings.repeat} at the better number of threads; median: of the same.",
        "× chainrule: how many times as long as chainrule at the same float type, best by best.",
        "final cost: nats per training example, computed after the clock from the final weights.",
        "test: rightly classified test pictures. threads: at which the peer was fastest.",
        "peak MB: highest memory during training, above what was resident just before it, with",
        "imports done and X in memory (1 MB = 1,000,000 bytes).",
    ]
    if settings.quick:
        lines.insert(0, "QUICK RUN: fewer iterations, one repeat, one thread. Not for quoting.")
    return "\n".join(lines)


def result_table(result: Result, settings: Settings) -> Table:
    measured = [line for line in result.lines if line.runs]
    table = Table(
        title=_title(result, measured, settings),
        title_justify="left",
        box=SIMPLE_HEAD,
        expand=False,
    )
    for name in (*COLUMNS, "final cost", "test", "peak MB", "remark"):
        numeric = name not in ("peer", "dtype", "remark")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=name != "remark")
    for line in result.lines:
        table.add_row(*_cells(result, line))
    return table


def _title(result: Result, measured: list[Line], settings: Settings) -> str:
    e = result.experiment
    parts = [f"{e.title}: {e.steps}, learning rate {e.learning_rate:g}"]
    if measured:
        run = measured[0].best
        shape = "-".join(map(str, (run.n_x, *e.hidden, run.n_y)))
        parts[0] = f"{e.title} [{e.name}]: {shape}, {run.m:,} examples, " + (
            f"{e.steps}, learning rate {e.learning_rate:g}"
        )
    if settings.quick:
        parts.append("QUICK: shortened, not for quoting")
    if remark := described(e.data, settings.sources):
        parts.append(f"Data: {remark}")
    # Square brackets would be read as markup.
    return "\n".join(parts).replace("[", "\\[")


def _cells(result: Result, line: Line) -> list[str]:
    peer = PEERS[line.entry.peer]
    if not line.runs:
        return [peer.label, line.entry.dtype, *["–"] * 7, line.failure]
    best, ratio = line.best, result.times_chainrule(line)
    return [
        peer.label,
        line.entry.dtype,
        f"{best.seconds:.3f}",
        f"{line.median_seconds:.3f}",
        "–" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}",
        str(line.threads),
        f"{best.cost:.9f}" if line.entry.dtype == "float64" else f"{best.cost:.6f}",
        "–" if best.accuracy is None else f"{100 * best.accuracy:.1f} %",
        "–" if line.peak_bytes is None else f"{line.peak_bytes / MB:.1f}",
        _remark(line),
    ]


def _remark(line: Line) -> str:
    """The first layer's form; from pixels also what the peak consists of."""
    run = line.best
    if not PEERS[line.entry.peer].pixels:
        return run.note
    if line.peak_bytes is None or not run.note.startswith("dual"):
        return f"{run.note}; pixels {run.data_bytes / MB:.1f} MB"
    gram = run.m**2 * (8 if line.entry.dtype == "float64" else 4)
    rest = line.peak_bytes - gram
    return (
        f"{run.note}; pixels {run.data_bytes / MB:.1f} + Gram {gram / MB:.1f} + {rest / MB:.1f} MB"
    )


def _empty(
    title: str, texts: tuple[str, ...], numbers: tuple[str, ...], *, stand_in: bool, quick: bool
) -> Table:
    """A table with these columns and no rows. stand_in, quick : what its title has to say."""
    if stand_in:
        title += " (random stand-in for the course's files)"
    if quick:
        title += "\nQUICK: shortened, not for quoting"
    # Square brackets would be read as markup.
    table = Table(title=title.replace("[", "\\["), title_justify="left", box=SIMPLE_HEAD)
    for name in texts:
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def startup_table(timings: list[Timing], stand_in: bool, quick: bool) -> Table:
    reference = next((t for t in timings if t.what == startup.REFERENCE), None)
    beside = (f"× {startup.REFERENCE}",) if reference else ()
    numbers = ("best seconds", "median", "tries", *beside)
    table = _empty("Start-up", ("what",), numbers, stand_in=stand_in, quick=quick)
    table.add_column("remark")
    for timing in timings:
        numbers = (min(timing.seconds), median(timing.seconds)) if timing.seconds else ()
        shown = [f"{number:.4f}" for number in numbers] or ["–", "–"]
        ratio = timing.ratio(reference) if reference else None
        remark = f"failed: {timing.failure}" if timing.failure else ""
        if ratio and timing.asked and not timing.failure:
            remark = f"asked {timing.asked:g}" + (": MISSED" if ratio > timing.asked else "")
        beside = ["–" if ratio is None else f"{ratio:.2f}"] if reference else []
        tries = str(len(timing.seconds))
        table.add_row(timing.what, *shown, tries, *beside, remark.replace("[", "\\["))
    return table


def gradients_table(timings: list[Timing], stand_in: bool) -> Table:
    """Like the start-up's, with its own title."""
    table = startup_table(timings, stand_in, quick=False)
    table.title = str(table.title).replace(
        "Start-up", "One value and gradient of the 4-layer network, 12288-20-7-5-1, 209 examples"
    )
    return table


def many_table(
    timings: list[many.Timing],
    settings: Settings,
    stand_in: bool,
    title: str = "Many trainings at once [many]",
) -> Table:
    """A line for each experiment of many trainings, with the ratio that it is to reach."""
    table = _empty(
        title,
        ("what", "beside"),
        ("seconds", "the other's", "ratio", "asked"),
        stand_in=stand_in,
        quick=settings.quick,
    )
    table.add_column("remark")
    for t in timings:
        asked = f"at most {t.asked:.0f}" if t.at_most else f"at least {t.asked:.0f}"
        remark = f"failed: {t.failure}" if t.failure else t.remark
        remark += "" if t.reached or settings.quick else "; MISSED"
        numbers = (f"{t.ours:.3f}", f"{t.peer:.3f}", f"{t.ratio:.1f}", asked)
        table.add_row(t.what, t.peer_name, *numbers, remark)
    return table


def blocks_table(lines: list[blocks.Line], shape: tuple[int, int], settings: Settings) -> Table:
    """A line for each work on the file."""
    shape = blocks.QUICK if settings.quick else shape
    return _of_a_file(lines, shape, settings, "MB beside K", blocks.NAME)


def commands_table(lines: list[blocks.Line], settings: Settings) -> Table:
    """A line for each command."""
    shape = commands.QUICK if settings.quick else commands.SHAPE
    return _of_a_file(lines, shape, settings, "MB", commands.NAME)


def _of_a_file(
    lines: list[blocks.Line], shape: tuple[int, int], settings: Settings, memory: str, name: str
) -> Table:
    table = _empty(
        f"{shape[0]:,} examples x {shape[1]:,} features of a byte in their file [{name}]",
        ("what",),
        ("s of the processor", "s", memory, "readings"),
        stand_in=False,
        quick=settings.quick,
    )
    for line in lines:
        megabytes = line.memory and line.memory / MB
        numbers = (line.cpu, ",.2f"), (line.wall, ",.2f"), (megabytes, ",.0f"), (line.reads, ".3f")
        table.add_row(line.what, *("" if x is None else f"{x:{how}}" for x, how in numbers))
    return table


def cluster_table(timings: list[cluster.Timing], settings: Settings) -> Table:
    """A line for each work and number of workers."""
    table = _empty(
        f"N Dask workers beside one process of N threads, asked {cluster.LIMIT:g} [cluster]",
        ("what",),
        ("N", "s in one process", "s workers", "ratio", "s of the processor", "workers", "ratio"),
        stand_in=False,
        quick=settings.quick,
    )
    for one in timings:
        numbers = (*one.wall, one.ratio, *one.cpu, one.cpu[1] / one.cpu[0])
        table.add_row(one.what, str(one.workers), *(f"{number:.2f}" for number in numbers))
    return table


def threads_table(gains: list[threads.Gain], settings: Settings) -> Table:
    """A line for each size of a step, in their order."""
    table = _empty(
        "A step of a training with one BLAS thread and with all [threads]",
        ("what",),
        ("MFLOP of its product", "ms with one", "ms with all", "gain"),
        stand_in=False,
        quick=settings.quick,
    )
    for gain in sorted(gains, key=lambda one: one.operations):
        numbers = (gain.operations / 1e6, 1e3 * gain.one, 1e3 * gain.all, gain.ratio)
        table.add_row(gain.what, *(f"{number:.2f}" for number in numbers))
    return table


def device_table(timings: list[device.Timing], settings: Settings) -> Table:
    """A line for each training, with NumPy and on the device."""
    name = timings[0].device if timings else "none, PyTorch or array-api-compat is not installed"
    name += ", no GPU here" if name == "torch:cpu" else ""
    table = _empty(
        f"Stacked runs in float64 on a device: {name} [device]",
        ("what",),
        ("iterations", "s NumPy", "s device", "gain", "GFLOP/s", "of one large product"),
        stand_in=False,
        quick=settings.quick,
    )
    for timing in timings:
        numbers = (timing.numpy, timing.there, timing.ratio, timing.speed)
        share = f"{timing.speed / timing.peak:.0%}"
        cells = (f"{number:.2f}" for number in numbers)
        table.add_row(timing.what, str(timing.iterations), *cells, share)
    return table


def busy_table(timings: list[busy.Timing], settings: Settings) -> Table:
    """A line for each work, alone and beside two busy processes."""
    table = _empty(
        "Beside two busy processes [busy]",
        ("what",),
        ("alone", "slowest", "beside them", "slowest", "ratio", "asked"),
        stand_in=settings.sources.course is None,
        quick=settings.quick,
    )
    table.add_column("remark")
    for timing in timings:
        of_tries = (timing.alone, timing.beside)
        seconds = [f"{number(tries):.2f}" for tries in of_tries for number in (median, max)]
        remark = timing.failure or ("" if timing.reached else "MISSED")
        table.add_row(timing.what, *seconds, f"{timing.ratio:.2f}", f"≤ {busy.ASKED:g}", remark)
    return table


def estimators_table(comparisons: list[estimators.Comparison], settings: Settings) -> Table:
    """A line for each case, scikit-learn's numbers beside ours."""
    title = "MLPClassifier [estimators]: chainrule's beside scikit-learn's\n"
    title += f"seconds and threads: of the fastest fit; peak MB: the least of {settings.repeat}"
    numbers = ("seconds", "sklearn's", "x as fast", "at least", "threads", "peak MB", "sklearn's")
    numbers += ("iterations", "loss")
    table = _empty(title, ("data, solver",), numbers, stand_in=False, quick=settings.quick)
    table.columns[0].no_wrap = True
    table.add_column("remark")
    for comparison in comparisons:
        table.add_row(*_compared(comparison))
    return table


def _compared(comparison: estimators.Comparison) -> list[str]:
    if comparison.failure:
        return [comparison.name, *["–"] * 9, comparison.failure.replace("[", "\\[")]
    theirs, ours = (comparison.best(peer) for peer in estimators.PEERS)
    threads = (str(comparison.threads(peer)) for peer in reversed(estimators.PEERS))
    their_peak, our_peak = (comparison.peak(peer) for peer in estimators.PEERS)
    floor, missed = comparison.case.floor, comparison.shortfall
    return [
        comparison.name,
        f"{ours.seconds:.4f}",
        f"{theirs.seconds:.4f}",
        f"{comparison.ratio:.2f}",
        "–" if floor is None else f"{floor:.2f}",
        ", ".join(threads),
        *("–" if peak is None else f"{peak / MB:.1f}" for peak in (our_peak, their_peak)),
        f"{ours.n_iter}",
        f"{ours.loss:.6f}",
        f"{ours.form}; MISSED: {missed}" if missed else ours.form,
    ]


def defaults_table(lines: list[defaults.Line], settings: Settings) -> Table:
    table = Table(
        title="Without options: a chosen setting on held-out examples \\[defaults]",
        caption="better: seeds in which it is better than the commonest class. lead: over a sweep "
        f"of 30 settings, on {defaults.SWEPT} seeds, in points. Processor seconds, of one core.\n"
        "× training: choosing and training beside training alone. command: chainrule train DATA,\n"
        "from start to end; × given: beside the same with the chosen setting given; "
        "worst: of one seed.",
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        expand=False,
    )
    heads = ("accuracy", "commonest", "lead", "choosing", "training", "× training")
    table.add_column("data")
    for name in ("better", *heads, "command", "× given", "worst"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in lines:
        shares = [f"{100 * share:.1f} %" for share in (one.accuracy, one.of_commonest)]
        lead = "–" if one.lead != one.lead else f"{one.lead:+.1f}"
        whole = [f"{one.command:.2f} s", f"{one.command / one.given:.2f}", f"{one.worst:.2f}"]
        seconds = [f"{one.choosing:.2f} s", f"{one.training:.2f} s", f"{one.ratio:.1f}"]
        table.add_row(one.what, f"{one.better} of {one.seeds}", *shares, lead, *seconds, *whole)
    return table
