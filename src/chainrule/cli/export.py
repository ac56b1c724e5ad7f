"""`chainrule export`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.options import TABLES, USUAL, Tables, Usual
from chainrule.errors import InputError
from chainrule.files.atomic import named_file
from chainrule.jobs.sources import loaded

MOST = 1000  # examples to compare on


def export(
    model: Path,
    *,
    onnx: Path | None = None,
    data: str | None = None,
    reading: Annotated[Tables, Parameter(name="*", group="Tables")] = TABLES,
    compute: str = "float64",
    encoder: Annotated[bool, Parameter(negative="--without-encoder")] = True,
    usual: Usual = USUAL,
) -> int:
    """Write a model in a format that other programs read: ONNX.

    The file takes raw 8-bit pictures (any number, height, width, color), or rows of a table, and
    gives classes and probabilities, or values, of an ensemble their spread too; scaling and class
    names are in it. Before it is written, its answers in onnxruntime are compared with the model's
    own.

    Parameters
    ----------
    model
        A model file or a run folder.
    onnx
        The file to write; one that is there is replaced. It ends in .onnx.
    data
        Real data to compare on, as for chainrule evaluate; random ones otherwise.
    compute
        Arithmetic of the file: float64, or float32 for devices that have no other, such as WebGPU.
    encoder
        Of a model of photos: put its encoder into the file, so that photos go in, of any size.
        --without-encoder features do.
    """
    found = loaded(model)
    from chainrule.model import export_onnx
    from chainrule.model.described import compared
    from chainrule.model.new_data import open_for

    if onnx is None:
        raise InputError("export", "the file to write", "none", "Add --onnx FILE.")
    named_file(onnx, (".onnx",), "--onnx")
    raw = None
    if data is not None:  # the first test examples, or the first of all
        splits = open_for(found, data, reading, cache=usual.cache, memory=usual.memory)
        raw = found.prepare(splits.test or splits.train)
        raw = raw.select(slice(compared(raw.features.shape[0], MOST)))
    done = export_onnx(found, onnx, raw, compute, encoder)
    if usual.json:
        facts = {
            "onnx": str(done.path),
            "input": done.input,
            "members": found.n_members,
            "compared": done.examples,
            "real_data": data is not None,
            "largest_difference": done.difference,
            "largest_difference_of_other_sizes": done.resized if "photo" in done.input else None,
        }
        show.print_json(facts)
        return 0
    kind = "random examples (--data takes real ones)" if data is None else "examples of the data"
    several = found.n_members > 1
    answers, of = "class, probabilities" if several else "class and probabilities", "a probability"
    if found.task == "regression":
        answers, of = "value", "a value (of those above 1 a part)"
    answers += f" and spread of {found.n_members} members" if several else ""
    show.console().print(
        f"Wrote {show.safe(str(done.path))}: from {done.input} to {answers}.\n"
        f"Compared in onnxruntime on {done.examples} {kind}: "
        f"largest difference of {of} {done.difference:.1e}."
    )
    if done.input.startswith("photo"):
        show.console().print(
            "Photos of other sizes are squashed by the file itself, which rounds some pixels "
            f"differently: of these the largest difference was {done.resized:.1e}."
        )
    return 0
