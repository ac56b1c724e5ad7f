"""A network as a table of its layers and as a drawing; a training and a model, which hold one: for
notebooks and reports."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Any

from chainrule.display import Column, Table
from chainrule.graph.text import columns
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.show.tables import html_table, image, texts
from chainrule.training import Training
from chainrule.wording import listed

SHOWN = 7  # units of a layer that are drawn, if it has no more; of larger ones the first and last
FIRST, LAST = 3, 2
STEP_X, STEP_Y, RADIUS, TOP = 116, 26, 8, 34  # points
INPUT, HIDDEN, OUTPUT = "#eeeeee", "#cfe5f3", "#f7d9c4"


COLUMNS = (
    Column("layer"),
    Column("units", "whole"),
    Column("activation"),
    Column("W", "whole"),
    Column("b", "whole"),
    Column("parameters", "whole"),
)


def table(network: Network) -> Table:
    """The inputs, then each layer's units, activation, shapes and parameters."""
    sizes = network.layer_sizes
    rows: list[Sequence[Any]] = [("input", sizes[0], "", "", "", "")]
    for layer, name in enumerate(network.activations, start=1):
        n_in, n = sizes[layer - 1], sizes[layer]
        rows.append((layer, n, name, f"({n}, {n_in})", f"({n}, 1)", f"{(n_in + 1) * n:,}"))
    return Table(COLUMNS, rows)


def total(network: Network) -> str:
    """What all layers have in common, in one line."""
    runs = f", {network.n_runs} runs" if network.n_runs is not None else ""
    return f"{network.n_parameters:,} parameters, {network.dtype}, {network.loss}{runs}"


def text(network: Network) -> str:
    """The table in columns of characters."""
    found = texts(table(network))
    return f"{columns([found.heads, *found.rows])}\n{total(network)}"


def html(network: Network) -> str:
    """The table and the drawing; everything in it is escaped or ours."""
    found = texts(table(network))
    # A picture, not elements: notebooks that are not trusted keep pictures only.
    picture = image(diagram(network).encode(), "svg+xml", words(network))
    return f"{html_table(found.rows, found.heads)}<p>{escape(total(network))}</p>{picture}"


def training_html(training: Training) -> str:
    """What a training did, why in that form, and its learning curve."""
    text = f"<p>{escape(repr(training))}</p><p>{escape(training.first_layer.reason)}</p>"
    png = training.history._repr_png_()
    return text if png is None else text + image(png, "png", "Learning curve")


def model_html(model: Model) -> str:
    """A model's network, and what its inputs and outputs mean."""
    answers = f"classes {listed(model.classes)}" if model.classes else "numbers"
    means = f"{answers}; {model.scaling}"
    return f"{html(model.network)}<p>{escape(means)}</p>"


def words(network: Network) -> str:
    """What the drawing shows."""
    kinds = ("inputs", *network.activations)
    layers = (f"{n} {kind}" for n, kind in zip(network.layer_sizes, kinds, strict=True))
    return f"Network with layers of {', '.join(layers)}"


def diagram(network: Network) -> str:
    """SVG text: a column of units for each layer, long ones with an ellipsis, all connected to the
    next, with notation, sizes and activations."""
    sizes, n = network.layer_sizes, len(network.layer_sizes)
    most = min(max(sizes), SHOWN)
    width, middle, height = STEP_X * n, TOP + STEP_Y * most / 2, TOP + STEP_Y * most + 44
    drawn = [
        [(STEP_X * (k + 0.5), middle + STEP_Y * y) for y in _places(size)]
        for k, size in enumerate(sizes)
    ]
    edges = [
        f'<line x1="{x + RADIUS}" y1="{y:g}" x2="{u - RADIUS}" y2="{v:g}"/>'
        for left, right in pairwise(drawn)
        for x, y in left
        for u, v in right
    ]
    parts = [f'<g stroke="#888888" stroke-width="0.5">{"".join(edges)}</g>']
    kinds, fills = ("inputs", *network.activations), (INPUT, *[HIDDEN] * (n - 2), OUTPUT)
    layers = zip(sizes, kinds, fills, drawn, strict=True)
    for k, (size, kind, fill, column) in enumerate(layers):
        x = STEP_X * (k + 0.5)
        parts += [
            f'<circle cx="{u:g}" cy="{v:g}" r="{RADIUS}" fill="{fill}" stroke="#333333"/>'
            for u, v in column
        ]
        if size > len(column):
            y = middle + STEP_Y * (FIRST - SHOWN / 2 + 1)
            parts += [f'<circle cx="{x:g}" cy="{y + d:g}" r="1.6"/>' for d in (-7, 0, 7)]
        parts += [
            f'<text x="{x:g}" y="20" font-style="italic">{f"A[{k}]" if k else "X"}</text>',
            f'<text x="{x:g}" y="{height - 24}">{size:,}</text>',
            f'<text x="{x:g}" y="{height - 8}">{escape(kind)}</text>',
        ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" text-anchor="middle">'
        f"<title>{escape(words(network))}</title>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _places(size: int) -> list[float]:
    """Heights of a layer's units, in steps from the middle."""
    if size <= SHOWN:
        return [k - (size - 1) / 2 for k in range(size)]
    top = -(SHOWN - 1) / 2
    return [top + k for k in range(FIRST)] + [-top - k for k in reversed(range(LAST))]
