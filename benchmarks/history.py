"""What earlier runs took, in ratios to a peer or a yardstick of the same run: `history.jsonl`.

    python -m benchmarks --only logistic four-layer builtin graph startup --json RUN.json
    python -m benchmarks.history append RUN.json
    python -m benchmarks.history compare RUN.json [BEFORE.json ...]

A line is one run: date, commit, machine, load, packages, ratios (more is slower). It is
compared with the last lines of the same machine, or with the runs BEFORE. Slower is what lies above
all of these by more than a tenth, or by more than they lie apart: exit status 1.
"""

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import PACKAGES
from benchmarks.startup import REFERENCE

FILE = Path(__file__).with_name("history.jsonl")
LAST, NOISE, QUIET = 5, 1.1, 0.5  # lines; times as long; load before a run that is kept
Entry = dict[str, Any]


def ratios(report: Entry) -> dict[str, float]:
    """By "benchmark: what, of whom" how many times as long as its peer chainrule took."""
    found: dict[str, float | None] = {}
    for one in report["experiments"]:
        for peer, times in one["times_chainrule"].items():
            if times and not peer.startswith(("chainrule ", "pixels ")):
                found[f"{one['name']}: of {peer}"] = 1 / times
    for name, yardstick in (("startup", REFERENCE), ("graph", "autograd.value_and_grad")):
        least = {x["what"]: min(x["seconds"]) for x in report[name] if x["seconds"]}
        for what, seconds in least.items():
            if what not in (yardstick, "pass"):
                found[f"{name}: {what}"] = seconds / least[yardstick]
    for x in (*report["many"], *report["nested"]):
        found[f"{x['what']}, of {x['peer_name']}"] = x["ours"] / x["peer"]
    found |= {f"estimators: {x['name']}": 1 / x["ratio"] for x in report["estimators"]}
    found |= {f"{n}: {x['what']}": x.get("ratio") for n in ("busy", "defaults") for x in report[n]}
    return {name: round(ratio, 4) for name, ratio in found.items() if ratio is not None}


def entry(path: str) -> Entry:
    """A run's line, from what --json wrote. Raises SystemExit where it says nothing of speed."""
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    for failure in ["made with --quick"] * report["settings"]["quick"] + report["failures"]:
        raise SystemExit(f"{path}: {failure}; measure again")
    facts, threads = report["machine"], " and ".join(map(str, report["settings"]["threads"]))
    git = ["git", "-C", str(FILE.parent), "describe", "--always", "--dirty"]
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": subprocess.run(git, capture_output=True, text=True).stdout.strip(),
        "machine": f"{facts['processor']}, Python {facts['Python']}, {threads} threads",
        "load": facts["load before"],
        "packages": {name: facts[name] for name in PACKAGES},
        "ratios": ratios(report),
    }


def slower(now: Entry, before: list[Entry]) -> list[str]:
    """What lies beyond the noise of the last runs, in words."""
    found = []
    for name, ratio in now["ratios"].items():
        known = [one["ratios"][name] for one in before if name in one["ratios"]][-LAST:]
        if known and ratio > max(known) * max(NOISE, max(known) / min(known)):
            found.append(f"SLOWER {name}: {ratio:.3g}, before {min(known):.3g} to {max(known):.3g}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history")
    parser.add_argument("do", choices=("append", "compare"))
    parser.add_argument("run", metavar="RUN.json")
    parser.add_argument("before", nargs="*", metavar="BEFORE.json")
    options = parser.parse_args()
    now = entry(options.run)
    if options.do == "append":
        if not float(now["load"].split()[0]) <= QUIET:
            raise SystemExit(f"{options.run}: load {now['load']}; measure on a quiet machine")
        with FILE.open("a", encoding="utf-8") as file:
            file.write(json.dumps(now, ensure_ascii=False) + "\n")
        return 0
    kept = map(json.loads, FILE.read_text("utf-8").splitlines() if FILE.exists() else ())
    before = [entry(path) for path in options.before]
    before = before or [one for one in kept if one["machine"] == now["machine"]]
    found = slower(now, before)
    known = now["ratios"].keys() & {name for one in before for name in one["ratios"]}
    print(f"{len(found)} slower of {len(known)} ratios that are known", *found, sep="\n")
    if before and before[-1]["packages"] != now["packages"]:
        print(f"before with {before[-1]['packages']}, now with {now['packages']}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
