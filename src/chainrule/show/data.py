"""A data set as some of its examples, for notebooks: pictures in a grid, or rows of a table."""

import io
from html import escape
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from chainrule.show.tables import html_table, image, table_of_elements
from chainrule.wording import counted, shortened

if TYPE_CHECKING:
    from chainrule.data.dataset import Dataset, Splits

PICTURES, COLUMNS = 16, 8
ROWS, FEATURES = 5, 8
SIDE = 64  # screen pixels, the longer side of a picture
SMALL = 2000  # bytes of a picture's file, which is then left as it is
LARGEST = 128  # pixels of a side of one that is made smaller
POINTS = 2000  # that are drawn at most, every so-manyth of more
LETTERS = 24  # of a class's name


def html(data: "Dataset") -> str:
    """What it is, how many of each class, and some examples of each."""
    parts = (
        f"{escape(shortened(name, LETTERS))}: {(data.labels == k).sum()}"
        for k, name in enumerate(data.classes)
    )
    if drawable(data):
        shown = _grid(data)
    elif data.features.shape[0] == 2 and len(data) and data.classes:
        shown = image(_points(data), "png", "The examples as points in the plane")
    else:
        shown = _rows(data)
    notes = f"<p>{escape('; '.join(data.notes))}</p>" if data.notes else ""
    return f"<p>{escape(repr(data))}</p><p>{'; '.join(parts)}</p>{notes}{shown}"


def html_of_splits(splits: "Splits") -> str:
    """Each set; what could not be read."""
    parts = [f"<h4>{name}</h4>{html(data)}" for name, data in splits.sets.items()]
    if splits.skipped:
        files = "".join(f"<li>{escape(one)}</li>" for one in splits.skipped[:ROWS])
        parts.append(
            f"<p>{counted(len(splits.skipped), 'file')} could not be read:</p><ul>{files}</ul>"
        )
    return "".join(parts)


def pixels(data: "Dataset", index: int) -> "np.ndarray | None":
    """One picture (height, width[, 3]); None where the data are no 8-bit pictures."""
    found = data.pictures([index]) if drawable(data) else None
    return None if found is None else found[0]


def encoded(picture: np.ndarray) -> tuple[bytes, str]:
    """A picture (height, width[, 3]) of bytes as a file, and its kind: PNG, pixel by pixel, or a
    JPEG of at most 128 pixels a side where that takes less than half the room."""
    from PIL import Image

    def file(kind: str) -> bytes:
        out = io.BytesIO()
        made.save(out, kind, quality=90)
        return out.getvalue()

    made = Image.fromarray(np.ascontiguousarray(picture))
    exact = file("png")
    if len(exact) < SMALL:
        return exact, "png"
    made.thumbnail((LARGEST, LARGEST))
    small = file("jpeg")
    return (small, "jpeg") if 2 * len(small) < len(exact) else (exact, "png")


def drawable(data: "Dataset") -> bool:
    """Whether they are 8-bit pictures of a kind that there is: gray, or red, green and blue."""
    none = data.pictures(slice(0))
    if none is None or none.dtype != np.uint8:
        return False
    shape = none.shape[1:]
    return len(shape) == 2 or shape[2:] == (3,)


def some_of(data: "Dataset", most: int) -> list[int]:
    """At most so many examples, the first of each class, the second of each, and so on; without
    classes the first ones."""
    if not data.classes:
        return list(range(min(most, len(data))))
    of_class = [np.flatnonzero(data.labels == k) for k in range(len(data.classes))]
    turns = chain.from_iterable(zip_longest(*of_class))
    return [int(i) for i in islice((i for i in turns if i is not None), most)]


def _grid(data: "Dataset") -> str:
    assert data.image_shape is not None
    height, width = data.image_shape[:2]
    scale = SIDE / max(height, width)
    size = f' width="{round(width * scale)}" height="{round(height * scale)}"'
    cells = []
    for i in some_of(data, PICTURES):
        name, shown = shortened(data.label_of(i), LETTERS), pixels(data, i)
        assert shown is not None
        cells.append(f"<td>{image(*encoded(shown), name, size)}<br>{escape(name)}</td>")
    # Pictures stand in a table, which untrusted notebooks keep, unlike styles.
    return table_of_elements(cells[k : k + COLUMNS] for k in range(0, len(cells), COLUMNS))


def _points(data: "Dataset") -> bytes:
    """`points_plot` of examples of two features, as a PNG file."""
    from chainrule.show import plane_plots, plots

    some = data.select(slice(None, None, -(-len(data) // POINTS)))
    return plots.as_bytes(plane_plots.points_plot(some))


def _rows(data: "Dataset") -> str:
    more = ["…"] if data.features.shape[0] > FEATURES else []
    label = "class" if data.classes else "target"
    lines = [["example", label, *data.column_names[:FEATURES], *more]]
    for i in some_of(data, ROWS):
        numbers = (f"{x:.4g}" for x in data.features.stored([i])[:FEATURES, 0].astype(float))
        lines.append([data.example_names[i], data.label_of(i), *numbers, *more])
    head, *rows = [[shortened(cell, LETTERS) for cell in line] for line in lines]
    return html_table(rows, head)
