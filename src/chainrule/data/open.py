"""Open any data source: one function that recognizes the kind."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.encode import encoding_of
from chainrule.data.encoders.encoding import KINDS as FEATURES
from chainrule.data.encoders.encoding import Encoding
from chainrule.data.hold_out import drawn
from chainrule.data.label_decisions import apply_decisions, read_decisions
from chainrule.data.labels import refuse_targets
from chainrule.data.matching import matched, with_overlaps
from chainrule.data.matrix.source import Progress
from chainrule.data.matrix.workers import Cluster
from chainrule.data.raw import open_raw
from chainrule.data.readers import sources
from chainrule.data.readers.label_column import LABELS, WEAK, quoted
from chainrule.data.reading import Reading, as_text, listed
from chainrule.data.transform import KINDS, Scaling
from chainrule.errors import DataError, InputError

TASKS = ("classification", "regression")
LARGEST_TARGET = 1e140  # the squares of errors, and their sums, must be floats
LARGEST = 4096  # pixels a side: a picture of that size has 50 million features


def open_data(
    source: str | Path | Any,
    *,
    test: str | Path | Any = None,
    size: int | tuple[int, int] = 64,
    scale: str | None = None,
    prepare: str | Sequence[str] | None = None,
    positive: str | None = None,
    drop_class: str | Sequence[str] | None = None,
    task: str | None = None,
    labels: str | Path | None = None,
    hold_out: float | None = None,
    group_by: str | None = None,
    strict: bool = False,
    seed: int = 0,
    features: str = "pixels",
    cache: bool = True,
    progress: Progress | None = None,
    memory: float | None = None,
    cluster: Any = None,
    **table: Any,
) -> Splits:
    """The training set of a source and, where there are any, its validation and test sets.

    source : one of
        an HDF5 file in the course's layout, either file of a train/test pair, or their folder;
        a folder of pictures, one folder per class, or train/ [val/] test/ above those;
        a table with a header: .csv, .tsv, .txt, gzipped or not; .gct with .cls; a series matrix of
        GEO; .parquet, .feather, .xlsx; or a DataFrame of pandas or polars;
        arrays X (m, n_x) and y: an .npz archive, a folder of .npy files, an HDF5 file, Zarr (extra
        `zarr`), or a place in the latter two: file.h5:/group/X;
        AnnData (.h5ad), PLINK's genotypes (.bed with .bim and .fam);
        "fashion", "planar:flower" (or "planar"), "planar:moons", "planar:circles", "planar:xor".
        A built-in name wins over a file of that name: write ./fashion, or pass a Path.
    test : a source whose test set, or only set, becomes the test set. Classes and a table's
        columns are matched by name; pictures in folders get the training pictures' size.
    size : of pictures from folders, height and width in pixels: one number or two. Of photos that
        are encoded those that are shown; they are encoded at the encoder's own size.
    scale : "none", "pixels" (divided by 255) or "standard" (mean 0, standard deviation 1), learned
        from the training set, applied to all. By default pixels for 8-bit features, none for the
        planar sets, else standard.
    prepare : instead of scale, steps one after the other, learned from the training set where they
        learn at all: center, standard, robust (median and quartiles), log1p, snv (each sample by
        its own mean and deviation), total (as parts of the sample's sum), derivative (or
        derivative:WINDOW), batch (by the means of `batch_column`'s batches), pixels, none.
    positive : this class (label 1) against all the rest.
    task : "classification", or "regression" for labels that are numbers to predict; by default that
        for a table's labels with fractions.
    drop_class : classes whose examples are left out, of all sets.
    labels : a file of decisions about doubtful labels (`read_decisions`), applied to the training
        set before a scaling is learned, and to what is held out of it, which is drawn as it would
        be without them. Its classes are those after `positive`.
    hold_out : a share of the training set that becomes the test set, drawn before anything is
        learned: classes in their shares, whole groups where `group_column` or `group_by`, a regular
        expression for the examples' names, says which.
    strict : stop at files in a picture folder that cannot be read, instead of skipping them.
    seed : for the planar sets, and of what is held out.
    features : of pictures: "pixels"; "efficientnet-lite0", 1,280 numbers that a network, which was
        trained on a million other photos, makes of each (extra `photos`), standardized by default;
        or "auto", these for pictures in color where the extra is installed.
    cache : whether such features are kept for the next time, in the user's cache folder.
    progress : is told how much is done, of how much, and what of: "photos" that are encoded, "GB"
        of a pass over features that stay in their file, then and later.
    memory : GB that may be counted on; by default all that the machine has. A table of features
        larger than a sixteenth of it stays in its file (.npy, .h5, .zarr, .h5ad, .bed).
    cluster : of Dask's (extra `cluster`), by which what stays in its file is read and multiplied:
        "local:N", the address of a scheduler, its .json file, or a `distributed.Client`; by default
        what DASK_SCHEDULER_ADDRESS names, if it names one.
    table : how a table is read, by the names of the fields of `Reading`: label, header, names,
        drop, keep, na, decimal, separator, sheet, transpose, samples, group_column, batch_column.
        By default the table says it, and what is doubtful is an error that names the option. And
        missing : values are filled by each feature's "mean" or "median" in the training set, or by
        "zero", before all other steps; or refused. categories : columns of texts become one feature
        of 0 and 1 for each level that the training set has ("onehot"); or are refused.

    Raises DataError, or another InputError for an option, for whatever is wrong with them.
    """
    if scale is not None:
        checks.one_of("open_data", "scale", scale, KINDS)
    if task is not None:
        checks.one_of("open_data", "task", task, TASKS)
    checks.one_of("open_data", "features", features, FEATURES)
    if scale is not None and prepare is not None:
        raise InputError("open_data", "scale or prepare", "both", "Name all steps in prepare.")
    reading = Reading(**table)
    shape: tuple[int, ...] = (*_size(size), 3)
    encoding, said = encoding_of(features, cache, progress)
    by = Cluster.of(cluster)
    read = partial(open_raw, strict=strict, seed=seed, progress=progress, cluster=by)
    with checks.memory_within(memory):
        splits = read(source, shape, reading, least_classes=2, task=task, encoding=encoding)
    if said and splits.train.image_shape:
        splits = splits.noted(said)
    if splits.train.feature_names is None:
        refuse_reading(source, reading)
    if by is not None and not by.default and not splits.train.in_file:
        splits = splits.noted("its features fit into the memory: the cluster has nothing to do")
    splits = splits.changed(lambda data: data.with_task(task))
    if task is None and reading.label is None:
        _refuse_guess(splits.train)
    dropped = listed(as_text("drop_class", drop_class), splits.train.classes)
    splits = splits.changed(lambda data: data.without(dropped))
    _check_train(splits.train, task)
    if test is not None:
        own = splits.train.image_shape or shape, splits.train.reading or reading
        with checks.memory_within(memory):
            other = read(test, *own, **_as_trained(splits.train, encoding))
        splits = _with_test(splits, other, dropped)
    if positive is not None:
        splits = splits.changed(lambda data: data.with_positive(positive))
    decisions = None if labels is None else read_decisions(labels)
    if hold_out is not None:
        splits = drawn(splits, hold_out, seed, reading.group_column, group_by, decisions)
    elif decisions is not None:
        splits = replace(splits, train=apply_decisions(splits.train, decisions))
    _check_train(splits.train, task)
    if scale is None and prepare is None and splits.train.picture_shape is None:
        plane = sources.is_builtin(source) and splits.train.encoder is None
        scale = "none" if plane else "standard"
        if splits.train.dtype == np.uint8:
            said = "8-bit numbers that are no pictures: standardized"
            splits = splits.noted(f"{said} (--scale pixels divides by 255)")
    if _all_alike(splits.train):
        said = "the features of all training examples are the same: nothing can be learned of them"
        splits = splits.noted(said)
    return with_overlaps(splits.prepared(_steps(scale or "pixels", prepare, reading)))


def _as_trained(train: Dataset, encoding: Encoding | None) -> dict[str, Any]:
    """How other data are read that go with a training set."""
    own: dict[str, Any] = {"columns": train.feature_names, "task": train.task, "bits": train.bits}
    if encoding is not None and train.encoder is not None:
        own["encoding"] = replace(encoding, auto=False)
    return own


def _with_test(splits: Splits, other: Splits, dropped: Sequence[str]) -> Splits:
    """The same with the test set of another source, or its only set."""
    found = other.train if other.test is None else other.test
    found = found.without([name for name in dropped if name in found.classes])
    found = matched(found, splits.train)
    return replace(splits, test=found, skipped=splits.skipped + other.skipped)


def _all_alike(train: Dataset) -> bool:
    """Whether no feature differs; most data say otherwise in the first two examples."""
    if train.in_file or len(train) < 2:
        return False
    first, *others = ([k] for k in range(len(train)))
    stored = train.features.stored
    return all(np.array_equal(stored(first), stored(one)) for one in others)


def refuse_reading(source: str | Path | Any, reading: Reading) -> None:
    """What only a table has is not asked of other sources."""
    if given := [name for name in reading.given if name != "missing"]:
        expected = f"a table ({', '.join(sources.TABLES)}), since --{given[0]} is given"
        raise DataError(str(source), expected, "another kind of source", f"Leave {given[0]} out.")


def _refuse_guess(train: Dataset) -> None:
    """Numbers with fractions in a column that nobody calls the label may be a feature."""
    column = train.reading and train.reading.label
    if train.task == "regression" and column and column.casefold() not in (*LABELS, WEAK):
        got, fix = f"'{column}', the last one, of numbers with fractions", quoted(column)
        fix = f"If that is to be predicted: --label {fix}; else name another with --label."
        raise DataError(train.source, "a column called label, class, target or y", got, fix)


def _steps(scale: str, prepare: str | Sequence[str] | None, reading: Reading) -> Scaling:
    """What is asked for, which has learned nothing yet."""
    first = [] if reading.missing == "refuse" else [f"missing:{reading.missing}"]
    first += ["onehot"] if reading.categories == "onehot" else []
    kind = scale if prepare is None else with_batches(prepare, reading)
    return Scaling.named(",".join(first) or "none").instead(kind)


def with_batches(prepare: str | Sequence[str], reading: Reading) -> str:
    """The names of steps with commas between them; "batch" is of the `batch_column`."""
    names, column = listed(as_text("prepare", prepare)), reading.batch_column
    if column is not None:
        names = [f"batch:{column}" if name == "batch" else name for name in names]
    return as_text("prepare", names) or "none"


def _size(size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) from one number or two."""
    sides = size if isinstance(size, (tuple, list)) else (size, size)
    whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in sides)
    if len(sides) != 2 or not whole or min(sides) < 1 or max(sides) > LARGEST:
        expected = f"size to be one or two whole numbers from 1 to {LARGEST} (height, width)"
        raise DataError("open_data", expected, checks.describe(size))
    return int(sides[0]), int(sides[1])


def _check_train(train: Dataset, task: str | None) -> None:
    """A training set has two classes, and labels that are classes; or two numbers."""
    if train.task == "regression":
        if not len(train) or (train.labels == train.labels[0]).all():
            got = f"{len(train)} alike" if len(train) else "no examples"
            raise DataError(train.source, "targets that differ", got)
        if np.abs(train.labels).max() > LARGEST_TARGET:
            got, fix = "larger ones", "Give them in another unit, or take their logarithms."
            raise DataError(train.source, f"targets up to {LARGEST_TARGET:g}", got, fix)
        return
    if train.image_shape is None and task is None:
        refuse_targets(train.source, train.classes, len(train))
    present = [train.classes[k] for k in np.unique(train.labels)]
    if len(present) < 2:
        got = f"one class only, {present[0]}" if present else "no examples"
        fix = "Add examples of another class."
        raise DataError(train.source, "examples of two or more classes", got, fix)
