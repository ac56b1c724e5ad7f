"""Functions of every element, and what chooses between elements.

At kinks: |x| at 0 has derivative 0, as sign(0) does; of equal numbers in a maximum each gets the
same share, but a constant beside a node gets all of it, so that maximum(0, z) has derivative 0 at
z = 0, as the course's relu does; clip has derivative 0 at its bounds, and so has hypot at 0, 0.
The remainders x % y have the derivatives between their jumps.
"""

from functools import partial

import numpy as np

from chainrule.graph.operations.definition import Array, define, everywhere, plain

# ---- arithmetic --------------------------------------------------------------------------------


def _log_where_positive(x: Array) -> Array:
    """log x, and 0 where x = 0: there x**y does not change with y > 0."""
    return np.log(np.where(plain(x) == 0, 1.0, x))


def _power_slope(x: Array, y: Array) -> Array:
    """y x**(y - 1), and 0 where y = 0, also at x = 0 and inf."""
    return y * x ** np.where(plain(y) == 0, 0.0, y - 1)


define(np.add, "x + y", "g", "g")
define(np.subtract, "x - y", "g", "-g")
define(np.multiply, "x * y", "g * y", "g * x", smooth=everywhere)
define(
    np.divide,
    "x / y",
    "g / y",
    ("-g * x / y**2", lambda g, z, x, y: -g * z / y),
    smooth=lambda x, y: np.not_equal(y, 0),
)
define(
    np.power,
    "x ** y",
    ("g * y * x ** (y - 1)", lambda g, z, x, y: g * _power_slope(x, y)),
    ("g * z * log(x)", lambda g, z, x, y: g * z * _log_where_positive(x)),
    smooth=lambda x, y: np.not_equal(x, 0),
)
define(np.negative, "-x", "-g")
define(np.positive, "+x", "g")
define(np.square, "square(x)", "g * 2 * x", smooth=everywhere)
define(np.reciprocal, "1 / x", ("-g * z**2", lambda g, z, x: -g * z * z))
for _function, _text, _rounded in (
    (np.remainder, "x % y", np.floor),
    (np.fmod, "fmod(x, y)", np.trunc),
):
    _words = f"-g * {_rounded.__name__}(x / y)"
    define(
        _function,
        _text,
        "g",
        (_words, lambda g, z, x, y, to=_rounded: -g * to(plain(x) / plain(y))),
    )

# ---- functions of every element ----------------------------------------------------------------

define(np.exp, "exp(x)", "g * z", smooth=everywhere)
define(np.exp2, "exp2(x)", "g * z * log(2)", smooth=everywhere)
define(np.expm1, "expm1(x)", "g * (z + 1)", smooth=everywhere)
define(np.log, "log(x)", "g / x")
define(np.log2, "log2(x)", "g / (x * log(2))")
define(np.log10, "log10(x)", "g / (x * log(10))")
define(np.log1p, "log1p(x)", "g / (1 + x)")
define(np.sqrt, "sqrt(x)", "g / (2 * z)")
define(np.cbrt, "cbrt(x)", ("g / (3 * z**2)", lambda g, z, x: g / (3 * z * z)))
define(np.absolute, "abs(x)", "g * sign(x)")
define(np.fabs, "fabs(x)", "g * sign(x)")
define(np.degrees, "degrees(x)", ("g * 180 / pi", lambda g, z, x: g * (180 / np.pi)))
define(np.rad2deg, "rad2deg(x)", ("g * 180 / pi", lambda g, z, x: g * (180 / np.pi)))
define(np.radians, "radians(x)", ("g * pi / 180", lambda g, z, x: g * (np.pi / 180)))
define(np.deg2rad, "deg2rad(x)", ("g * pi / 180", lambda g, z, x: g * (np.pi / 180)))
define(np.sin, "sin(x)", "g * cos(x)")
define(np.cos, "cos(x)", "-g * sin(x)")
define(np.tan, "tan(x)", "g * (1 + z**2)")
define(np.arcsin, "arcsin(x)", "g / sqrt(1 - x**2)")
define(np.arccos, "arccos(x)", "-g / sqrt(1 - x**2)")
define(np.arctan, "arctan(x)", "g / (1 + x**2)")
define(np.sinh, "sinh(x)", "g * cosh(x)", smooth=everywhere)
define(np.cosh, "cosh(x)", "g * sinh(x)", smooth=everywhere)
define(np.tanh, "tanh(x)", "g * (1 - z**2)")
define(np.arcsinh, "arcsinh(x)", "g / sqrt(x**2 + 1)")
define(np.arccosh, "arccosh(x)", "g / sqrt(x**2 - 1)")
define(np.arctanh, "arctanh(x)", "g / (1 - x**2)")
define(np.logaddexp, "logaddexp(x, y)", "g * exp(x - z)", "g * exp(y - z)", smooth=everywhere)
define(np.logaddexp2, "logaddexp2(x, y)", "g * exp2(x - z)", "g * exp2(y - z)", smooth=everywhere)


def _by_square(part: Array, x: Array, y: Array) -> Array:
    """part / (x^2 + y^2), whose squares may underflow."""
    length = np.hypot(x, y)
    return part / length / length


define(
    np.arctan2,
    "arctan2(x, y)",
    ("g * y / (x**2 + y**2)", lambda g, z, x, y: g * _by_square(y, x, y)),
    ("-g * x / (x**2 + y**2)", lambda g, z, x, y: -g * _by_square(x, x, y)),
)


def length_or_1(z: Array) -> Array:
    """A length to divide by: a zero vector's slopes have 0 in their middle, which 0 / 1 gives."""
    return np.where(plain(z) == 0, 1.0, z)


define(
    np.hypot,
    "hypot(x, y)",
    ("g * x / z", lambda g, z, x, y: g * x / length_or_1(z)),
    ("g * y / z", lambda g, z, x, y: g * y / length_or_1(z)),
    smooth=everywhere,
)


def _sinc_slope(g: Array, z: Array, x: Array) -> Array:
    """g (cos(pi x) - sinc(x)) / x; near 0 its series, exact to 1e-17 of pi for |x| < 0.01."""
    u, near = np.pi * x, np.abs(plain(x)) < 0.01
    series = np.pi * (-u / 3 + u**3 / 30 - u**5 / 840 + u**7 / 45360)
    return g * np.where(near, series, (np.cos(u) - z) / np.where(near, 1.0, x))


define(np.sinc, "sinc(x)", ("g * (cos(pi * x) - z) / x", _sinc_slope), elementwise=True)

# ---- choices -----------------------------------------------------------------------------------

_choice = partial(define, elementwise=True, routes=True)


def _share(z: Array, mine: Array, other: Array) -> np.ndarray:
    """1 where mine was taken, 1/2 where both are equal, else 0."""
    return np.where(plain(mine) == plain(other), 0.5, plain(mine) == plain(z))


for _extreme, _sign in ((np.maximum, ">"), (np.fmax, ">"), (np.minimum, "<"), (np.fmin, "<")):
    _choice(
        _extreme,
        f"{_extreme.__name__}(x, y)",
        (f"g * (x {_sign} y)", lambda g, z, x, y: g * _share(z, x, y)),
        (f"g * (y {_sign} x)", lambda g, z, x, y: g * _share(z, y, x)),
    )


# For a constant y, which has no derivative: operations beside those of the same functions.
AT_LEAST, AT_MOST = (
    _choice(partial(bound), f"{bound.__name__}(x, y)", rule, None, name=bound.__name__)
    for bound, rule in ((np.maximum, "g * (x > y)"), (np.minimum, "g * (x < y)"))
)
_choice(np.where, "where(c, x, y)", None, "where(c, g, 0)", "where(c, 0, g)")


def _clip_gradient(
    g: Array, z: Array, x: Array, a_min: Array = None, a_max: Array = None, **bounds: Array
) -> Array:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    inside = np.ones(np.shape(x), bool)
    for bound, beyond in ((low, np.greater), (high, np.less)):
        if bound is not None:
            inside = inside & beyond(plain(x), bound)
    return np.where(inside, g, 0.0)


_choice(
    np.clip,
    "clip(x)",
    ("where(inside, g, 0)", _clip_gradient),
    parameters=("a_min", "a_max", "min", "max"),
)
_choice(
    np.nan_to_num,
    "nan_to_num(x)",
    "where(isfinite(x), g, 0)",
    parameters=("copy", "nan", "posinf", "neginf"),
)
