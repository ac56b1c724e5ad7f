"""Every operation's derivatives against central differences, of every argument, twice.

TABLE holds the cases of each operation; one that is not in it fails a test. Points lie away from
kinks and inside the domains. The first case of an operation has operands of one shape and no
options, as the texts of the rules have them.
"""

from dataclasses import FrozenInstanceError, dataclass, field, replace
from itertools import count
from math import factorial, pi

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import graph
from chainrule.graph import backward, grad, variable
from chainrule.graph.node import record
from chainrule.graph.operations.arrangement import getitem, pad, put
from chainrule.graph.operations.definition import OPERATIONS, Rule, astype, define, traceable
from chainrule.graph.operations.elementwise import AT_LEAST, AT_MOST
from chainrule.graph.operations.linear_algebra import log_of_det
from chainrule.graph.operations.products import einsum

H = 1e-5  # of central differences: error about H**2 + 1e-16 / H, relative to values near 1
SHAPES = [(2, 3), (), (3,), (2, 1, 3), (0, 2)]
PAIRS = [
    ((2, 3), (2, 3)), ((), ()), ((3,), (3,)), ((2, 1), (1, 3)), ((3,), (2, 3)), ((2, 3), ()),
    ((), (4,)), ((2, 1, 3), (4, 1)), ((1,), (1, 1)), ((0, 3), (1, 3)),
]  # fmt: skip
PRODUCTS = [
    ((2, 2), (2, 2)), ((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)),
    ((1, 3), (3, 1)), ((2, 0), (0, 3)), ((1,), (1,)),
]  # fmt: skip
STACKED = [
    ((4, 2, 3), (4, 3, 2)), ((4, 2, 3), (3, 2)), ((2, 3), (4, 3, 2)), ((4, 1, 2, 3), (5, 3, 2)),
    ((3,), (4, 3, 2)), ((4, 2, 3), (3,)), ((1, 2, 3), (4, 3, 2)),
]  # fmt: skip
AXES = [
    {}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": (0, 2)}, {"axis": (-1, 0)}, {"axis": ()},
    {"axis": None, "keepdims": True}, {"axis": -2, "keepdims": True},
    {"axis": (1, -1), "keepdims": True}, {"axis": np.int64(1)},
]  # fmt: skip

_seeds = count()


def between(low, high, shape):
    return np.random.default_rng(next(_seeds)).uniform(low, high, shape)


def positive(*shape):
    return between(0.4, 1.8, shape)


def small(*shape):
    return between(-0.8, 0.8, shape)


def real(*shape):
    """Of both signs, never near 0."""
    return positive(*shape) * np.sign(between(-1, 1, shape))


def with_zeros(*shape):
    """Two zeros in the first row, one in the second."""
    x = real(*shape)
    x[0, :2] = x[1, -1] = 0
    return x


def matrices(*shape):
    """Far from singular."""
    return 3 * np.eye(shape[-1]) + small(*shape)


def definite(*shape):
    x = matrices(*shape)
    return x @ x.mT


def labels(*shape):
    Y = positive(*shape)
    return Y / Y.sum(axis=-2, keepdims=True)


@dataclass
class Case:
    """Arguments and options; constant: places of arguments that are no nodes here."""

    args: tuple
    options: dict = field(default_factory=dict)
    constant: tuple = ()


def of_one(points=real, shapes=SHAPES):
    return [Case((points(*shape),)) for shape in shapes]


def of_two(points=real, other=None, pairs=PAIRS):
    return [Case((points(*s), (other or points)(*t))) for s, t in pairs]


def with_options(x, *several):
    return [Case((x,), options) for options in several]


def reductions(*more, **start):
    """start: what a maximum of some elements begins with."""
    x, where = real(2, 3, 4), np.indices((2, 3, 4)).sum(axis=0) % 3 > 0
    some = [
        {"where": where},
        {"where": where, "axis": 1},
        {"where": where[0], "axis": (0, 2), "keepdims": True},
    ]
    return [
        *of_one(shapes=SHAPES[:4]),
        *with_options(x, *AXES, *(start | options for options in some), *more),
    ]


def running(points, shapes=((2, 3), (2, 3, 4))):
    return [
        Case((points(*shape),), options)
        for shape in shapes
        for options in ({}, {"axis": 0}, {"axis": -1}, {"axis": 1})
    ]


def joined(*several):
    """Of arrays of some shapes, with options."""
    return [Case(tuple(real(*s) for s in shapes), options) for shapes, options in several]


DTYPES = [{"dtype": np.longdouble}, {"dtype": np.float64, "axis": 0}]
INITIAL = [{"initial": 2.0}, {"initial": -0.5, "axis": 1}]
DDOF = [{"ddof": 1}, {"ddof": 1.5, "axis": 1}, {"ddof": 1, "axis": (0, 2), "keepdims": True}]
MASK4 = np.array([[True, False, True, True], [True, True, False, True]])
POWERS = (2, 3, -1, 0.5, 0, 1, -2.5, np.array([1.0, 2.0, -3.0]))
MASK = np.array([[True, False, True], [False, True, True]])
INDICES = [
    0, -1, (1, 2), slice(1, None), (slice(None), slice(None, None, -2)), (..., 1), (..., None),
    (None, 1, ..., None), MASK, (slice(None), np.array([True, False, True])), [0, 0, 1],
    (np.array([0, 1, 1, 1]), np.array([2, 0, 0, 0])), (slice(None), [[0, 1], [1, 1]]),
    np.array([], int), (1, [2, 2]), MASK & False, (), (None, slice(0, 1), [0, 2, 0]), np.int64(1),
]  # fmt: skip

TABLE = {
    np.add: of_two(),
    np.subtract: of_two(),
    np.multiply: of_two(),
    np.divide: of_two(),
    np.power: [
        *of_two(positive, real),
        *(Case((positive(2, 3), y), constant=(1,)) for y in POWERS),
        *(Case((real(2, 3), y), constant=(1,)) for y in (2, 3, -1, 0)),
        *(Case((x, real(2, 3)), constant=(0,)) for x in (2, 0.5, positive(3), positive(2, 1))),
    ],
    np.negative: of_one(),
    np.positive: of_one(),
    np.square: of_one(),
    np.reciprocal: of_one(),
    np.remainder: of_two(real, lambda *shape: real(*shape) + 0.03),
    np.fmod: of_two(real, lambda *shape: real(*shape) + 0.03),
    np.exp: of_one(),
    np.exp2: of_one(),
    np.expm1: of_one(),
    np.log: of_one(positive),
    np.log2: of_one(positive),
    np.log10: of_one(positive),
    np.log1p: of_one(small),
    np.sqrt: of_one(positive),
    np.cbrt: of_one(),
    np.absolute: of_one(),
    np.fabs: of_one(),
    **{f: of_one() for f in (np.degrees, np.rad2deg, np.radians, np.deg2rad)},
    np.sin: of_one(),
    np.cos: of_one(),
    np.tan: of_one(small),
    np.arcsin: of_one(small),
    np.arccos: of_one(small),
    np.arctan: of_one(),
    np.arctan2: of_two(),
    np.hypot: of_two(),
    np.sinc: [*of_one(), *of_one(lambda *shape: small(*shape) / 100), Case((np.zeros((2, 2)),))],
    np.arcsinh: of_one(),
    np.arccosh: of_one(lambda *shape: 1 + positive(*shape)),
    np.arctanh: of_one(small),
    np.sinh: of_one(),
    np.cosh: of_one(),
    np.tanh: of_one(),
    np.logaddexp: of_two(),
    np.logaddexp2: of_two(),
    **{f: of_two() for f in (np.maximum, np.minimum, np.fmax, np.fmin)},
    AT_LEAST.value: [*of_two(), Case((real(2, 3), 0)), Case((real(2, 3), -0.5))],
    AT_MOST.value: [*of_two(), Case((real(2, 3), 0)), Case((real(2, 3), 0.5))],
    np.where: [
        Case((MASK, real(2, 3), real(2, 3))),
        Case((True, real(), real())),
        Case((MASK, real(3), real(2, 1))),
        Case((MASK[0], real(2, 3), real())),
        Case((np.ones((4, 1, 1), bool), real(2, 3), real(1, 3))),
        Case((MASK, real(2, 3), 0.0), constant=(2,)),
        Case((MASK, 1.0, real(3)), constant=(1,)),
    ],
    np.clip: with_options(
        real(2, 3),
        {},
        {"a_min": -0.9, "a_max": 0.9},
        {"a_min": None, "a_max": 0.9},
        {"a_min": -0.9, "a_max": None},
        {"a_min": None, "a_max": None},
        {"min": -0.9},
        {"max": 0.9},
        {"min": -0.9, "max": 0.9},
        {"a_min": np.array([-0.9, -9, 0.9]), "a_max": 9},
        {"a_min": np.full((4, 1, 1), -0.9), "a_max": None},
    ),
    np.nan_to_num: [*of_one(), *with_options(real(2), {"nan": 1.0, "posinf": 2.0, "copy": True})],
    np.matmul: of_two(pairs=PRODUCTS + STACKED),
    np.dot: of_two(
        pairs=[
            *PRODUCTS,
            ((), ()),
            ((), (2, 3)),
            ((3,), ()),
            ((2, 2, 3), (4, 3, 2)),
            ((3,), (4, 3, 2)),
            ((2, 2, 3), (3,)),
            ((2, 2, 3), ()),
        ]
    ),
    np.inner: of_two(
        pairs=[((3,), (3,)), ((2, 3), (4, 3)), ((), ()), ((), (2, 3)), ((2, 2, 3), (3,))]
    ),
    np.tensordot: [
        Case((real(2, 3), real(2, 3))),
        *(
            Case((real(*x), real(*y)), {"axes": axes})
            for x, y, axes in [
                ((3,), (4,), 0),
                ((2, 3), (3, 4), 1),
                ((2, 3, 4), (3, 4, 2), 2),
                ((2,), (2, 3), [0, 0]),
                ((2, 3, 4), (4, 5, 2), ([0, 2], [2, 0])),
                ((2, 3), (3, 4), ([-1], [0])),
                ((), (2,), 0),
            ]
        ),
    ],
    einsum: [
        Case(tuple(real(*shape) for shape in shapes), {"subscripts": subscripts})
        for subscripts, *shapes in [
            ("ij,jk->ik", (2, 3), (3, 4)),
            ("ij->ji", (2, 3)),
            ("ij", (2, 3)),
            ("ji", (2, 3)),
            ("ij->", (2, 3)),
            ("ij->j", (2, 3)),
            ("ii", (3, 3)),
            ("ii->i", (3, 3)),
            ("iij->ij", (2, 2, 3)),
            ("iii->", (2, 2, 2)),
            ("i,i,i", (3,), (3,), (3,)),
            ("i,j->ij", (2,), (3,)),
            ("ij,ij->i", (2, 3), (2, 3)),
            ("k,nk->", (3,), (2, 3)),
            ("...ij,...jk->...ik", (4, 2, 3), (3, 2)),
            ("...,...", (3,), (2, 3)),
            (",", (), ()),
            ("...i->...", (2, 3)),
            ("i...->...", (2, 3, 2)),
            ("j...k,lj...->lk...", (2, 3), (4, 2)),
            ("ijk,lji,lli->lki", (2, 3, 4), (2, 3, 2), (2, 2, 2)),
            ("ij,ij", (2, 3), (1, 3)),
            ("...i,...i", (2, 1, 3), (1, 4, 3)),
            ("i , ij -> j", (2,), (2, 3)),
            ("i,i", (3,), (1,)),
            ("ij,k", (2, 3), (2,)),
            ("aa,ab->b", (2, 2), (2, 3)),
            ("ij->i", (0, 3)),
        ]
    ],
    np.cross: [
        *of_two(pairs=[((2, 3), (2, 3)), ((3,), (3,)), ((3,), (2, 3)), ((4, 1, 3), (2, 3))]),
        Case((real(3, 2), real(3, 2)), {"axis": 0}),
        Case((real(3, 2), real(2, 3)), {"axisa": 0, "axisc": 0}),
        Case((real(2, 3), real(3, 2)), {"axisb": 0, "axisc": -2}),
    ],
    np.linalg.det: of_one(matrices, [(2, 2), (3, 3), (1, 1), (2, 3, 3)]),
    log_of_det: of_one(lambda *s: -matrices(*s), [(2, 2), (3, 3), (1, 1), (2, 3, 3)]),
    np.linalg.inv: of_one(matrices, [(2, 2), (1, 1), (2, 3, 3)]),
    np.linalg.solve: of_two(
        matrices,
        real,
        [
            ((2, 2), (2, 2)),
            ((3, 3), (3, 2)),
            ((3, 3), (3,)),
            ((2, 3, 3), (3, 2)),
            ((3, 3), (2, 3, 1)),
            ((2, 3, 3), (3,)),
        ],
    ),
    np.linalg.cholesky: of_one(definite, [(2, 2), (3, 3), (1, 1), (2, 3, 3)]),
    np.sum: [*reductions(*DTYPES, *INITIAL), Case((real(0, 3),), {"axis": 0})],
    np.mean: [*reductions(*DTYPES), Case((real(0, 3),), {"axis": 1})],
    np.prod: [
        *reductions(*DTYPES, *INITIAL),
        *with_options(with_zeros(2, 4), {}, {"axis": 0}, {"axis": 1}, {"axis": -1, **INITIAL[1]}),
        *with_options(with_zeros(2, 4), {"axis": (0, 1), "keepdims": True}, {"where": MASK4}),
        Case((with_zeros(2, 2, 3),), {"axis": (2, 0)}),
        Case((np.array([0.0, 3.0, 5.0]),), {"where": np.array([True, True, False])}),
    ],
    np.max: reductions({"initial": 0.2}, {"initial": 9.0, "axis": 1}, initial=-9.0),
    np.min: reductions({"initial": 0.2}, {"initial": -9.0, "axis": 1}, initial=9.0),
    np.var: [*reductions(*DTYPES, *DDOF), Case((real(4),), {"ddof": 2})],
    np.std: [
        *of_one(shapes=[(2, 3), (3,), (2, 1, 3)]),
        *with_options(real(2, 3, 4), *AXES[:6], *DDOF, {"where": real(2, 3, 4) > -1, "axis": 2}),
    ],
    np.cumsum: [*running(real), *with_options(real(2, 3), *DTYPES)],
    np.cumprod: [*running(positive), *running(with_zeros, [(2, 3), (2, 4, 2)])],
    np.linalg.norm: [
        Case((real(3, 1),)),
        *(Case((real(*shape),)) for shape in [(), (4,), (1,), (2, 3)]),
        *with_options(
            real(2, 3),
            {"axis": 0},
            {"axis": -1, "keepdims": True},
            {"axis": None, "keepdims": True},
            {"ord": 2, "axis": 1},
            {"ord": "fro"},
            {"axis": (0, 1)},
            {"ord": "fro", "axis": (-1, 0), "keepdims": True},
        ),
        Case((real(4),), {"ord": 2}),
    ],
    np.reshape: [
        Case((real(2, 3),), {"shape": shape}) for shape in [(6,), -1, (-1,), (3, -1), (1, 2, 1, 3)]
    ]
    + [Case((real(),), {"shape": (1, 1)}), Case((real(1, 1),), {"shape": ()})],
    np.transpose: [
        *of_one(),
        *with_options(
            real(2, 3, 4),
            {"axes": None},
            {"axes": (1, 2, 0)},
            {"axes": [2, 0, 1]},
            {"axes": (-1, 0, -2)},
        ),
    ],
    np.squeeze: with_options(
        real(1, 3, 1), {}, {"axis": 0}, {"axis": -1}, {"axis": (0, 2)}, {"axis": None}
    ),
    np.expand_dims: [
        *with_options(real(2, 3), {"axis": 0}, {"axis": -1}, {"axis": (0, -1)}, {"axis": 1}),
        Case((real(),), {"axis": 0}),
    ],
    np.broadcast_to: [
        Case((real(*x),), {"shape": shape})
        for x, shape in [((), (2, 3)), ((3,), (2, 3)), ((2, 1), (4, 2, 3)), ((2, 3), (2, 3))]
    ],
    np.concatenate: joined(
        ([(2, 3), (2, 3)], {}),
        ([(3,), (2,)], {}),
        ([(2, 3), (4, 3), (1, 3)], {"axis": 0}),
        ([(2, 3), (2, 1)], {"axis": 1}),
        ([(2, 1, 3), (2, 4, 3)], {"axis": -2}),
        ([(2, 3), (4,), (1, 1)], {"axis": None}),
        ([(0, 3), (2, 3)], {}),
    ),
    np.stack: joined(
        ([(2, 3), (2, 3)], {}),
        ([(), (), ()], {}),
        ([(2, 3)] * 3, {"axis": 1}),
        ([(2, 3)] * 2, {"axis": -1}),
        ([(2, 3)] * 2, {"axis": -3}),
        ([(2, 3)], {"axis": 2}),
    ),
    np.ravel: of_one(),
    np.repeat: with_options(
        real(2, 3),
        {"repeats": 2},
        {"repeats": 0},
        {"repeats": 2, "axis": 0},
        {"repeats": [1, 0, 3], "axis": 1},
        {"repeats": np.arange(6)},
        {"repeats": 3, "axis": -1},
    ),
    np.tile: [
        *with_options(real(2, 3), {"reps": 2}, {"reps": (2, 1)}, {"reps": (2, 1, 3)}),
        Case((real(),), {"reps": 3}),
    ],
    np.roll: with_options(
        real(2, 3), {"shift": 1}, {"shift": -2, "axis": 1}, {"shift": (1, 2), "axis": (0, 1)}
    ),
    np.flip: [*of_one(), *with_options(real(2, 3, 2), {"axis": 1}, {"axis": (0, -1)})],
    np.flipud: of_one(shapes=[(2, 3), (3,)]),
    np.fliplr: of_one(shapes=[(2, 3), (2, 2, 2)]),
    np.rot90: with_options(real(2, 3, 2), {}, {"k": 2}, {"k": -1, "axes": (2, 0)}),
    np.diag: [
        *with_options(real(3, 3), {}, {"k": 1}, {"k": -2}),
        *with_options(real(3), {}, {"k": -1}),
        Case((real(2, 4),), {"k": 1}),
    ],
    np.diagflat: with_options(real(2, 2), {}, {"k": -1}),
    np.diagonal: with_options(
        real(3, 2, 3), {}, {"offset": 1, "axis1": 0, "axis2": 2}, {"axis1": -1, "axis2": -2}
    ),
    np.tril: with_options(real(2, 3, 3), {}, {"k": 1}, {"k": -1}),
    np.triu: with_options(real(2, 3, 3), {}, {"k": 1}, {"k": -1}),
    np.moveaxis: with_options(
        real(2, 3, 4), {"source": 0, "destination": -1}, {"source": (0, 1), "destination": (2, 0)}
    ),
    np.swapaxes: with_options(real(2, 3, 4), {"axis1": 0, "axis2": -1}, {"axis1": 1, "axis2": 1}),
    np.rollaxis: with_options(real(2, 3, 4), {"axis": 2}, {"axis": 0, "start": 2}),
    np.matrix_transpose: of_one(shapes=[(2, 3), (2, 3, 4)]),
    np.take: with_options(
        real(2, 3),
        {"indices": [0, 5, 0]},
        {"indices": 4},
        {"indices": [[1, 1], [0, 2]], "axis": 1},
        {"indices": [-1, 7], "mode": "wrap"},
    ),
    np.take_along_axis: with_options(
        real(2, 3),
        {"indices": np.array([[0, 0], [2, 1]]), "axis": 1},
        {"indices": np.array([3, 3]), "axis": None},
    ),
    np.delete: with_options(real(2, 3), {"obj": 1}, {"obj": [0, 2], "axis": 1}),
    np.atleast_1d: of_one(),
    np.atleast_2d: of_one(),
    np.atleast_3d: of_one(),
    pad: with_options(
        real(2, 3),
        {"pad_width": 1},
        {"pad_width": ((0, 1), (2, 0)), "constant_values": 3.0},
        *({"pad_width": ((1, 1), (0, 2)), "mode": m} for m in ("edge", "reflect", "symmetric")),
        {"pad_width": 3, "mode": "wrap"},
    ),
    np.sort: with_options(
        real(3, 4),
        {},
        {"axis": 0},
        {"axis": None},
        {"axis": 1, "kind": "mergesort"},
        {"stable": True},
    )
    + of_one(shapes=[(3,), (2, 0), (2, 3, 2)]),
    np.partition: with_options(
        real(3, 5), {"kth": 2}, {"kth": [1, 3]}, {"kth": 1, "axis": 0}, {"kth": 7, "axis": None}
    ),
    getitem: [
        *(Case((real(2, 3),), {"index": index}) for index in INDICES),
        Case((real(),), {"index": ()}),
        Case((real(),), {"index": (None, ..., None)}),
        Case((real(4),), {"index": [3, 3, 3, 0]}),
    ],
    put: [
        Case((np.array(real(2, 3)[index]) + 0.0,), {"index": index, "shape": (2, 3)})
        for index in INDICES
    ],
    astype: [Case((real(*shape),), {"dtype": np.longdouble}) for shape in SHAPES],
    graph.sigmoid: of_one(),
    graph.relu: of_one(),
    graph.leaky_relu: of_one(),
    graph.softmax: of_one(shapes=[(3, 1), (3, 4), (2, 3, 4)]),
    graph.binary_cross_entropy: [
        Case((real(*shape), small(*shape) ** 2)) for shape in [(3, 1), (1, 4), (2, 3, 4)]
    ],
    graph.poisson_deviance: [
        Case((real(*shape), small(*shape) ** 2)) for shape in [(3, 1), (1, 4), (2, 3, 4)]
    ],
    graph.binary_log_loss: [
        Case((np.exp(-1 - small(*shape) ** 2), small(*shape) ** 2))
        for shape in [(3, 1), (1, 4), (2, 3, 4)]
    ],
    graph.log_loss: [
        Case((np.exp(small(*shape)), labels(*shape))) for shape in [(3, 1), (3, 4), (2, 3, 4)]
    ],
    graph.rate_deviance: [
        Case((np.exp(small(*shape)), small(*shape) ** 2)) for shape in [(3, 1), (1, 4), (2, 3, 4)]
    ],
    graph.softmax_cross_entropy: [
        Case((real(*shape), labels(*shape))) for shape in [(3, 1), (3, 4), (2, 3, 4)]
    ],
}
every_operation = pytest.mark.parametrize(
    ("operation", "cases"),
    [pytest.param(OPERATIONS[f], cases, id=OPERATIONS[f].name) for f, cases in TABLE.items()],
)


def places(operation, case):
    """Of the arguments with respect to which it is differentiated."""
    return [
        k for k in range(len(case.args)) if operation.rule(k) is not None and k not in case.constant
    ]


def computed(operation, case, xs):
    """The operation of nodes or arrays xs in their places."""
    args = list(case.args)
    for place, x in zip(places(operation, case), xs, strict=True):
        args[place] = x
    if any(isinstance(x, graph.Node) for x in xs):
        return record(operation, tuple(args), case.options)
    given = [args] if operation.any_number else args
    return np.asarray(operation.value(*given, **case.options))


def inputs(operation, case):
    return [np.array(case.args[k], float) for k in places(operation, case)]


def central_differences(f, xs, k):
    """d f(*xs) / d xs[k] for an f that gives one number, entry by entry."""
    found = np.zeros(xs[k].shape)
    for entry in np.ndindex(xs[k].shape):
        ends = []
        for step in (H, -H):
            moved = [x.copy() for x in xs]
            moved[k][entry] += step
            ends.append(f(*moved))
        found[entry] = (ends[0] - ends[1]) / (2 * H)
    return found


def check_first(operation, case):
    xs = inputs(operation, case)
    weight = np.random.default_rng(1).uniform(0.5, 1.5, computed(operation, case, xs).shape)
    nodes = [variable(x) for x in xs]
    gradients = backward(computed(operation, case, nodes), weight)
    for k, node in enumerate(nodes):
        expected = central_differences(
            lambda *moved: float(np.sum(weight * computed(operation, case, moved))), xs, k
        )
        assert gradients[node].shape == xs[k].shape
        assert_allclose(gradients[node], expected, rtol=1e-6, atol=1e-8, err_msg=str(case))


def check_second(operation, case):
    """H v, of the cost sum(w z^2), against central differences of its gradient along v."""
    xs = inputs(operation, case)
    weight = np.random.default_rng(1).uniform(0.5, 1.5, computed(operation, case, xs).shape)
    vs = [np.random.default_rng(k).uniform(-1, 1, x.shape) for k, x in enumerate(xs)]
    every = tuple(range(len(xs)))

    def cost(*xs):
        z = computed(operation, case, xs)
        return np.sum(weight * z * z)

    def along(*xs):
        return sum(np.sum(v * g) for v, g in zip(vs, grad(cost, every)(*xs), strict=True))

    found = grad(along, every)(*xs)
    ends = [
        grad(cost, every)(*(x + step * v for x, v in zip(xs, vs, strict=True))) for step in (H, -H)
    ]
    for k in every:
        expected = (ends[0][k] - ends[1][k]) / (2 * H)
        assert_allclose(found[k], expected, rtol=1e-6, atol=1e-8, err_msg=str(case))


def unchecked():
    """Names of operations that no case checks."""
    checked = [OPERATIONS[function] for function, cases in TABLE.items() if cases]
    return {operation.name for operation in OPERATIONS.values() if operation not in checked}


def test_operations_are_facts_that_are_told_apart_by_identity():
    operation = OPERATIONS[np.multiply]
    assert replace(operation) != operation
    for fact, name in ((operation, "text"), (operation.rule(0), "text")):
        with pytest.raises(FrozenInstanceError):
            setattr(fact, name, "x")


def test_every_operation_is_in_the_table():
    assert not unchecked()
    assert {OPERATIONS[function] for function in TABLE} == set(OPERATIONS.values())


@every_operation
def test_every_argument_with_a_rule_is_checked(operation, cases):
    checked = {place for case in cases for place in places(operation, case)}
    assert {k for k, rule in enumerate(operation.rules) if rule is not None} <= checked


@every_operation
def test_derivatives_are_those_of_central_differences(operation, cases):
    for case in cases:
        check_first(operation, case)


@every_operation
def test_second_derivatives_are_those_of_central_differences(operation, cases):
    for case in cases:
        check_second(operation, case)


@pytest.mark.parametrize("function", TABLE)
def test_the_function_itself_records_its_operation(function):
    operation = OPERATIONS[function]
    for case in TABLE[function][:2]:
        args = [variable(x) if k in places(operation, case) else x for k, x in enumerate(case.args)]
        plain = list(case.args)
        made, expected = (
            function(*([given] if operation.any_number else given), **case.options)
            for given in (args, plain)
        )
        assert made.operation is operation
        assert_allclose(made.value, expected, rtol=0)
        assert made.shape == np.shape(expected)


# ---- the checker itself -------------------------------------------------------------------------


def wrong(function, place, rule):
    operation = OPERATIONS[function]
    rules = list(operation.rules)
    rules[place] = Rule("wrong", rule)
    return replace(operation, rules=tuple(rules))


WRONG = {
    "the other argument": wrong(np.multiply, 0, lambda g, z, x, y: g * x),
    "the sign": wrong(np.subtract, 1, lambda g, z, x, y: g),
    "a factor": wrong(np.square, 0, lambda g, z, x: g * x),
    "g left out": wrong(np.exp, 0, lambda g, z, x: z),
    "no transpose": wrong(np.matmul, 0, lambda g, z, x, y: g @ y),
    "a millionth": wrong(np.tanh, 0, lambda g, z, x: g * (1.00001 - z * z)),
    "no mean": wrong(np.mean, 0, lambda g, z, x: np.broadcast_to(g, np.shape(x))),
    "the other rows": wrong(np.concatenate, 0, lambda g, z, place, *xs: g[2 - 2 * place :][:2]),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_rule_is_caught(mistake):
    function = next(f for f in TABLE if OPERATIONS[f].name == WRONG[mistake].name)
    case = TABLE[function][0]
    check_first(OPERATIONS[function], case)
    with pytest.raises(AssertionError):
        check_first(WRONG[mistake], case)


def test_broadcasting_that_is_not_undone_is_caught():
    operation, case = OPERATIONS[np.add], TABLE[np.add][4]
    check_first(operation, case)
    with pytest.raises((AssertionError, ValueError)):
        check_first(replace(operation, elementwise=False), case)


@pytest.mark.parametrize(
    ("function", "rule"),
    [
        (np.exp, lambda g, z, x: g * getattr(z, "value", z)),
        (np.multiply, lambda g, z, x, y: getattr(g, "value", g) * y),
        (np.sin, lambda g, z, x: g * np.cos(getattr(x, "value", x))),
    ],
)
def test_a_rule_that_loses_the_second_derivative_is_caught(function, rule):
    operation, case = wrong(function, 0, rule), TABLE[function][0]
    check_first(operation, case)
    with pytest.raises(AssertionError):
        check_second(operation, case)


def test_an_operation_without_its_check_is_noticed():
    @traceable
    def cube(x):
        return x * x * x

    define(cube, "cube(x)", ("g * 3 * x ** 2", lambda g, z, x: g * 3 * x**2))
    try:
        assert unchecked() == {"cube"}
        assert_allclose(grad(cube)(2.0), 12)
    finally:
        del OPERATIONS[cube]
    assert not unchecked()


# ---- words and numbers --------------------------------------------------------------------------

IN_PLAIN_WORDS = {
    "g spread over x",
    "g / n spread over x",
    "g where x is largest",
    "g where x is smallest",
    "g in x's shape",
    "g in x's dtype",
    "g summed over the repeats",
    "its part of g",
    "g put at index",
    "g put where x stood",
    "g times y, summed over its own axes",
    "x times g, summed over its own axes",
    "the sum with g in its place",
    "sums of g from each place to the end",
    "sums of g * z from each place to the end / x",
    "g * 2 * (x - mean(x)) / n",
    "g * (x - mean(x)) / (n * z)",
    "phi(s + s.T), s = inv(z).T @ phi(z.T @ g) @ inv(z)",
    "where(inside, g, 0)",
}
WORDS = (
    {name: getattr(np, name) for name in dir(np)}
    | {f.__name__: f for f in (np.linalg.inv, np.linalg.det, np.linalg.solve, np.linalg.cholesky)}
    | {"log_of_det": log_of_det}
    | {f.__name__: f for f in TABLE if f.__module__ == "chainrule.graph.functions"}
)


@every_operation
def test_the_text_of_a_rule_is_what_it_computes(operation, cases):
    case = cases[0]
    z = computed(operation, case, inputs(operation, case))
    g = np.random.default_rng(2).uniform(0.5, 1.5, z.shape)
    names = ["c", "x", "y"] if len(case.args) == 3 else ["x", "y"]
    known = dict(zip(names, case.args, strict=False)) | case.options | {"g": g, "z": z}
    for place in places(operation, case):
        text = operation.rule(place).text
        if text not in IN_PLAIN_WORDS:
            expected = eval(text, WORDS, known)
            found = operation.gradient(place, g, z, case.args, case.options)
            assert_allclose(found, expected, rtol=1e-13)


def test_each_text_in_plain_words_belongs_to_a_rule():
    texts = {
        rule.text
        for operation in OPERATIONS.values()
        for rule in operation.rules
        if rule is not None
    }
    assert texts >= IN_PLAIN_WORDS


@every_operation
def test_the_text_of_an_operation_is_what_it_computes(operation, cases):
    case = cases[0]
    if operation.any_number or case.options:
        return
    names = ["c", "x", "y"] if len(case.args) == 3 else ["x", "y"]
    known = dict(zip(names, case.args, strict=False))
    words = WORDS | {"norm": np.linalg.norm, "clip": lambda x: np.clip(x, None, None)}
    found = computed(operation, case, inputs(operation, case))
    assert_allclose(found, eval(operation.text, words, known), rtol=1e-13)


def test_squares_that_underflow_or_overflow_take_no_slope_with_them():
    for scale in (1e-170, 1e170):
        slope = grad(np.arctan2)(scale, scale)
        np.testing.assert_allclose(slope, 0.5 / scale)


@pytest.mark.parametrize("x", [0.0099, -0.0099, 0.003, 0.0])
def test_the_slope_of_sinc_near_zero_has_all_its_digits(x):
    """sinc(x) = sum_k (-1)^k (pi x)^2k / (2k + 1)!, differentiated term by term."""
    terms = [
        (-1) ** k * 2 * k * (pi * x) ** (2 * k - 1) / factorial(2 * k + 1) for k in range(1, 9)
    ]
    assert_allclose(grad(np.sinc)(x), pi * sum(reversed(terms)), rtol=5e-15)
