"""Peak memory of this process, from the kernel's own count.

Not tracemalloc: it sees neither BLAS buffers nor what PyTorch allocates. Not ru_maxrss alone: it
never falls, and a child starts with its parent's, so loading data would hide what training takes.
Linux's high-water mark can be set back to the present.
"""

from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_HIGH_WATER = "5"  # proc(5), clear_refs


def reset_peak() -> int | None:
    """Forget the peak so far; bytes resident now, or None where that cannot be done."""
    try:
        RESET.write_text(RESET_HIGH_WATER)
        return _bytes("VmRSS")
    except OSError:
        return None


def peak_above(baseline: int | None) -> int | None:
    """Bytes by which the peak since `reset_peak` exceeds what was resident then."""
    return None if baseline is None else max(0, _bytes("VmHWM") - baseline)


def _bytes(field: str) -> int:
    return 1024 * number(STATUS, field)


def number(path: Path, field: str) -> int:
    """A figure of the kernel's."""
    line = next(x for x in path.read_text().splitlines() if x.startswith(f"{field}:"))
    return int(line.split()[1])
