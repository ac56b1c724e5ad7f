"""The cost over a plane through the space of all weights and biases, and its pictures.

    J(s, t) = J(theta + s d + t e)

theta and the directions d and e are networks of one shape: their weights and biases are the
numbers that are added. Two single parameters span a plane (`one_parameter`), and so do two random
directions (`random_direction`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chainrule import checks
from chainrule.errors import InputError
from chainrule.network import Network
from chainrule.show import plots
from chainrule.show.boundary_plots import NetworkFrames
from chainrule.training import train
from chainrule.training.arguments import Data, data_arrays

Array = np.ndarray
Plane = tuple[Network, Network]
ROUNDING = 1e-9  # of the cost: a midpoint higher by less proves nothing
LEVELS = 14  # contours
# One feature and its label: a broad step up, and one example on the wrong side of it.
FEATURE = np.array([[-3.0, -2.2, -1.6, -0.7, 0.4, 1.1, 1.9, 4.0]])
LABELS = np.array([[0, 0, 0, 1, 0, 1, 1, 1]])
START = (-5.0, 4.0)  # w and b, sure of the wrong answers, as random starting weights may be
COSTS = {"squared_error": "squared error / 2", "binary_cross_entropy": "cross-entropy (nats)"}
SPAN, GRID = 8.0, 49  # w and b run over [-SPAN, SPAN] in GRID steps


@dataclass(frozen=True, eq=False)
class CostSurface:
    """J (len(t), len(s)), in the loss's units, at theta + s d + t e; s and t are rank-1 arrays."""

    s: Array
    t: Array
    J: Array


@dataclass(frozen=True)
class Chord:
    """Two points (s, t) of a surface, and by how much the cost halfway between them is higher than
    the mean of their two costs: more than 0 proves that the surface is not convex."""

    start: tuple[float, float]
    end: tuple[float, float]
    excess: float


def cost_surface(
    network: Network, data: Data, plane: Plane, s: Array, t: Array, l2: float = 0.0
) -> CostSurface:
    """The cost at every point of a grid. One forward pass over the data for each.

    network : theta. data : as for `train`. s, t : rank-1 arrays, at least two numbers each.
    """
    _check_single("cost_surface", network, *plane)
    s, t = (checks.reals("cost_surface", "numbers", values) for values in (s, t))
    for values in (s, t):
        if values.ndim != 1 or len(values) < 2:
            expected = "rank-1 arrays s and t of at least two numbers"
            raise InputError("cost_surface", expected, f"shape {values.shape}")
    X, Y = data_arrays("cost_surface", data, network)
    J = [[float(_moved(network, plane, a, b).cost(X, Y, l2=l2)) for a in s] for b in t]
    return CostSurface(s, t, np.array(J))


def one_parameter(network: Network, name: str, place: tuple[int, int] = (0, 0)) -> Network:
    """The direction along one weight or bias: `name` is "W1", "b1", "W2", ... and `place` is the
    row and column in it."""
    names = [f"{kind}{layer}" for layer in range(1, len(network.weights) + 1) for kind in "Wb"]
    checks.one_of("one_parameter", "name", name, names)
    weights, biases = (tuple(map(np.zeros_like, ps)) for ps in (network.weights, network.biases))
    arrays = weights if name[0] == "W" else biases
    array = arrays[int(name[1:]) - 1]
    if not all(0 <= i < n for i, n in zip(place, array.shape, strict=True)):
        raise InputError("one_parameter", f"a place in {name} {array.shape}", f"{place}")
    array[place] = 1
    return replace(network, weights=weights, biases=biases)


def random_direction(network: Network, rng: np.random.Generator) -> Network:
    """A normal draw in which the weights of each unit have the length of the network's own.

    Without that, a layer of small weights would look sharper than one of large (Li, Xu, Taylor,
    Studer & Goldstein 2018, section 4, "filter normalization"). Biases stay where they are.
    """
    weights = []
    for W in network.weights:
        D = rng.standard_normal(W.shape)
        ours, theirs = (np.linalg.norm(each, axis=1, keepdims=True) for each in (W, D))
        weights.append((D * (ours / theirs)).astype(network.dtype))
    still = tuple(np.zeros_like(b) for b in network.biases)
    return replace(network, weights=tuple(weights), biases=still)


def path_in_plane(network: Network, path: Iterable[Network], plane: Plane) -> Array:
    """Where networks stand in the plane, (T, 2): the (s, t) nearest to each, in least squares.

    Exact where they differ from `network` only along the two directions. A path through many
    dimensions hardly moves in a plane of random ones (Li et al. 2018, section 7).
    """
    _check_single("path_in_plane", network, *plane)
    basis = np.stack([_flat(direction) for direction in plane], axis=1)
    moves = np.stack([_flat(other) - _flat(network) for other in path], axis=1)
    return np.linalg.lstsq(basis, moves)[0].T


def steepest_chord(surface: CostSurface) -> Chord | None:
    """The straight line over the surface whose middle lies furthest above the mean of its ends.

    None if no grid point is the middle of such a line: on this grid the cost is then convex, as
    far as its points can tell. s and t must each have equal steps.
    """
    s, t, J = surface.s, surface.t, surface.J
    rows, columns = J.shape
    best = Chord((0, 0), (0, 0), ROUNDING * float(np.abs(J).max()))
    for i in range((rows + 1) // 2):
        for j in range(-((columns - 1) // 2), (columns + 1) // 2):
            low, high = slice(0, rows - 2 * i), slice(2 * i, rows)
            near = slice(max(0, -2 * j), columns - max(0, 2 * j))
            far = slice(max(0, 2 * j), columns - max(0, -2 * j))
            middle = slice(abs(j), columns - abs(j))
            excess = J[i : rows - i, middle] - (J[low, near] + J[high, far]) / 2
            if excess.max() > best.excess:
                row, column = np.unravel_index(excess.argmax(), excess.shape)
                a, b = (row, column + near.start), (row + 2 * i, column + far.start)
                start, end = ((float(s[q]), float(t[p])) for p, q in (a, b))
                best = Chord(start, end, float(excess.max()))
    return best if best.start != best.end else None


def surface_plot(
    surface: CostSurface,
    path: Array | None = None,
    axes: Axes | None = None,
    title: str = "",
    names: tuple[str, str] = ("s", "t"),
    unit: str = "cost",
) -> Figure:
    """Contours of the cost, light where it is low, and a path over them.

    path : (T, 2) the places (s, t) in order; a circle marks the start, a star the end.
    unit : of the cost, beside the color bar.
    """
    axes = plots.axes_or_new(axes, size=(5.4, 4.4))
    filled = axes.contourf(surface.s, surface.t, surface.J, LEVELS, cmap="Blues")
    axes.contour(surface.s, surface.t, surface.J, LEVELS, colors="k", linewidths=0.4, alpha=0.6)
    axes.figure.colorbar(filled, ax=axes).set_label(plots.literal(unit))
    if path is not None:
        color = plots.VALIDATION
        axes.plot(*np.transpose(path), color=color, linewidth=2)
        for place, mark, size in ((path[0], "o", 8), (path[-1], "*", 14)):
            axes.plot(*place, mark, markersize=size, color=color, markeredgecolor="white")
    axes.locator_params(nbins=6)
    axes.set(xlim=surface.s[[0, -1]], ylim=surface.t[[0, -1]])
    x, y = map(plots.literal, names)
    return plots.finished(axes, title, xlabel=x, ylabel=y)


def convexity_plot(iterations: int = 200, title: str = "") -> Figure:
    """Why logistic regression has the cost it has: two costs of one sigmoid unit, side by side.

        a = sigmoid(w x + b),    J = 1/m sum_i 1/2 (a_i - y_i)^2    or    the cross-entropy

    Above each cost over w and b as a landscape, below from above, with the same number of steps of
    gradient descent from the same start. Squared error is not convex: the dotted line shows two
    points between which the cost is higher than the mean of theirs. Cross-entropy is convex; its
    second derivative, 1/m X A (1 - A) X^T, has no negative eigenvalue (course 1, week 2).
    """
    figure = plots.Figure(figsize=(9.6, 8.2), layout="constrained")
    grid = np.linspace(-SPAN, SPAN, GRID)
    for k, (loss, unit) in enumerate(COSTS.items()):
        origin, start = (_unit(w, b, loss) for w, b in ((0.0, 0.0), START))
        plane = (one_parameter(origin, "W1"), one_parameter(origin, "b1"))
        surface = cost_surface(origin, (FEATURE, LABELS), plane, grid, grid)
        frames = NetworkFrames(range(iterations + 1))
        train(start, (FEATURE, LABELS), learning_rate=1, iterations=iterations, callbacks=[frames])
        path = path_in_plane(origin, frames.frames.values(), plane)
        _landscape(figure.add_subplot(2, 2, 1 + k, projection="3d"), surface, unit)
        below = figure.add_subplot(2, 2, 3 + k)
        chord = steepest_chord(surface)
        shape = "convex" if chord is None else "not convex"
        surface_plot(surface, path, below, f"{shape}; {iterations} steps", ("w", "b"), unit)
        if chord is not None:
            ends = np.transpose([chord.start, chord.end])
            below.plot(*ends, "k:", linewidth=2)
            below.plot(*ends, "ks", markersize=5)
            below.plot(*ends.mean(axis=1), "kD", markersize=6, markerfacecolor="white")
    figure.suptitle(title, parse_math=False)
    return figure


def _unit(w: float, b: float, loss: str) -> Network:
    return Network((np.array([[w]]),), (np.array([[b]]),), ("sigmoid",), loss)


def _landscape(axes: Any, surface: CostSurface, unit: str) -> None:
    s, t = np.meshgrid(surface.s, surface.t)
    axes.plot_surface(s, t, surface.J, cmap="Blues", edgecolor="#00000055", linewidth=0.2)
    axes.set(xlabel="w", ylabel="b", zlabel="J", title=unit)
    axes.view_init(elev=35, azim=-60)


def _moved(network: Network, plane: Plane, a: float, b: float) -> Network:
    """theta + a d + b e."""

    def arrays(name: str) -> Any:
        trio = (getattr(each, name) for each in (network, *plane))
        return tuple((p + a * d + b * e).astype(p.dtype) for p, d, e in zip(*trio, strict=True))

    return replace(network, weights=arrays("weights"), biases=arrays("biases"))


def _flat(network: Network) -> Array:
    return np.concatenate([p.ravel() for p in (*network.weights, *network.biases)])


def _check_single(where: str, *networks: Network) -> None:
    sizes = {network.layer_sizes for network in networks}
    if len(sizes) > 1 or any(network.n_runs is not None for network in networks):
        raise InputError(where, "single networks of one shape", f"{len(sizes)} shapes or runs")
