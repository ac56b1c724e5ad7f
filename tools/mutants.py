"""How many small mistakes in the numerical core its tests notice: a mutation score.

    python -m tools.mutants                            # all mutants of all parts
    python -m tools.mutants graph --sample 200 --seed 1

A mutant is the source with one change: an operator for its counterpart, a bound that includes its
end or no longer does, a number that is one more, True for False, a condition turned round, a
statement left out; and the same inside the graph's rules, which are texts. Words of errors and
`strict=` are left as they are. It is killed if a test that enters the function fails or takes five
times as long. Score: killed of all tried, with Wilson's 95 % interval where they are a sample.
`# pragma: no mutate: reason` at a line's end says that no test can tell.

Own, since mutmut 3 leaves out code of modules and decorated functions, where most rules stand,
cosmic-ray starts an interpreter for each of some 4,800 mutants, mutatest ended with Python 3.8, and
none looks into rules that are texts. Here a process that has everything else imported is forked.
It needs os.fork, so Linux or macOS.
"""

import argparse
import ast
import importlib
import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.machinery import SourceFileLoader
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

import coverage
import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "src/chainrule"
FLOOR = 0.9
WARM = ("hypothesis", "PIL.Image", "threadpoolctl", "scipy.sparse", "array_api_strict", "autograd")
PARTS = {  # what is changed, and the tests that have to notice
    "network": (["network/*.py"], ["tests/network"]),
    "objective": (
        ["training/objective*.py"],
        [f"tests/training/test_{name}.py" for name in ("objective", "runs", "train", "lbfgs")],
    ),
    "graph": (
        ["graph/operations/*.py", "graph/functions.py"],
        [
            "tests/graph/operations",
            "tests/graph/test_functions.py",
            "tests/tracing/test_functions.py",
            "tests/graph/test_node.py",
            "tests/graph/test_backward.py",
        ],
    ),
}
COUNTERPART = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.Pow: ("**", "*"), ast.MatMult: ("@", "*"), ast.FloorDiv: ("//", "/"), ast.Mod: ("%", "*"),
    ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.And: ("and", "or"), ast.Or: ("or", "and"),
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
    ast.Not: ("not", ""), ast.USub: ("-", ""), ast.Invert: ("~", ""),
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of a file: the bytes from start to end become `new`."""

    path: Path
    start: int
    end: int
    new: bytes

    def source(self) -> bytes:
        text = self.path.read_bytes()
        return text[: self.start] + self.new + text[self.end :]

    def __str__(self) -> str:
        row = self.path.read_bytes()[: self.start].count(b"\n")
        before, after = (
            text.decode().splitlines()[row].strip()
            for text in (self.path.read_bytes(), self.source())
        )
        return f"{self.path.relative_to(ROOT)}:{row + 1}\n  - {before}\n  + {after}"


def changes(text: bytes, tree: ast.AST) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, new) of every mutant of a parsed text."""
    rows = [0]
    for row in text.splitlines(keepends=True):
        rows.append(rows[-1] + len(row))

    def start(node: ast.AST) -> int:
        return rows[node.lineno - 1] + node.col_offset

    def end(node: ast.AST) -> int:
        return rows[node.end_lineno - 1] + node.end_col_offset

    def swapped(operator: ast.AST, low: int, high: int) -> Iterator[tuple[int, int, bytes]]:
        if type(operator) in COUNTERPART:
            old, new = (word.encode() for word in COUNTERPART[type(operator)])
            at = text.index(old, low, high)
            yield at, at + len(old), new

    skipped = set()
    for node in ast.walk(tree):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.keyword) and node.arg == "strict":
            parts.append(node.value)  # of zip: no arguments of a public function reach it
        skipped |= {id(inner) for part in parts if part for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        match node:
            case ast.BinOp(left, operator, right) | ast.AugAssign(left, operator, right):
                yield from swapped(operator, end(left), start(right))
            case ast.UnaryOp(operator, operand):
                yield from swapped(operator, start(node), start(operand))
            case ast.BoolOp(operator, values):
                for left, right in pairwise(values):
                    yield from swapped(operator, end(left), start(right))
            case ast.Compare(first, operators, others):
                for (left, right), operator in zip(
                    pairwise((first, *others)), operators, strict=True
                ):
                    yield from swapped(operator, end(left), start(right))
            case ast.Constant(bool(value)):
                yield start(node), end(node), str(not value).encode()
            case ast.Constant(int(value) | float(value)):
                yield start(node), end(node), str(value + 1).encode()
            case ast.Call(ast.Name("define" | "_choice"), [_, _, *rules]):
                for rule in rules:
                    if isinstance(rule, ast.Constant) and isinstance(rule.value, str):
                        at, inner = start(rule) + 1, ast.parse(rule.value, mode="eval")
                        for a, b, new in changes(rule.value.encode(), inner):
                            yield at + a, at + b, new
        match node:
            case ast.If(test) | ast.IfExp(test) | ast.While(test):
                yield start(test), end(test), b"not (" + text[start(test) : end(test)] + b")"
            case ast.Raise() | ast.AugAssign() | ast.Expr(ast.Call()):
                yield start(node), end(node), b"pass"
            case ast.Assign([ast.Attribute() | ast.Subscript()]):
                yield start(node), end(node), b"pass"


def mutants(patterns: list[str]) -> list[Mutant]:
    """All of the files that match."""
    found = []
    for path in sorted(path for pattern in patterns for path in CORE.glob(pattern)):
        text = path.read_bytes()
        for start, end, new in changes(text, ast.parse(text)):
            stop = text.find(b"\n", end)
            if b"# pragma: no mutate" not in text[text.rfind(b"\n", 0, start) : stop]:
                found.append(Mutant(path, start, end, new))
    return found


def covering(mutant: Mutant, contexts: dict[str, dict[str, list[str]]]) -> set[str] | None:
    """The tests that enter the function that is changed; None, for all, if importing does."""
    tree = ast.parse(mutant.path.read_bytes())
    row = mutant.path.read_bytes()[: mutant.start].count(b"\n") + 1
    inside = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= row <= node.end_lineno
    ]
    if not inside:
        return None
    body = range(inside[-1].body[0].lineno, inside[-1].end_lineno + 1)
    found = {test for row in body for test in contexts[str(mutant.path)].get(str(row), ())}
    return None if "" in found else found


class Watch:
    """Which tests enter which lines, and how long they take."""

    def __init__(self, patterns: list[str], notes: Path) -> None:
        include = [str(CORE / pattern) for pattern in patterns]
        self.coverage = coverage.Coverage(data_file=None, config_file=False, include=include)
        self.notes, self.seconds = notes, dict[str, float]()
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        begin = time.process_time()
        yield
        self.seconds[item.nodeid] = time.process_time() - begin
        self.coverage.switch_context("")

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        contexts = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
        self.notes.write_text(json.dumps([contexts, self.seconds]))


class Only:
    """The tests that are wanted, the shortest first."""

    def __init__(self, seconds: dict[str, float], wanted: set[str]) -> None:
        self.seconds, self.wanted = seconds, wanted

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self.wanted]
        items[:] = sorted(kept, key=lambda item: self.seconds[item.nodeid])


def tested(tests: Iterable[str], plugin: Callable, seconds: float, mutant: Mutant | None) -> int:
    """pytest's exit status in a fork; negative: the signal that ended it."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    signal.alarm(int(30 * seconds))  # of waiting
    sys.path.insert(0, str(ROOT / "src"))
    if mutant is not None:
        plain, code = SourceFileLoader.get_code, compile(mutant.source(), mutant.path, "exec")
        SourceFileLoader.get_code = lambda self, name: (
            code if Path(self.path) == mutant.path else plain(self, name)
        )
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
    options = ["-c", os.devnull, f"--rootdir={ROOT}", "--import-mode=importlib", "-W", "error"]
    options += ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider"]
    os._exit(pytest.main([*options, *tests], plugins=[plugin()]))


def interval(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share k / n (Wilson 1927)."""
    z2 = 1.96**2
    middle, half = (k + z2 / 2) / (n + z2), (k * (n - k) / n + z2 / 4) ** 0.5 * 1.96 / (n + z2)
    return middle - half, middle + half


def score(part: str, sample: int | None, seed: int) -> float:
    """Print the survivors of one part and its score; give the score."""
    patterns, tests = PARTS[part]
    every = mutants(patterns)
    tried = random.Random(seed).sample(every, min(sample or len(every), len(every)))
    with TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        if tested(tests, partial(Watch, patterns, notes), 3600, None):
            raise SystemExit(f"{part}: the tests fail without any change")
        contexts, seconds = json.loads(notes.read_text())
    killed = late = 0
    for mutant in tried:
        wanted = covering(mutant, contexts)
        wanted = set(seconds) if wanted is None else wanted
        files = sorted({test.partition("::")[0] for test in wanted})
        limit = 10 + 5 * sum(seconds[test] for test in wanted)
        only = partial(Only, seconds, wanted)
        status = tested(files, only, limit, mutant) if wanted else 0
        killed, late = killed + (status != 0), late + (status < 0)
        if not status:
            print(f"survived: {mutant}", flush=True)
    low, high = interval(killed, len(tried))
    text = f"{part}: {killed / len(tried):.1%} killed, {killed} ({late} by time) of {len(tried)}"
    if len(tried) < len(every):
        text += f" drawn from {len(every)} with seed {seed}; 95 % interval {low:.1%} to {high:.1%}"
    print(text, flush=True)
    return killed / len(tried)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--sample", type=int, help="so many mutants of each part; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    given = parser.parse_args()
    os.chdir(ROOT)
    for name in WARM:
        importlib.import_module(name)
    scores = [score(part, given.sample, given.seed) for part in given.parts]
    sys.exit(min(scores) < FLOOR)


if __name__ == "__main__":
    main()
