"""Whether all peers of an experiment did the same work: their final costs agree.

Full batches in float64 follow one and the same path; what differs is the order of sums. In float32
that rounding is large enough to decide on which side of relu's kink an input falls, and from there
on paths differ. Mini-batches are shuffled by each peer's own generator, so the costs agree only as
two trainings with different seeds do.
"""

from benchmarks.measure import Line, Result
from benchmarks.worker import Run

FLOAT64 = 1e-6  # relative
FLOAT32 = 0.25
SHUFFLED = 0.25
SHUFFLED_ACCURACY = 0.03  # fraction of the test pictures


def tolerance(result: Result, line: Line) -> float:
    """Relative, of the final cost."""
    if result.experiment.epochs is not None:
        return SHUFFLED
    return FLOAT64 if line.entry.dtype == "float64" else FLOAT32


def disagreements(result: Result) -> list[str]:
    """One sentence for each line whose work differs from that of the first one."""
    lines = [line for line in result.lines if line.runs]
    found = []
    for line in lines:
        for run in (run for runs in line.runs.values() for run in runs):
            if differences := _differences(result, line, run, lines[0].best):
                found.append(f"{_name(line)} and {_name(lines[0])}: {differences}")
                break
    return found


def _differences(result: Result, line: Line, run: Run, reference: Run) -> str:
    allowed = tolerance(result, line)
    # Not "abs > allowed": a cost that is not a number disagrees.
    if not abs(run.cost - reference.cost) <= allowed * abs(reference.cost):
        return (
            f"final costs {run.cost:.10g} and {reference.cost:.10g}; expected them to agree within "
            f"{allowed:g} (relative)"
        )
    shuffled = result.experiment.epochs is not None
    if shuffled and abs(run.accuracy - reference.accuracy) > SHUFFLED_ACCURACY:
        return (
            f"test accuracies {run.accuracy:.4f} and {reference.accuracy:.4f}; expected them to "
            f"agree within {SHUFFLED_ACCURACY}"
        )
    return ""


def _name(line: Line) -> str:
    return f"{line.entry.peer} {line.entry.dtype}"
