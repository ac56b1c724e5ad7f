"""A picture of a graph as text in the DOT language, for Graphviz and its relatives."""

from html import escape

from chainrule.graph.drawing.picture import DERIVATIVE, VALUE, Box, Picture, Value

SHAPES = {"input": "plaintext", "again": "plaintext", "operation": "box", "group": "box3d"}


def dot_text(picture: Picture) -> str:
    """The picture in DOT: left to right, values and derivatives at the edges."""
    lines = ["digraph {", "  rankdir=LR;"]
    lines += [f'  {kind} [fontname="serif"];' for kind in ("node", "edge")]
    for k, (name, boxes) in enumerate(_by_group(picture).items()):
        nodes = []
        for number, box in boxes:
            given = [text for value in box.given for text in (value.value, value.gradient) if text]
            label = quoted("\n".join([box.title, *box.lines, *given]))
            look = f"shape={SHAPES[box.kind]}, label={label}, tooltip={quoted(box.hint)}"
            nodes.append(f"  n{number} [{look}];")
        if name is not None:
            inner = [f"  {line}" for line in [f"  label={quoted(name)};", *nodes]]
            nodes = [f"  subgraph cluster_{k} {{", *inner, "  }"]
        lines += nodes
    for edge in picture.edges:
        label = _look(picture.boxes[edge.source].values[edge.place])
        lines.append(f"  n{edge.source} -> n{edge.target}{label};")
    return "\n".join([*lines, *_ends(picture), "}"]) + "\n"


def quoted(text: str) -> str:
    """As a string of the language: quotes and backslashes escaped, line ends as \\n."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "\\n".join(plain.splitlines()) + '"'


def _by_group(picture: Picture) -> dict[str | None, list[tuple[int, Box]]]:
    groups: dict[str | None, list[tuple[int, Box]]] = {}
    for number, box in enumerate(picture.boxes):
        groups.setdefault(box.group if box.kind != "group" else None, []).append((number, box))
    return groups


def _ends(picture: Picture) -> list[str]:
    """J's own value and derivative, at an edge that leads nowhere."""
    leading = {(edge.source, edge.place) for edge in picture.edges}
    return [
        f'  end{number} [shape=none, label=""];\n  n{number} -> end{number}{_look(value)};'
        for number, box in enumerate(picture.boxes)
        for place, value in enumerate(box.values)
        if (number, place) not in leading
    ]


def _look(value: Value) -> str:
    """An edge's numbers, and its arrow back where J depends on them."""
    parts = () if value.again else ((VALUE, value.value), (DERIVATIVE, value.gradient))
    lines = (f'<font color="{color}">{escape(text)}</font>' for color, text in parts if text)
    label = "" if value.again else f"label=<{'<br/>'.join(lines)}>"
    back = f'dir=both, color="black:{DERIVATIVE}"' if value.gradient else ""
    return f" [{', '.join(filter(None, (label, back)))}]" if label or back else ""
