"""HIPS autograd's own tests with chainrule in autograd's place: how many pass, which do not.

    git clone https://github.com/HIPS/autograd
    python tools/autograd_suite.py autograd/tests [further arguments for pytest]

`autograd.numpy` is NumPy itself here, `grad` and `value_and_grad` are chainrule's, and what the
tests take of autograd besides is made of these two below. `check_grads` compares first and second
derivatives with central differences, as autograd's does, of everything but complex numbers; its
forward mode is left out. A test is counted if it computes a derivative. Not counted are those that

- are in EXCLUDED, by file, or need complex numbers, which COMPLEX finds in their source;
- use what only autograd has (`primitive`, `deriv`, `make_jvp`, `flatten`, `isinstance`, ...): any
  name of autograd's that is not defined below;
- need a module or a NumPy function that is not installed.

Of a test that mixes real and complex arguments the real ones count.
"""

import inspect
import itertools
import operator
import re
import sys
import types
from collections import Counter
from functools import wraps
from pathlib import Path

import numpy as np
import pytest

from chainrule.graph import grad, trees, value_and_grad

EXCLUDED = {
    "test_scipy.py": "SciPy",
    "test_fft.py": "complex numbers",
    "test_complex.py": "complex numbers",
    "test_vspaces.py": "what only autograd has",
}
COMPLEX = r"\d\.?j\b|iscomplex|_complex\(|np\.(imag|angle)\b|holomorphic|clongdouble"
STEP, TOLERANCE = 1e-6, 1e-6  # autograd's own
computed = []  # one entry for every derivative of the test that runs


def not_counted(name):
    """Stands for a name that only autograd has; a test that uses it is not counted."""

    class Missing(types.ModuleType):
        def __call__(self, *args, **options):
            pytest.skip(f"only autograd has {self.__name__}")

        def __getattr__(self, part):
            if part.startswith("__"):
                raise AttributeError(part)
            return not_counted(f"{self.__name__}.{part}")

    return Missing(name)


# ---- derivatives -------------------------------------------------------------------------------


def counted(differentiate):
    def of(f, argnum=0):
        derivative = differentiate(f, argnum)

        @wraps(derivative)
        def run(*args, **options):
            computed.append(f)
            return derivative(*args, **options)

        return run

    return of


ag_grad, ag_value_and_grad = counted(grad), counted(value_and_grad)


def leaves(tree):
    """The arrays in lists, tuples and dictionaries."""
    return list(trees.leaves(tree).values())


def weighted(weights, tree):
    return sum((np.sum(w * x) for w, x in zip(weights, leaves(tree), strict=True)), 0.0)


def like(tree):
    return [np.random.randn(*np.shape(x)) for x in leaves(tree)]  # noqa: NPY002 (they seed it)


def moved(tree, directions, step):
    rest = iter(directions)
    return trees.mapped(lambda leaf, path: leaf + step * next(rest), tree)


def check(f, args, order):
    """f's gradient along a direction, of outputs with random weights; then the gradient's own."""
    if any(map(np.iscomplexobj, leaves([args, f(*args)]))):
        pytest.skip("complex numbers")
    places, weights = tuple(range(len(args))), like(f(*args))

    def cost(*args):
        return weighted(weights, f(*args))

    def slopes(args, weights):
        return ag_grad(lambda *args: weighted(weights, f(*args)), places)(*args)

    directions = like(args)
    exact = weighted(directions, slopes(args, weights))
    ends = [cost(*moved(args, directions, step)) for step in (STEP / 2, -STEP / 2)]
    found = (ends[0] - ends[1]) / STEP
    near = abs(found - exact) < TOLERANCE or abs(found - exact) / abs(found + exact) < TOLERANCE
    assert near, f"differences {found}, derivative {exact}"
    if order > 1:
        check(slopes, (args, weights), order - 1)


def check_grads(f, argnum=0, modes=None, order=2):
    def run(*args, **options):
        places = (argnum,) if isinstance(argnum, int) else tuple(argnum)

        def of(*chosen):
            every = list(args)
            for place, x in zip(places, chosen, strict=True):
                every[place] = x
            return f(*every, **options)

        check(of, tuple(args[place] for place in places), order)

    return run


def combo_check(f, argnums=(0,), **options):
    def run(*several, **choices):
        for args in itertools.product(*several):
            for values in itertools.product(*choices.values()):
                if not any(map(np.iscomplexobj, leaves(args))):
                    named = dict(zip(choices, values, strict=True))
                    check_grads(f, argnums, **options)(*args, **named)

    return run


def check_equivalent(x, y):
    for one, other in zip(leaves(x), leaves(y), strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def jacobian(f, argnum=0):
    def of(*args):
        shape = np.shape(f(*args))
        rows = [
            ag_grad(lambda *args, k=k: np.ravel(f(*args))[k], argnum)(*args)
            for k in range(int(np.prod(shape)))
        ]
        return np.reshape(np.stack(rows), shape + np.shape(args[argnum]))

    return of


def elementwise_grad(f, argnum=0):
    return ag_grad(lambda *args: np.sum(f(*args)), argnum)


def hessian_tensor_product(f):
    return lambda a, v: ag_grad(lambda a: np.sum(ag_grad(f)(a) * v))(a)


def tensor_jacobian_product(f):
    return lambda a, v: jacobian(lambda a: np.tensordot(v, f(a), np.ndim(v)))(a)


def make_vjp(f, x):
    return lambda g: ag_grad(lambda x: np.sum(g * f(x)))(x), f(x)


def unary_to_nary(of_one):
    def of_many(f, argnum=0):
        def run(*args):
            return of_one(lambda x: f(*args[:argnum], x, *args[argnum + 1 :]), args[argnum])

        return run

    return of_many


NAMES = {
    "autograd": {
        "grad": ag_grad,
        "value_and_grad": ag_value_and_grad,
        "hessian": lambda f: jacobian(jacobian(f)),
        "make_hvp": lambda f: lambda a: (lambda v: hessian_tensor_product(f)(a, v), None),
        **{f.__name__: f for f in (jacobian, elementwise_grad, hessian_tensor_product,
                                   tensor_jacobian_product, dict, list, tuple)},
    },
    "autograd.numpy": vars(np),
    "autograd.numpy.random": vars(np.random),
    "autograd.test_util": {
        "scalar_close": np.isclose,
        **{f.__name__: f for f in (check_grads, combo_check, check_equivalent)},
    },
    "autograd.core": {"make_vjp": make_vjp},
    "autograd.wrap_util": {"unary_to_nary": unary_to_nary},
}  # fmt: skip


def take_autograds_place():
    """Modules of autograd's names, with what is defined here and nothing else."""
    inner = "builtins core extend misc numpy numpy.random test_util tracer util wrap_util"
    for name in ("autograd", *(f"autograd.{module}" for module in inner.split())):
        module = sys.modules[name] = not_counted(name)
        names = NAMES.get(name, {})
        vars(module).update({k: v for k, v in names.items() if not k.startswith("__")})
        module.__path__ = []
        package, _, last = name.rpartition(".")
        if package:
            vars(sys.modules[package])[last] = module
    sys.modules["autograd.numpy"].__version__ = np.__version__


# ---- counting ----------------------------------------------------------------------------------


class Count:
    """A pytest plugin: what became of every test."""

    def __init__(self):
        self.passed, self.failed, self.left_out = [], {}, Counter()

    def pytest_runtest_setup(self, item):
        computed.clear()
        if re.search(COMPLEX, inspect.getsource(item.function)) or "complex" in item.name:
            pytest.skip("complex numbers")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        name = item.nodeid.rpartition("/")[2]
        if report.skipped:
            self.left_out[re.sub(r".*Skipped: |'\)?$", "", str(report.longrepr[2]))] += 1
        elif report.failed and computed:
            self.failed[name] = str(call.excinfo.value).split("\n")[0][:110]
        elif report.when == "call" and computed:
            self.passed.append(name)
        elif report.when == "call":
            self.left_out["computes no derivative"] += 1
        return report


def main(folder, *options):
    take_autograds_place()
    sys.path.insert(0, folder)
    for file, reason in EXCLUDED.items():
        print(f"{file} is left out: {reason}")
    ignored = [f"--ignore={Path(folder, file)}" for file in EXCLUDED]
    count = Count()
    pytest.main(
        [folder, "-q", "--tb=no", "--no-header", "-p", "no:cacheprovider", "-W", "ignore",
         "-c", "/dev/null", "--rootdir", folder, *ignored, *options], [count],
    )  # fmt: skip
    total = len(count.passed) + len(count.failed)
    print("\nNot counted:")
    for reason, n in sorted(count.left_out.items(), key=operator.itemgetter(1), reverse=True):
        print(f"  {n:>3}  {reason}")
    print("\nFailed:")
    for name, error in count.failed.items():
        print(f"  {name}: {error}")
    print(f"\n{len(count.passed)} of {total} passed ({len(count.passed) / total:.1%})")


if __name__ == "__main__":
    main(*sys.argv[1:])
