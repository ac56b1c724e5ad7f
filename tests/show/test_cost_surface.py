import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Network
from chainrule.errors import InputError
from chainrule.show.surface_plots import (
    CostSurface,
    cost_surface,
    one_parameter,
    path_in_plane,
    random_direction,
    steepest_chord,
)

X = np.array([[-2.0, 0.5, 1.0, 3.0]])
Y = np.array([[0.0, 1.0, 0.0, 1.0]])
S, T = np.linspace(-4, 4, 17), np.linspace(-2, 2, 9)


def unit(loss="binary_cross_entropy", w=0.0, b=0.0):
    return Network((np.array([[w]]),), (np.array([[b]]),), ("sigmoid",), loss)


def plane_of(network):
    return one_parameter(network, "W1"), one_parameter(network, "b1")


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "squared_error"])
def test_the_cost_of_one_unit_from_its_formula(loss):
    start = unit(loss)
    surface = cost_surface(start, (X, Y), plane_of(start), S, T, l2=0.1)
    w, b = S[None, :, None], T[:, None, None]
    a = 1 / (1 + np.exp(-(w * X[0] + b)))
    y = Y[0]
    each = (a - y) ** 2 / 2 if loss == "squared_error" else -np.log(np.where(y, a, 1 - a))
    assert_allclose(surface.J, each.mean(axis=-1) + 0.05 * S**2)


def curved(f):
    s, t = np.meshgrid(S, T)
    return CostSurface(S, T, f(s, t))


@pytest.mark.parametrize(
    "f",
    [
        lambda s, t: s**2 + s * t + t**2,
        lambda s, t: np.maximum(s - t, 0),
        lambda s, t: 3 * s + 1,
        lambda s, t: 0 * s,
    ],
)
def test_convex_surfaces_have_no_chord_below(f):
    assert steepest_chord(curved(f)) is None


@pytest.mark.parametrize(
    "f", [lambda s, t: -(s**2), lambda s, t: s * t, lambda s, t: -s * t, lambda s, t: np.sin(t)]
)
def test_others_have_and_it_is_the_steepest(f):
    found = steepest_chord(curved(f))
    (a, b), (c, d) = found.start, found.end
    excess = f((a + c) / 2, (b + d) / 2) - (f(a, b) + f(c, d)) / 2
    assert_allclose(excess, found.excess)
    points = [(s, t) for s in S for t in T]
    halves = {(s, t) for s in S for t in T}
    best = max(
        f((p[0] + q[0]) / 2, (p[1] + q[1]) / 2) - (f(*p) + f(*q)) / 2
        for p in points
        for q in points
        if ((p[0] + q[0]) / 2, (p[1] + q[1]) / 2) in halves
    )
    assert_allclose(found.excess, best)


def test_squared_error_is_not_convex_and_cross_entropy_is():
    for loss, convex in (("squared_error", False), ("binary_cross_entropy", True)):
        start = unit(loss)
        surface = cost_surface(start, (X, Y), plane_of(start), S, T)
        assert (steepest_chord(surface) is None) == convex


def test_a_path_of_two_parameters_is_exact():
    places = np.array([[1.0, -2.0], [0.5, 0.25], [-3.0, 0.0]])
    start = unit(w=0.5, b=1.0)
    path = [unit(w=0.5 + s, b=1.0 + t) for s, t in places]
    assert_allclose(path_in_plane(start, path, plane_of(start)), places)


def test_a_path_outside_of_the_plane_falls_on_it_upright():
    network = Network.create((3, 4, 2), rng=1)
    rng = np.random.default_rng(2)
    plane = (random_direction(network, rng), random_direction(network, rng))
    other = Network.create((3, 4, 2), rng=5)
    s, t = path_in_plane(network, [other], plane)[0]
    for direction in plane:
        rest = 0
        for W, V, D, E, F in zip(
            other.weights, network.weights, plane[0].weights, plane[1].weights, direction.weights,
            strict=True,
        ):  # fmt: skip
            rest += ((W - V - s * D - t * E) * F).sum()
        assert_allclose(rest, 0, atol=1e-12)


def test_a_random_direction_has_each_units_length():
    network = Network.create((5, 4, 3), rng=1)
    direction = random_direction(network, np.random.default_rng(0))
    for W, D in zip(network.weights, direction.weights, strict=True):
        assert_allclose(np.linalg.norm(D, axis=1), np.linalg.norm(W, axis=1))
    assert not any(b.any() for b in direction.biases)


def test_one_parameter_is_one_number():
    direction = one_parameter(Network.create((5, 4, 3)), "W2", (2, 1))
    assert direction.weights[1][2, 1] == 1
    assert sum(np.abs(p).sum() for p in (*direction.weights, *direction.biases)) == 1


def test_what_does_not_fit():
    start = unit()
    with pytest.raises(InputError, match="W1, b1"):
        one_parameter(start, "W2")
    with pytest.raises(InputError, match=r"a place in W1 \(1, 1\)"):
        one_parameter(start, "W1", (0, 1))
    with pytest.raises(InputError, match="two numbers"):
        cost_surface(start, (X, Y), plane_of(start), S[:1], T)
    with pytest.raises(InputError, match="one shape"):
        cost_surface(start, (X, Y), plane_of(Network.create((2, 1))), S, T)
