"""Nodes: what works on them as on arrays, with NumPy's own values, and what is refused by name."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError, graph
from chainrule.graph import Node, backward, grad, variable
from chainrule.graph.formula import FUNCTIONS as OF_FORMULAS
from chainrule.graph.operations.composed import COMPOSED as SPELLED_OUT
from chainrule.graph.operations.definition import OPERATIONS

A = np.array([[1.5, -2.0, 0.5], [2.5, 1.0, -0.25]])
B = np.array([[0.5, 2.0, -1.5], [1.25, -3.0, 2.0]])
U = np.array([0.5, -1.0, 2.0])
T = np.linspace(-1, 2, 24).reshape(2, 3, 4)
MASK = A > 0.6


def same(f, *arrays):
    """f of nodes has f's value of arrays: number for number, shape and dtype."""
    expected = f(*arrays)
    found = f(*map(variable, arrays))
    assert isinstance(found, Node)
    assert found.shape == np.shape(expected)
    assert found.dtype == np.asarray(expected).dtype
    assert_array_equal(found.value, expected)
    assert_array_equal(np.asarray(f(*arrays)), expected)


# ---- what a node is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (3, "f8"), (True, "f8"), (2.5, "f8"), ([1, 2], "f8"), (np.float32(2), "f4"),
        (np.ones((2, 3), np.float32), "f4"), (np.ones(2, np.uint8), "f8"), (np.float64(1), "f8"),
        (((1, 2), (3, 4)), "f8"), (np.array([True, False]), "f8"), (np.zeros((0, 3)), "f8"),
    ],
)  # fmt: skip
def test_variables_hold_floats(value, dtype):
    x = variable(value, "x")
    assert x.dtype == dtype
    assert x.name == "x"
    assert x.operation is None
    assert x.args == ()
    assert (x.shape, x.ndim, x.size) == (np.shape(value), np.ndim(value), np.size(value))
    assert_array_equal(x.value, value)


def test_a_variable_is_a_copy():
    given = np.ones(3)
    x = variable(given)
    given[:] = 7
    assert_array_equal(x.value, 1)


def test_a_node_remembers_what_it_was_computed_from():
    a, b = variable(5, "a"), variable(3, "b")
    z = np.sum(a * b, axis=())
    assert z.operation.name == "sum"
    assert z.options == {"axis": ()}
    (product,) = z.args
    assert product.operation.name == "multiply"
    assert product.args[0] is a
    assert product.args[1] is b
    assert repr(3 * (a + b)) == "Node(3 * (a + b) = 24)"


def test_nodes_are_keys_by_identity():
    a, b = variable(1.0), variable(1.0)
    assert {a: "a", b: "b"}[b] == "b"
    assert a in [b, a]


def test_length_and_iteration():
    rows = list(variable(A))
    assert len(variable(A)) == len(rows) == 2
    assert_array_equal(rows[1].value, A[1])
    x, y, z = variable(U)
    assert (float(x.value), float(y.value), float(z.value)) == tuple(U)
    with pytest.raises(TypeError, match="len"):
        len(variable(1.0))
    with pytest.raises(TypeError, match="iterated"):
        list(variable(1.0))


def test_a_node_prints_as_its_number():
    x = variable(2.5, "x")
    assert f"{x * 2:.2f}" == "5.00"
    assert f"{x * 2}" == str(x * 2) == "Node(x * 2 = 5)"


def test_truth_is_that_of_the_value():
    assert variable(2.0)
    assert not variable(0.0)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(variable(A))


# ---- operators ----------------------------------------------------------------------------------

BINARY = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
}
COMPARE = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
}
OTHERS = {
    "int": 2,
    "float": 0.5,
    "float64": np.float64(1.5),
    "int64": np.int64(3),
    "float32": np.float32(0.5),
    "0-d": np.array(2.5),
    "list": [1, 2, 3],
    "nested list": [[1], [2]],
    "tuple": (1.0, 2.0, 3.0),
    "ints": np.array([1, 2, 3]),
    "array": np.abs(B),
    "bools": np.array([True, False, True]) | True,
}
P = np.abs(A)


@pytest.mark.parametrize("sign", BINARY)
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("value", [P, np.float64(1.75)], ids=["array", "number"])
def test_operators_with_constants_on_either_side(sign, kind, value):
    f, c = BINARY[sign], OTHERS[kind]
    plain = np.asarray(c)
    for g, h in ((lambda x: f(x, c), lambda x: f(x, plain)),
                 (lambda x: f(c, x), lambda x: f(plain, x))):  # fmt: skip
        x = variable(value)
        assert isinstance(g(x), Node)
        assert_array_equal(g(x).value, h(value))
        weight = np.arange(1, g(x).size + 1).reshape(g(x).shape)
        step = 1e-6
        slope = np.sum(weight * (h(value + step) - h(value - step))) / (2 * step)
        assert_allclose(np.sum(backward(g(x), weight)[x]), slope, rtol=1e-6)


@pytest.mark.parametrize("sign", BINARY)
def test_operators_between_nodes(sign):
    same(BINARY[sign], P, np.abs(B))
    same(BINARY[sign], P, np.abs(U))
    same(BINARY[sign], np.float64(2.0), P)


@pytest.mark.parametrize("sign", COMPARE)
def test_comparisons_are_plain(sign):
    f = COMPARE[sign]
    for found, expected in [
        (f(variable(A), variable(B)), f(A, B)),
        (f(variable(A), 0.5), f(A, 0.5)),
        (f(0.5, variable(A)), f(0.5, A)),
        (f(np.float64(0.5), variable(A)), f(np.float64(0.5), A)),
        (f(B, variable(A)), f(B, A)),
        (f(variable(U), [0, -1, 5]), f(U, [0, -1, 5])),
    ]:
        assert type(found) is np.ndarray
        assert_array_equal(found, expected)
    assert type(f(variable(1.0), 2)) is np.bool


def test_signs_and_absolute_value():
    for f in (lambda x: -x, lambda x: +x, abs):
        same(f, A)
        same(f, np.float64(-2.0))


@pytest.mark.parametrize(
    ("x", "y"), [(A, B.T), (A, U), (np.ones(2), A), (U, U), (T, np.ones((4, 2))), (A, T)]
)
def test_the_matrix_product_on_either_side(x, y):
    same(lambda x, y: x @ y, x, y)
    for left, right in [
        (variable(x), y), (x, variable(y)), (variable(x), y.tolist()), (x.tolist(), variable(y)),
    ]:  # fmt: skip
        found = left @ right
        assert_array_equal(found.value, x @ y)
        assert backward(found, np.ones(found.shape))[found.args[isinstance(right, Node)]].size


def test_a_python_sum_of_nodes():
    nodes = [variable(k) for k in (1.0, 2.0, 4.0)]
    assert sum(nodes).value == 7
    assert max(nodes) is nodes[2]
    assert np.sum(nodes).value == 7
    assert_array_equal([backward(np.sum(nodes))[n] for n in nodes], 1)


def test_plus_equals_changes_numbers_and_no_arrays():
    cost = before = variable(2.0)
    cost += 1
    assert (cost.value, before.value) == (3, 2)
    x = variable(A)
    with pytest.raises(InputError, match="in-place write"):
        x += 1
    total = 0
    total += x  # a new node, for the number is not in it
    assert_array_equal(total.value, A)


def test_a_variable_keeps_its_value():
    x = variable(A)
    with pytest.raises(ValueError, match="read-only"):
        x.value[...] = 0


# ---- NumPy's functions --------------------------------------------------------------------------

FUNCTIONS = {
    "sum": lambda x: np.sum(x),
    "sum of axes by place": lambda x: np.sum(x, (0, 1)),
    "sum a=": lambda x: np.sum(a=x, axis=1),
    "sum with defaults": lambda x: np.sum(x, 0, None, None, True),
    "sum dtype=None": lambda x: np.sum(x, dtype=None, out=None),
    "add.reduce": lambda x: np.add.reduce(x),
    "add.reduce axis": lambda x: np.add.reduce(x, -1, keepdims=True),
    "add.reduce all": lambda x: np.add.reduce(x, axis=None),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1),
    "mean": lambda x: np.mean(x, axis=(0, 2), keepdims=True),
    "mean dtype=None": lambda x: np.mean(x, 1, None),
    "max": lambda x: np.max(x, 1, keepdims=True),
    "max by place": lambda x: np.max(x, 1, None, True),
    "amax": lambda x: np.amax(x, axis=-1),
    "min": lambda x: np.min(x, axis=(0, -1)),
    "amin": lambda x: np.amin(x),
    "reshape": lambda x: np.reshape(x, -1),
    "reshape order": lambda x: np.reshape(x, (2, -1), order="C"),
    "reshape shape=": lambda x: np.reshape(x, shape=(4, 6)),
    "method reshape": lambda x: x.reshape(2, -1),
    "method reshape tuple": lambda x: x.reshape((4, 3, 2)),
    "method reshape -1": lambda x: x.reshape(-1),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "transpose": lambda x: np.transpose(x, (2, 0, 1)),
    "transpose axes=": lambda x: np.transpose(a=x, axes=[-1, 0, 1]),
    "method transpose": lambda x: x.transpose(1, 0, 2),
    "method transpose tuple": lambda x: x.transpose((1, 0, 2)),
    "method transpose none": lambda x: x.transpose(),
    "permute_dims": lambda x: np.permute_dims(x, (1, 2, 0)),
    "matrix_transpose": lambda x: np.matrix_transpose(x),
    "squeeze": lambda x: np.squeeze(x[:1], axis=0),
    "expand_dims": lambda x: np.expand_dims(a=x, axis=(0, -1)),
    "broadcast_to": lambda x: np.broadcast_to(x, shape=(5, 2, 3, 4)),
    "concatenate": lambda x: np.concatenate((x, x), -1),
    "concatenate of a node": lambda x: np.concatenate(x, axis=1),
    "concatenate with arrays": lambda x: np.concatenate([x, T], axis=1),
    "concatenate with lists": lambda x: np.concatenate([x[0, 0], [1, 2]]),
    "stack": lambda x: np.stack([x, T], axis=-1),
    "stack arrays=": lambda x: np.stack(arrays=[x, x], axis=1),
    "stack of rows": lambda x: np.stack(list(x[0])),
    "norm": lambda x: np.linalg.norm(x, axis=0, keepdims=True),
    "norm x=": lambda x: np.linalg.norm(x=x, axis=-1),
    "norm by place": lambda x: np.linalg.norm(x, None, 1, True),
    "norm of one axis": lambda x: np.linalg.norm(x, 2, axis=np.int64(0)),
    "norm of all": lambda x: np.linalg.norm(x),
    "clip": lambda x: np.clip(x, -0.5, 1),
    "clip min max": lambda x: np.clip(x, min=-0.5, max=1),
    "clip max": lambda x: np.clip(x, max=1),
    "clip a_min": lambda x: np.clip(x, a_min=0, a_max=None),
    "clip out=None": lambda x: np.clip(x, 0, 1, None),
    "clip to lists": lambda x: np.clip(x, [0, 0, 0, 0], None),
    "method clip": lambda x: x.clip(0, 1),
    "where": lambda x: np.where(x > 0.5, x, 0),
    "where list": lambda x: np.where([True, False, True, False], x, [1, 2, 3, 4]),
    "maximum": lambda x: np.maximum(0, x),
    "maximum of lists": lambda x: np.maximum(x, [0, 1, 0, 1]),
    "minimum": lambda x: np.minimum(x, x[::-1]),
    "logaddexp": lambda x: np.logaddexp(0, x),
    "true_divide": lambda x: np.true_divide(1, x + 3),
    "pow": lambda x: np.pow(x, 2),
    "square root of squares": lambda x: np.sqrt(x**2),
    "dot of a number": lambda x: np.dot(x[0], 3),
    "dot of numbers": lambda x: np.dot(x[0, 0, 0], x[1, 1, 1]),
    "number dot": lambda x: np.dot(2.0, x[0]),
    "dot": lambda x: np.dot(x[0], x[1].T),
    "dot a= b=": lambda x: np.dot(a=x[0], b=U @ x[1]),
    "method dot": lambda x: x[0].dot(x[1].T),
    "index None": lambda x: x[..., None],
    "index ellipsis": lambda x: x[..., 1, :],
    "index mask": lambda x: x[x > 0],
    "index list": lambda x: x[[0, 0, 1]],
    "index pair": lambda x: x[[0, 1], [2, -1]],
    "index nothing": lambda x: x[()],
    "index far": lambda x: x[-1, ::-2, None, 1:3],
    "astype": lambda x: x.astype(np.float32),
    "method sum": lambda x: x.sum(axis=0),
    "method mean": lambda x: x.mean(axis=1, keepdims=True),
    "method max": lambda x: x.max(),
    "method min": lambda x: x.min(axis=(0, 1)),
    "method squeeze": lambda x: x[:1].squeeze(),
    "method copy": lambda x: x.copy(),
    "softplus": lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0),
    "sigmoid Z=": lambda x: graph.sigmoid(Z=x),
    "losses by name": lambda x: graph.binary_cross_entropy(Z=x, Y=np.ones((3, 4))),
    "squared error": lambda x: graph.squared_error(x, np.ones((3, 4))),
    "absolute error": lambda x: graph.absolute_error(x, 0.5),
    "huber": lambda x: graph.huber(x, 0.5),
}
COMPOSED = {
    "outer of matrices": lambda x: np.outer(x[0], x[1]),
    "kron": lambda x: np.kron(x, [[1.0, 2.0]]),
    "kron of tables": lambda x: np.kron(x[0, :, :2], x[1, 1:, 2:]),
    "kron of unequal": lambda x: np.kron(x[0, 0], x[:, :1]),
    "trace": lambda x: np.trace(x),
    "trace offset": lambda x: np.trace(x, 1, axis1=-1, axis2=0),
    "method trace": lambda x: x.trace(),
    "einsum": lambda x: np.einsum("ijk,ljk->il", x, T),
    "einsum of numbers": lambda x: np.einsum(x, [0, 1, 2], T, [0, ..., 2], [1, ..., 2]),
    "einsum of numbers alone": lambda x: np.einsum(x, (0, 1, 2), [2, 2, 1, 3], [3]),
    "diff": lambda x: np.diff(x),
    "diff n": lambda x: np.diff(x, 2, axis=1),
    "diff of nothing": lambda x: np.diff(x, 3, axis=0),
    "diff with ends": lambda x: np.diff(x, axis=0, prepend=1.0, append=x[:1]),
    "select": lambda x: np.select([x > 1, x > 0], [x * x, 3.0], default=-x),
    "append": lambda x: np.append(x, 2.0),
    "append axis": lambda x: np.append(x, x[:1], axis=0),
    "dstack": lambda x: np.dstack([x[0], x[1]]),
    "column_stack": lambda x: np.column_stack([x[0, 0], x[0].T]),
    "split": lambda x: np.concatenate(np.split(x, 2, axis=2)[::-1]),
    "array_split": lambda x: np.array_split(x, [1, 2], -1)[1],
    "hsplit": lambda x: np.hsplit(x, 3)[2],
    "vsplit": lambda x: np.vsplit(x, 2)[1],
    "dsplit": lambda x: np.dsplit(x, [1])[1],
    "unstack": lambda x: np.unstack(x, axis=1)[2],
    "real": lambda x: np.real(x),
    "conj": lambda x: np.conj(x),
    "slogdet": lambda x: np.linalg.slogdet(x[:, :, :3] + 3 * np.eye(3))[1],
    "method prod": lambda x: x[0].prod(axis=1),
    "method cumsum": lambda x: x.cumsum(0),
    "method repeat": lambda x: x.repeat(2, 1),
    "multiply.reduce": lambda x: np.multiply.reduce(x),
    "sum where": lambda x: np.sum(x, where=T > 0, initial=2.0),
    "sum where list": lambda x: np.sum(x, axis=-1, where=[True, False, True, True]),
    "add.reduce initial": lambda x: np.add.reduce(x, initial=3.0),
    "max initial": lambda x: np.max(x, axis=0, initial=0.3, where=T[0] < 1),
    "mean float32": lambda x: np.mean(x, dtype=np.float32),
    "cumprod": lambda x: np.cumprod(x, axis=-1, dtype=float),
    "mod": lambda x: x % 0.7,
    "rmod": lambda x: 9 % (x + 3.4),
    "pad": lambda x: np.pad(x, ((0, 0), (1, 0), (0, 2)), constant_values=2.0),
    "pad edge": lambda x: np.pad(x, 1, "edge"),
    "flips": lambda x: np.flipud(np.fliplr(np.flip(x, 2))),
    "take": lambda x: np.take(x, [1, 0], axis=1),
    "lists of arrays of nodes": lambda x: x[0] * [x[1, 0], x[1, 1], x[1, 2]],
    "tuples in tuples": lambda x: np.maximum(((x[0, 0, 0], 1.0), (0.2, x[1, 1, 1])), x[0, :2, :2]),
    "matmul of lists": lambda x: x[0] @ [[x[0, 0, 0]], [1.0], [2.0], [3.0]],
    "ravel": lambda x: np.ravel(x),
    "method ravel": lambda x: x.ravel(),
    "method flatten": lambda x: x.flatten(),
    "copy": lambda x: np.copy(x),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "moveaxis of several": lambda x: np.moveaxis(x, (0, 1), [-1, 0]),
    "moveaxis source=": lambda x: np.moveaxis(x, source=-1, destination=0),
    "swapaxes": lambda x: np.swapaxes(x, 0, -1),
    "method swapaxes": lambda x: x.swapaxes(1, 2),
    "outer": lambda x: np.outer(x, U),
    "outer list": lambda x: np.outer([1, 2], x),
    "inner": lambda x: np.inner(x[0, 0], [1, 2, 3, 4]),
    "vdot": lambda x: np.vdot(x[0, 0], x[1, 1]),
    "vstack": lambda x: np.vstack([x[0, 0], x[0], np.ones(4)]),
    "vstack tup=": lambda x: np.vstack(tup=[x, x]),
    "vstack of a node": lambda x: np.vstack(x),
    "hstack": lambda x: np.hstack([x, T[:, :1]]),
    "hstack of vectors": lambda x: np.hstack([x[0, 0], 3.0, x[0, 0, 0]]),
}
VARIANCES = {
    "var": lambda x: np.var(x),
    "var a=": lambda x: np.var(a=x, axis=1),
    "var of axes": lambda x: np.var(x, axis=(0, -1), keepdims=True),
    "var ddof": lambda x: np.var(x, axis=1, ddof=1),
    "var with defaults": lambda x: np.var(x, 0, None),
    "var by place": lambda x: np.var(x, 0, None, None, 1, True),
    "method var": lambda x: x.var(axis=0),
    "std": lambda x: np.std(x, 1),
    "std keepdims": lambda x: np.std(x, axis=0, keepdims=True, ddof=1),
    "method std": lambda x: x.std(),
}


@pytest.mark.parametrize("f", [*FUNCTIONS.values(), *COMPOSED.values()],
                         ids=[*FUNCTIONS, *COMPOSED])  # fmt: skip
def test_functions_of_nodes_have_numpys_values(f):
    same(f, T)


@pytest.mark.parametrize("f", VARIANCES.values(), ids=VARIANCES)
def test_variances_of_nodes_have_numpys_values(f):
    found, expected = f(variable(T)), f(T)
    assert found.shape == np.shape(expected)
    assert_allclose(found.value, expected, rtol=1e-14)


@pytest.mark.parametrize("f", [*FUNCTIONS.values(), *COMPOSED.values(), *VARIANCES.values()],
                         ids=[*FUNCTIONS, *COMPOSED, *VARIANCES])  # fmt: skip
def test_functions_of_nodes_have_the_slope_of_their_values(f):
    """Along one direction, by central differences; float32 sees fewer digits."""
    x = variable(T)
    z = f(x)
    rng = np.random.default_rng(4)
    weight, v, step = rng.uniform(0.5, 1.5, z.shape), rng.uniform(-1, 1, T.shape), 1e-6
    if z.dtype == np.float32:
        step = 1e-2
    slope = np.sum(weight * (np.asarray(f(T + step * v), float) - f(T - step * v))) / (2 * step)
    found = np.sum(v * backward(z, weight)[x])
    assert_allclose(found, slope, rtol=1e-5 if step == 1e-2 else 1e-7, atol=1e-8)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,)])
def test_arrays_of_nothing(shape):
    x = variable(np.zeros(shape))
    J = np.sum(np.exp(x) * 2) + np.sum(np.sum(x, axis=0)) + np.sum(np.concatenate([x, x]))
    assert J.value == 0
    assert backward(J)[x].shape == shape


@pytest.mark.parametrize(
    "f",
    [
        np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.argmax, np.all, np.any,
        np.isfinite, np.sign, np.argsort, np.nonzero, lambda x: np.allclose(x, A),
        lambda x: np.array_equal(A, x), lambda x: np.argmin(x, axis=1), lambda x: x.argmax(axis=0),
        lambda x: x.any(), lambda x: np.full_like(x, 3.0), lambda x: np.isclose(x, [1, 2, 3]),
        lambda x: np.logical_and(x > 0, x), lambda x: np.greater(x, [0, 1, 2]),
    ],
)  # fmt: skip
def test_functions_that_only_look_give_plain_results(f):
    found, expected = f(variable(A)), f(A)
    assert type(found) is type(expected)
    assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: 2 * x - 1, lambda x: 1 / x, lambda x: x**2, lambda x: 2**x, lambda x: x**-0.5,
        lambda x: np.exp(-x) + np.log(x), np.mean, np.max, np.std, np.log2, np.log10,
        lambda x: np.maximum(x, 0), lambda x: np.maximum(x, x[::-1]), lambda x: np.clip(x, 0, 2.5),
        lambda x: np.where(x > 1, x, 0), np.linalg.norm, lambda x: x @ x, lambda x: x[[0, 0]],
        graph.sigmoid, graph.relu, graph.leaky_relu, lambda x: graph.softmax(x[:, None]),
        lambda x: graph.binary_cross_entropy(x[:, None], np.float32([[1], [0], [0]])),
        lambda x: np.concatenate([x, x]), lambda x: x.reshape(3, 1), np.square, np.abs,
    ],
)  # fmt: skip
def test_float32_stays_float32(f):
    x = variable(np.float32([1, 2, 3]))
    z = f(x)
    assert z.dtype == np.float32
    assert backward(z, np.ones(z.shape, np.float32))[x].dtype == np.float32
    x32 = np.float32([1, 2, 3])
    assert grad(lambda x: np.sum(f(x)))(x32).dtype == np.float32
    assert grad(lambda x: np.sum(grad(lambda y: np.sum(f(y)))(x) * x32))(x32).dtype == np.float32


def test_a_gradient_has_the_dtype_of_what_it_belongs_to():
    x, y = variable(np.ones(3, np.float32)), variable(np.ones(3))
    J = np.sum(np.concatenate([x * y, x, y]) * np.arange(9.0))
    d = backward(J)
    assert J.dtype == np.float64
    assert d[x].dtype == np.float32
    assert d[y].dtype == np.float64
    assert_array_equal(d[x], [3, 5, 7])


def test_the_courses_squeezed_box_keeps_the_graph():
    """cost = np.squeeze(np.array(cost)), and what is added to it afterwards."""
    for shape in [(), (1, 1)]:
        w = variable(A)
        cost = np.squeeze(np.array(np.sum(w**2).reshape(shape)))
        assert cost.shape == ()
        (total,) = (cost + 0.5 * np.sum(w),)
        assert_allclose(backward(total)[w], 2 * A + 0.5)
        assert_allclose(backward(np.sum(w) + cost)[w], 2 * A + 1)
        assert_allclose(backward(np.multiply(cost, 3.0 * np.sum(w) / np.sum(w)))[w], 6 * A)


OF_LISTS = {
    "exp": lambda x: np.sum(np.exp([x, x * x])),
    "sin of a tuple": lambda x: np.sum(np.sin((x, x * x))),
    "log of an array": lambda x: np.sum(np.log(np.array([x, x * x]))),
    "sqrt of nested": lambda x: np.sum(np.sqrt(np.array([[x, x * x], [x + 1, x]]))),
    "arctan2": lambda x: np.sum(np.arctan2([x, 2 * x], [x * x, x])),
    "maximum": lambda x: np.sum(np.maximum([x, x * x], [1.0, 2.0])),
    "sum": lambda x: np.sum([x, x * x]),
    "prod": lambda x: np.prod((x, x * x)),
    "max": lambda x: np.max([x, x * x]),
    "dot": lambda x: np.dot([x, x * x], [x, 1.0]),
    "sort": lambda x: np.sort([x * x, x])[0],
    "cumsum": lambda x: np.cumsum([x, x, x])[2],
    "of small arrays": lambda x: np.sum(np.array([np.stack([x, x]), [1.0, x]]) ** 2),
    "whole array": lambda x: np.sum(np.asarray(np.stack([x, x * x])) * np.array([1.0, 2.0])),
    "plain numbers left": lambda x: x * np.sum(np.min(np.array([[x, 9], [1.0, 2.0]]), axis=0)),
    "det": lambda x: np.linalg.det(np.stack([np.stack([x, 1.0]), np.stack([2.0, x])])),
}


@pytest.mark.parametrize("f", OF_LISTS.values(), ids=OF_LISTS)
def test_lists_and_arrays_of_nodes_in_functions(f):
    slope = (f(2.0 + 1e-6) - f(2.0 - 1e-6)) / 2e-6
    assert_allclose(grad(f)(2.0), slope, rtol=1e-8)


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: np.linalg.det(np.array([[x, 1.0], [2.0, x]])), "det"),
        (lambda x: np.linalg.solve(np.array([[x, 1.0], [2.0, x]]), [1, 2]), "solve"),
        (lambda x: np.exp(np.array([x, 1.0])), "exp"),
        (lambda x: np.arctan2(np.array([1.0, x]), 2.0), "arctan2"),
        (lambda x: np.logaddexp([x, x], 1.0), "logaddexp"),
        (lambda x: np.isfinite([x]), "isfinite"),
        (lambda x: np.spacing([x]), "spacing"),
    ],
)
def test_what_numpy_cannot_do_with_arrays_of_nodes_is_refused_by_name(f, name):
    for differentiate in (grad(f), lambda x: graph.trace(f, x)):
        with pytest.raises(InputError, match=rf"got {name}\d? of an array of nodes.*np\.stack"):
            differentiate(2.0)


def test_a_bug_in_a_function_is_not_hidden():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        grad(lambda x: x.nothing)(2.0)
    with pytest.raises(TypeError, match="unsupported operand"):
        grad(lambda x: x * len(None + 1))(2.0)


def test_lists_and_arrays_of_nodes_are_arrays_of_their_numbers():
    a, b, x = variable(2.0), variable(3.0), variable([1.0, 10.0])
    for pair in ([a, b], np.array([a, b])):
        for J in (np.sum(x * pair), np.sum(pair * x), x @ pair, np.sum(np.maximum(x, pair) * 1)):
            assert backward(J)[a].shape == ()
        d = backward(np.sum(x * pair))
        assert_array_equal(d[x], [2, 3])
        assert (d[a], d[b]) == (1, 10)
    assert_array_equal(np.concatenate([[a, b], x]).value, [2, 3, 1, 10])


# ---- what is refused ----------------------------------------------------------------------------


def written():
    x = variable(A)
    x[0] = 1


def added_in_place():
    total = np.zeros((2, 3))
    total += variable(A)


def filled():
    total = np.zeros((2, 3))
    total[0] = variable(U)


def formatted():
    return "cost %f" % variable(2.0)  # noqa: UP031 (as people write it)


X = variable(A, "X")
S = variable(2.0, "s")
REFUSED = {
    "a write": (written, "in-place"),
    "+= on an array": (added_in_place, "np.add"),
    "a write into an array": (filled, "np.array"),
    "out=": (lambda: np.exp(X, out=np.zeros((2, 3))), "np.exp"),
    "out= of a function": (lambda: np.sum(X, axis=0, out=np.zeros(3)), "np.sum"),
    "out by place": (lambda: np.dot(X, X.T, np.zeros((2, 2))), "np.dot"),
    "copyto": (lambda: np.copyto(np.zeros((2, 3)), X), "np.copyto"),
    "add.at": (lambda: np.add.at(X, 0, 1), "np.add.at"),
    "unknown": (lambda: np.median(X), "np.median"),
    "unknown of elements": (lambda: np.copysign(X, 1), "np.copysign"),
    "unknown in a module": (lambda: np.linalg.svd(X), "np.linalg.svd"),
    "add.outer": (lambda: np.add.outer(X, X), "np.add.outer"),
    "logaddexp.reduce": (lambda: np.logaddexp.reduce(X), "np.logaddexp.reduce"),
    "accumulate": (lambda: np.add.accumulate(X), "np.add.accumulate"),
    "floor": (lambda: np.floor(X), "np.floor"),
    "round": (lambda: np.round(X, 2), "np.round"),
    "//": (lambda: X // 2, "np.floor_divide"),
    "round()": (lambda: round(S, 2), "round"),
    "math.floor": (lambda: math.floor(S), "round"),
    "method round": (lambda: X.round(), "np.round"),
    "divmod": (lambda: divmod(S, 2), "np.divmod"),
    "divmod on the right": (lambda: divmod(2, S), "np.divmod"),
    "floor of a list": (lambda: np.floor([S, S]), "round"),
    "the mean of a list": (lambda: np.mean([S, S]), "np.stack"),
    "the deviation of a list": (lambda: np.std([S, S]), "np.stack"),
    "several arrays": (lambda: np.atleast_1d(X, S), "np.atleast_1d"),
    "a padding with means": (lambda: np.pad(X, 1, mode="mean"), "np.pad"),
    "float": (lambda: float(S), "float()"),
    "int": (lambda: int(S), "float()"),
    "complex": (lambda: complex(S), "float()"),
    "item": (lambda: S.item(), "node.value"),
    "math": (lambda: math.exp(S), "math"),
    "format": (formatted, "float()"),
    "range": (lambda: range(S), "float()"),
    "asarray of many": (lambda: np.asarray(variable(np.zeros(20_000))), "np.asarray"),
    "asarray of floats": (lambda: np.asarray(S, float), "np.asarray"),
    "float64": (lambda: np.float64(S), "np.array"),
    "where= of elements": (lambda: np.exp(X, where=A > 0), "np.exp"),
    "dtype=": (lambda: np.mean(X, dtype=int), "dtype"),
    "dtype by place": (lambda: np.sum(X, 0, complex), "np.sum"),
    "dtype of elements": (lambda: np.add(X, 1, dtype=np.float32), "np.add"),
    "initial=": (lambda: np.max(X, initial=S), "initial"),
    "initial= in a list": (lambda: np.max(X, initial=[S]), "initial"),
    "order=": (lambda: np.reshape(X, -1, order="F"), "order"),
    "order of ravel": (lambda: np.ravel(X, order="F"), "np.ravel"),
    "casting=": (lambda: np.concatenate([X, X], casting="no"), "casting"),
    "mean= of var": (lambda: np.var(X, mean=0.0), "np.var"),
    "a bound": (lambda: np.clip(X, S, 3), "np.clip"),
    "an axis": (lambda: np.sum(X, axis=S), "axis"),
    "ord=1": (lambda: np.linalg.norm(X, 1), "norm"),
    "ord=2 of a matrix": (lambda: np.linalg.norm(X, 2), "norm"),
    "ord=inf": (lambda: np.linalg.norm(X[0], np.inf), "norm"),
    "condition": (lambda: np.where(X, 1, 2), "where"),
    "condition alone": (lambda: np.where(X), "where"),
    "labels": (lambda: graph.binary_cross_entropy(X, X), "binary_cross_entropy"),
    "labels alone": (lambda: graph.softmax_cross_entropy(A, X), "softmax_cross_entropy"),
    "whole numbers": (lambda: X.astype(int), "astype"),
    "a complex number": (lambda: X * 1j, "multiply"),
    "complex on the left": (lambda: 1j + S, "add"),
    "None": (lambda: X + None, "add"),
    "text": (lambda: X * "a", "multiply"),
    "text on the left": (lambda: np.array(["a", "b", "c"]) * X, "multiply"),
    "a ragged list": (lambda: X * [[1], [1, 2]], "multiply"),
    "objects": (lambda: X + np.array([object()] * 3), "add"),
    "a string to concatenate": (lambda: np.concatenate([X[0], ["a"]]), "concatenate"),
}  # fmt: skip


@pytest.mark.parametrize(("refused", "named"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_differentiable_is_refused_by_name(refused, named):
    with pytest.raises(InputError) as caught:
        refused()
    message = str(caught.value)
    assert named in message
    assert "got got" not in message
    assert "0. 0." not in message  # the contents of arrays


def test_a_number_written_into_an_array_is_refused():
    total = np.zeros(3)
    with pytest.raises(ValueError, match="array element") as caught:
        total[0] = S
    assert isinstance(caught.value.__cause__, InputError)  # NumPy's words, and ours as the cause
    assert_array_equal(total, 0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.moveaxis(x, 5, 0), lambda x: np.swapaxes(x, 5, 0), lambda x: np.sum(x, 2),
        lambda x: np.transpose(x, (0, 0)), lambda x: np.concatenate([x, x], axis=2),
        lambda x: np.moveaxis(x, (0, 1), (0, 0)), lambda x: np.squeeze(x, 0),
        lambda x: np.reshape(x, (4, 4)), lambda x: x @ x, lambda x: x[7], lambda x: x[0].mT,
        lambda x: np.matmul(x, 2), lambda x: np.stack([x, x[0]]), lambda x: np.sum(x, 0, axis=1),
        lambda x: np.moveaxis(x, 0),
    ],
)  # fmt: skip
def test_what_numpy_refuses_is_refused_alike(f):
    with pytest.raises((ValueError, IndexError, TypeError)) as plain:
        f(A)
    with pytest.raises((ValueError, IndexError, TypeError)) as caught:
        f(variable(A))
    assert isinstance(caught.value, type(plain.value))


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ("3", "'3'"), (None, "None"), (2j, "2j"), ([[1], [1, 2]], "different lengths"),
        (np.array(["a"]), "an array of shape (1,)"), (object, "object"), ([1, None], "None"),
        (np.ones(2, complex), "complex128"), ({"a": 1}, "'a'"), (X, "a node"), ([S, S], "Node"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_no_variable(value, got):
    with pytest.raises(InputError, match=r"^variable: ") as caught:
        variable(value)
    assert got in str(caught.value)


def test_the_document_names_what_is_known():
    page = (Path(__file__).parents[2] / "docs/graph.md").read_text(encoding="utf-8")
    known = {f.__name__ for f in (*OPERATIONS, *SPELLED_OUT) if f.__module__.startswith("numpy")}
    words = set(re.findall(r"\w+", page))
    assert not (known | OF_FORMULAS.keys()) - words - {"amax", "amin"}
    listed = set(" ".join(re.findall(r"^> (.*)", page, re.MULTILINE)).split())
    assert not listed - known - OF_FORMULAS.keys()
