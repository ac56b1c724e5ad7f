"""Files that hold tables larger than the memory perhaps: read whole or by ranges, the numbers are
the same."""

import os
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_array, csr_array

import chainrule as cr
from chainrule.data import open_data
from chainrule.data.readers import h5ad
from chainrule.data.readers.plink import BedSource
from chainrule.errors import DataError, InputError
from chainrule.experiments import Setting, cross_validate

M, N_X = 63, 400
LITTLE = 1e-4  # GB, of which a sixteenth is less than these tables
RNG = np.random.default_rng(0)
KINDS = np.array(["control", "case"])[RNG.integers(0, 2, M)]
X = RNG.integers(0, 3, (M, N_X)).astype(np.float32)
CHUNKS = {"rows": (1, N_X), "features": (M, 30), "squares": (16, 16), "one piece": None}


def write_hdf5(folder, chunks=None, **more):
    path = folder / "a.h5"
    with h5py.File(path, "w") as file:
        how = {"chunks": chunks, "compression": "gzip"} if chunks else {}
        file.create_dataset("X", data=X, **how)
        file["y"] = list(map(str, KINDS))
        group = file.create_group("group")
        group["features"], group["labels"] = h5py.SoftLink("/X"), h5py.SoftLink("/y")
        for name, value in more.items():
            file[name] = value
    return path


def write_h5ad(folder, X, m=M):
    """As anndata 0.12 writes it; obs with categories of which one is missing, and numbers."""
    path = folder / "a.h5ad"
    with h5py.File(path, "w") as file:
        file.attrs["encoding-type"] = "anndata"
        if isinstance(X, np.ndarray):
            file["X"] = X
        else:
            group = file.create_group("X")
            group.attrs["encoding-type"], group.attrs["shape"] = f"{X.format}_matrix", X.shape
            for name in ("data", "indices", "indptr"):
                group[name] = getattr(X, name)
        for name, n in (("obs", m), ("var", N_X)):
            frame = file.create_group(name)
            frame["_index"] = [f"{name}{i}" for i in range(n)]
            frame.attrs["_index"] = "_index"
            frame.attrs["column-order"] = ["kind", "depth"] if name == "obs" else []
        kind = file["obs"].create_group("kind")
        kind["categories"] = ["case", "control"]
        codes = (KINDS == "control").astype(np.int8)
        codes[7] = -1
        kind["codes"] = codes
        file["obs/depth"] = np.arange(M) % 2 + 0.5
    return path


def write_bed(folder, genotypes):
    """genotypes : (m, n_x) of 0, 1, 2 and NaN."""
    path = folder / "a.bed"
    codes = np.select([genotypes == 2, genotypes == 1, genotypes == 0], [0, 2, 3], 1).T
    padded = np.pad(codes.astype(np.uint8), ((0, 0), (0, -len(genotypes) % 4)))
    four = padded.reshape(genotypes.shape[1], -1, 4) << np.arange(0, 8, 2, dtype=np.uint8)
    path.write_bytes(b"\x6c\x1b\x01" + four.sum(-1).astype(np.uint8).tobytes())
    people = [f"f{i} p{i} 0 0 1 {1 + (kind == 'case')}" for i, kind in enumerate(KINDS)]
    path.with_suffix(".fam").write_text("\n".join(people))
    lines = (f"1 rs{k} 0 {k} A G" for k in range(genotypes.shape[1]))
    path.with_suffix(".bim").write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("memory", [None, LITTLE], ids=["whole", "by ranges"])
@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_hdf5_at_the_root_and_in_a_group(tmp_path, chunks, memory):
    path = write_hdf5(tmp_path, chunks)
    for place in ("", ":/X", ":/group", ":/group/features"):
        data = open_data(f"{path}{place}", memory=memory).train
        assert data.in_file == (memory is not None)
        assert data.classes == ("case", "control")
        assert_array_equal(data.raw, X.T)
        assert_array_equal(data.features.features(slice(3, 9)), X.T[3:9])
        assert_array_equal(data.select([5, 2]).raw, X.T[:, [5, 2]])
    with pytest.raises(DataError, match="a table or a group at /gone; got X, group, y"):
        open_data(f"{path}:/gone", memory=memory)


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_a_training_from_hdf5_has_the_same_numbers(tmp_path, chunks):
    path = write_hdf5(tmp_path, chunks)
    network = cr.Network.create((N_X, 5, 1), rng=1)
    found = [
        cr.train(network, open_data(path, memory=memory).train, iterations=20, learning_rate=0.05)
        for memory in (None, 10 * LITTLE)
    ]
    assert found[1].first_layer.form == "dual"
    assert_allclose(found[1].history.cost, found[0].history.cost, rtol=1e-10)
    assert_allclose(found[1].network.weights[0], found[0].network.weights[0], atol=1e-10)


def test_chunks_of_whole_examples_are_read_no_more_often_than_the_memory_makes_it(tmp_path):
    path = write_hdf5(tmp_path, CHUNKS["rows"])
    told = []
    data = open_data(path, memory=LITTLE, progress=lambda *done: told.append(done)).train
    stretches = list(data.features.source.stretches())
    assert len(stretches) == data.features.source.reads == 16
    assert "16 times a pass: 400 of them lie together" in data.notes[0]
    assert len(told) == 16  # of the pass that learned the scaling
    assert told[-1] == (pytest.approx(M * N_X * 4e-9), pytest.approx(M * N_X * 4e-9), "GB")
    path = write_hdf5(tmp_path, CHUNKS["features"])
    source = open_data(path, memory=1e-3).train.features.source
    assert source.reads == 1
    assert {s.start % 30 for s in source.stretches()} == {0}


@pytest.mark.parametrize("memory", [None, LITTLE], ids=["whole", "by ranges"])
@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_zarr(tmp_path, memory, zipped):
    zarr = pytest.importorskip("zarr", exc_type=ImportError)
    path = tmp_path / ("a.zarr.zip" if zipped else "a.zarr")
    store = zarr.storage.ZipStore(path, mode="w") if zipped else path
    root = zarr.open_group(store, mode="w")
    root.create_array("X", data=X, chunks=(M, 30))
    root.create_array("y", data=(KINDS == "case").astype(int))
    if zipped:
        store.close()
    for place in ("", ":/X"):
        data = open_data(f"{path}{place}", memory=memory).train
        assert data.in_file == (memory is not None)
        assert_array_equal(data.raw, X.T)
        assert_array_equal(data.labels, KINDS == "case")
        assert_array_equal(data.features.features(slice(3, 9)), X.T[3:9])
    if memory and not zipped:
        (chunk,) = (path / "X").glob("**/3")
        chunk.write_bytes(chunk.read_bytes()[:9])
        with pytest.raises(DataError, match=r"a.zarr:/X, features \d+ to \d+: expected undamaged"):
            _ = data.raw


@pytest.mark.parametrize("memory", [None, LITTLE], ids=["whole", "by ranges"])
@pytest.mark.parametrize("form", [np.asarray, csr_array, csc_array])
def test_anndata(tmp_path, memory, form):
    path = write_h5ad(tmp_path, form(X))
    how = {"label": "kind", "memory": memory and 16 * memory, "group_column": "depth"}
    data = open_data(path, **how).train
    kept = np.arange(M) != 7
    assert data.in_file == (memory is not None and X.nbytes > memory * 2**30)
    assert_array_equal(data.raw, X[kept].T)
    assert data.classes == ("case", "control")
    assert_array_equal(data.labels, KINDS[kept] == "control")
    assert (data.names[8], data.feature_names[3]) == ("obs9", "var3")
    assert_array_equal(data.facts["depth"][:3], ["0.5", "1.5", "0.5"])
    assert data.notes[:2] == ("labels from 'kind'", "left out 1 examples without a label")


@pytest.mark.parametrize("memory", [1e-3, 1e-4], ids=["in memory", "in a file"])
def test_anndata_by_examples_is_turned_some_at_a_time(tmp_path, monkeypatch, memory):
    monkeypatch.setattr(h5ad, "READ_BYTES", 12 * 1000)
    made, zeros = [], h5ad.scratch.zeros
    monkeypatch.setattr(
        h5ad.scratch, "zeros", lambda *of, **how: made.append(0) or zeros(*of, **how)
    )
    some = np.where(RNG.random(X.shape) < 0.3, X, 0)
    some[11] = 0
    some[:, 17] = 0
    path = write_h5ad(tmp_path, csr_array(some))
    data = open_data(path, label="kind", memory=memory).train
    assert data.in_file
    assert bool(made) == (memory == 1e-4)
    kept = np.arange(M) != 7
    assert_array_equal(data.raw, some[kept].T)
    assert_array_equal(data.features.features(slice(15, 30)), some[kept].T[15:30])
    with pytest.raises(DataError, match="that workers can read"):
        pickle.dumps(data.features.source)


def test_what_is_wrong_with_anndata(tmp_path):
    path = write_h5ad(tmp_path, X)
    for how, message in (
        ({}, "which label is meant; got kind, depth. Name one with --label"),
        ({"label": "kin"}, r"'kin' \(--label\).* Did you mean kind"),
        ({"label": "kind", "header": True}, "a table, since --header is given"),
        ({"label": "kind", "batch_column": "plate"}, r"'plate' \(--batch-column\)"),
    ):
        with pytest.raises(DataError, match=message):
            open_data(path, **how)
    sparse = csr_array(X)
    sparse.indices[-1] = N_X
    write_h5ad(tmp_path, sparse)
    with pytest.raises(DataError, match="a sparse X"):
        open_data(path, label="kind")
    write_h5ad(tmp_path, X[:-1])
    with pytest.raises(DataError, match=r"X of shape \(63, 400\), as obs and var; got \(62, 400\)"):
        open_data(path, label="kind")


@pytest.mark.parametrize("memory", [None, LITTLE], ids=["whole", "by ranges"])
def test_genotypes(tmp_path, memory):
    genotypes = X.astype(np.float64)
    genotypes[3, 17] = genotypes[62, 399] = np.nan
    path = write_bed(tmp_path, genotypes)
    data = open_data(path, missing="mean", memory=memory).train
    assert_array_equal(data.raw, genotypes.T)
    assert data.classes == ("case", "control")
    assert_array_equal(np.array(data.classes)[data.labels], KINDS)
    assert (data.names[5], data.feature_names[9]) == ("p5", "rs9")
    found = data.matrix()
    filled = np.where(np.isnan(genotypes), np.nanmean(genotypes, axis=0), genotypes)
    scaled = (filled - filled.mean(0)) / filled.std(0)
    assert_allclose(found.gram(), scaled @ scaled.T, atol=1e-9)
    with pytest.raises(InputError, match=r"a.bed.*expected no missing values"):
        open_data(path, memory=memory)


def test_genotypes_with_labels_from_a_table_and_none_of_their_own(tmp_path):
    path = write_bed(tmp_path, X)
    fam = path.with_suffix(".fam")
    fam.write_text("\n".join(line[:-1] + "-9" for line in fam.read_text().splitlines()))
    with pytest.raises(DataError, match="which label is meant; got nothing known"):
        open_data(path)
    table = tmp_path / "people.csv"
    table.write_text("id,ill\n" + "\n".join(f"p{i},{'no' if i % 3 else 'yes'}" for i in range(60)))
    data = open_data(path, samples=str(table), label="ill").train
    assert len(data) == 60
    assert_array_equal(data.labels, np.arange(60) % 3 == 0)
    fam.write_text("\n".join(f"f p{i} 0 0 1 {i / 7}" for i in range(M)))
    assert_allclose(open_data(path).train.labels[-1], 62 / 7)


def test_two_bits_by_hand(tmp_path):
    """Of PLINK's own example (formats, .bed): three variants of six people."""
    path = tmp_path / "a.bed"
    path.write_bytes(bytes.fromhex("6c1b01dc0fe70f6b01"))
    nan = np.nan
    expected = np.array([[2, 0, nan, 0, 0, 0], [0, nan, 1, 0, 0, 0], [0, 1, 1, nan, nan, 2]])
    assert_array_equal(BedSource(path, (3, 6)).features(0, 3), expected)


def test_what_is_wrong_with_genotypes(tmp_path):
    path = write_bed(tmp_path, X)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(DataError, match=r"6,403 bytes for 400 variants .* 63 people .* got 6,402"):
        open_data(path)
    path.write_bytes(b"\x6c\x1b\x00" + whole[3:])
    with pytest.raises(DataError, match="genotypes by variants; got another file"):
        open_data(path)
    path.write_bytes(whole)
    data = open_data(path, memory=LITTLE).train
    os.utime(path, ns=(0, 0))
    with pytest.raises(DataError, match="the file as it was"):
        data.matrix().times(np.ones((1, N_X)))
    path.with_suffix(".bim").unlink()
    with pytest.raises(DataError, match=r"a.bim: expected a .bim file beside the .bed; got none"):
        open_data(path)


def test_what_is_wrong_with_hdf5(tmp_path):
    for name, values, message in (
        ("complex", X.astype(complex), "63 rows of numbers, one per label.*complex64|complex128"),
        ("turned", X.T, "63 rows.*Save it transposed|got shape"),
        ("short", X[1:], "63 rows of numbers"),
        ("none", np.empty((M, 0)), "63 rows of numbers"),
    ):
        path = write_hdf5(tmp_path, **{f"{name}/X": values, f"{name}/y": KINDS.astype("S")})
        if name == "turned":
            assert open_data(f"{path}:/{name}").notes[0].endswith("transposed")
        else:
            with pytest.raises(DataError, match=message):
                open_data(f"{path}:/{name}")
        with pytest.raises(DataError, match=message):
            open_data(f"{path}:/{name}", memory=LITTLE)
    infinite = X.copy()
    infinite[5, 333] = np.nan
    path = write_hdf5(tmp_path, **{"bad/X": infinite, "bad/y": KINDS.astype("S")})
    with pytest.raises(InputError, match=r"a.h5:/bad.*, features (\d+) to (\d+).*1 of [\d,]+ val"):
        open_data(f"{path}:/bad", memory=LITTLE)
    data = open_data(path, memory=LITTLE).train
    Path(path).write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(DataError, match=r"the file as it was|undamaged"):
        data.matrix().gram()


@pytest.mark.parametrize(
    "prepare", ["total,log1p,standard", "log1p,derivative:5,snv", "snv,standard"]
)
def test_steps_of_whole_examples_in_a_file(tmp_path, prepare):
    path = write_hdf5(tmp_path, CHUNKS["squares"])
    here = open_data(path, prepare=prepare).train
    told = []
    data = open_data(
        path, prepare=prepare, memory=10 * LITTLE, progress=lambda *one: told.append(one)
    )
    data = data.train
    for name, expected in here.scaling.arrays().items():
        assert_allclose(data.scaling.arrays()[name], expected, rtol=1e-10, atol=1e-14)
    of_file, in_memory = data.matrix(), here.matrix()
    assert_allclose(of_file.gram(), in_memory.gram(), rtol=1e-10, atol=1e-9)
    assert_allclose(of_file.features(slice(3, 9)), in_memory.features(slice(3, 9)), atol=1e-12)
    assert_allclose(of_file.columns([5, 2]), in_memory.columns([5, 2]), atol=1e-12)
    part, rest = (X.select(np.arange(9)) for X in (of_file, in_memory))
    assert_allclose(part.outer(np.ones((1, 9))), rest.outer(np.ones((1, 9))), atol=1e-11)
    # A pass for each step that needs the whole examples, but the derivative; and for what learns.
    assert sum(done == total for done, total, _ in told) == 2 + ("standard" in prepare) + 1


def test_steps_of_whole_examples_that_are_refused_in_a_file(tmp_path):
    path = write_hdf5(tmp_path)
    with pytest.raises(InputError, match=r"whole examples before all that learn.*standard,snv"):
        open_data(path, prepare="standard,snv", memory=LITTLE)
    path = write_hdf5(tmp_path, **{"less/X": X - 1, "less/y": KINDS.astype("S")})
    with pytest.raises(InputError, match=r"a.h5.*counts, 0 or more"):
        open_data(f"{path}:/less", prepare="total,standard", memory=LITTLE)


@pytest.mark.parametrize("prepare", ["snv", "total", "derivative", "log1p,snv"])
@pytest.mark.parametrize(
    ("value", "message"), [(np.inf, "finite numbers; got 1 infinite"), (np.nan, "1 of .* missing")]
)
def test_what_is_not_finite_before_a_step_of_whole_examples(tmp_path, prepare, value, message):
    holed = X.astype(np.float64)
    holed[7, 11] = value
    path = write_hdf5(tmp_path, **{"bad/X": holed, "bad/y": KINDS.astype("S")})
    with pytest.raises(InputError, match=rf"a.h5:/bad/X, features 0 to \d+.*expected .*{message}"):
        open_data(f"{path}:/bad", prepare=prepare, memory=LITTLE).train.matrix().gram()


def test_experiments_with_steps_of_whole_examples_in_a_file(tmp_path):
    path = write_hdf5(tmp_path)
    setting = Setting(hidden=(4,), iterations=9, learning_rate=0.05)
    found = [
        cross_validate(
            open_data(path, prepare="total,log1p,standard", memory=memory).train, setting
        )
        for memory in (None, 10 * LITTLE)
    ]
    assert_allclose(found[1].outputs, found[0].outputs, rtol=1e-10)


def without_encoding(file):
    del file.attrs["encoding-type"]


def without_X(file):
    del file["X"]


def without_var(file):
    del file["var"]


def of_another_form(file):
    file["X"].attrs["encoding-type"] = "coo_matrix"


def beyond_its_numbers(file):
    file["X/indptr"][-1] = 10**7


def of_other_categories(file):
    file["obs/kind/codes"][0] = 9


def other(place, of):
    """Makes another array of the one at a place."""

    def damage(file):
        values = of(file[place][()])
        del file[place]
        file[place] = values

    return damage


def not_all_written(file):
    n = len(file["X/data"])
    del file["X/data"]
    file.create_dataset("X/data", (n,), "f8", chunks=(100,))[:100] = 1


def with_a_layer_alone(file):
    file["layers/counts"] = file["X/data"]
    del file["X"]


def with_a_short_mask(file):
    del file["obs/depth"]
    file["obs/depth/values"], file["obs/depth/mask"] = np.arange(M), np.zeros(9, bool)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_encoding, "a file of AnnData; got another, or of an older version"),
        (without_X, "cells and features in X; got no X"),
        (with_a_layer_alone, "cells and features in X; got no X"),
        (not_all_written, "X/data written in full"),
        (
            other("X/data", lambda v: np.stack([v, v], 1)),
            r"X/data: .*got shape",
        ),
        (other("X/data", lambda v: v.astype("S4")), r"X/data: expected .* numbers; got .* \|S4"),
        (
            other("X/indices", lambda v: v + 0.5),
            "X/indices: expected .* whole numbers; got .*float64",
        ),
        (other("X/indices", lambda v: v.astype("S4")), "X/indices: expected .* whole numbers"),
        (
            other("X/indptr", lambda v: v + 0.5),
            "X/indptr: expected .* whole numbers; got .*float64",
        ),
        (other("X/indptr", lambda v: v[:, None]), r"X/indptr: expected .*got shape \(64, 1\)"),
        (other("obs/depth", lambda v: v[:9]), "obs/depth: expected 63 values.*; got 9"),
        (
            other("obs/depth", lambda v: np.stack([v, v], 1)),
            "obs/depth: expected 63 values.*; got 126",
        ),
        (with_a_short_mask, "obs/depth: expected a mask of 63 values; got 9"),
        (other("obs/kind/codes", lambda v: v + 0.0), "obs/kind: expected codes of its categories"),
        (
            other("obs/kind/codes", lambda v: v[:, None]),
            "obs/kind: expected codes of its categories",
        ),
        (without_var, "a data frame var; got none"),
        (of_another_form, r"a dense or sparse X of shape \(63, 400\); got coo_matrix"),
        (beyond_its_numbers, r"a sparse X of shape \(63, 400\); got numbers that are none"),
        (of_other_categories, "obs/kind: expected codes of its categories"),
    ],
)
@pytest.mark.parametrize("form", [csr_array, csc_array])
@pytest.mark.parametrize("memory", [None, LITTLE], ids=["whole", "by ranges"])
def test_damaged_anndata(tmp_path, damage, message, form, memory):
    path = write_h5ad(tmp_path, form(X))
    if form is csc_array and "64, 1" in message:
        message = message.replace("64", "401")
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(DataError, match=message):
        open_data(path, label="kind", memory=memory)


@pytest.mark.parametrize("form", [csr_array, csc_array])
@pytest.mark.parametrize("memory", [None, LITTLE], ids=["whole", "by ranges"])
def test_values_of_a_sparse_table_at_one_place_are_added(tmp_path, form, memory):
    some = form(X)
    twice = form((np.repeat(some.data, 2), np.repeat(some.indices, 2), some.indptr * 2), some.shape)
    found = open_data(write_h5ad(tmp_path, twice), label="kind", memory=memory).train
    assert_array_equal(found.raw, 2 * open_data(write_h5ad(tmp_path, X), label="kind").train.raw)


def test_columns_of_anndata_that_may_lack_values(tmp_path):
    path = write_h5ad(tmp_path, X)
    with h5py.File(path, "r+") as file:
        stage = file["obs"].create_group("stage")
        stage["values"], stage["mask"] = np.arange(M) % 3, np.arange(M) == 2
        file["obs"].attrs["column-order"] = ["kind", "stage"]
    facts = open_data(path, label="kind").train.facts
    assert facts["stage"][:4].tolist() == ["0", "1", "", "0"]


def test_people_and_variants_of_one_name(tmp_path):
    path = write_bed(tmp_path, X)
    for end, row in ((".fam", "f{0} p 0 0 1 {1}"), (".bim", "1 . 0 {0} A G")):
        rows = (row.format(k, 1 + k % 2) for k in range(M if end == ".fam" else N_X))
        path.with_suffix(end).write_text("\n".join(rows))
    data = open_data(path).train
    assert (data.names[7], data.feature_names[9]) == ("f7/p", "1:9:A:G")
    path.with_suffix(".bim").write_text("1 . 0 5 A G\n" * N_X)
    assert open_data(path).train.feature_names[9] == "1:5:A:G:9"
    path.with_suffix(".bim").write_text("1 . 0 5 A\n" * N_X)
    with pytest.raises(DataError, match=r"a.bim, line 1: expected six columns; got 5"):
        open_data(path)
    path.with_suffix(".bim").write_text("\n")
    with pytest.raises(DataError, match=r"a.bim: expected a line for each; got none"):
        open_data(path)


def test_more_people_in_the_genotypes_than_in_fam(tmp_path):
    path = write_bed(tmp_path, X)
    people = path.with_suffix(".fam")
    people.write_text("".join(people.read_text().splitlines(keepends=True)[:-2]))
    with pytest.raises(
        DataError, match=r"a.bed, variants 0 to .*: expected no more than 61 people"
    ):
        _ = open_data(path).train.raw


@pytest.mark.parametrize("version", [2, 3])
def test_damaged_metadata_of_zarr(tmp_path, version):
    zarr = pytest.importorskip("zarr", exc_type=ImportError)
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=version)
    root.create_array("X", data=X, chunks=(M, 30))
    root.create_array("y", data=np.arange(M) % 2)
    for place in ("X", ""):
        name = "zarr.json" if version == 3 else ".zarray" if place else ".zgroup"
        path = tmp_path / "a.zarr" / place / name
        text = path.read_text()
        damaged = [text[:20], "[]", "\x00"]
        if place:
            damaged += [text.replace("400", '"a"'), text.replace("400", "-4")]
            damaged += [text.replace("float32", "foo").replace("<f4", "foo")]
            damaged += [text.replace('"zstd"', '"foo"')] if version == 3 else []
        for some in damaged:
            path.write_text(some)
            for at in ("", ":/X"):
                with pytest.raises(DataError, match=r"a.zarr: expected an array or a group at"):
                    open_data(f"{tmp_path / 'a.zarr'}{at}")
        path.write_text(text)


@pytest.mark.parametrize("memory", [None, LITTLE], ids=["whole", "by ranges"])
@pytest.mark.parametrize("version", [2, 3])
def test_chunks_of_zarr_that_are_not_there_are_said(tmp_path, memory, version):
    zarr = pytest.importorskip("zarr", exc_type=ImportError)
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=version)
    array = root.create_array("X", shape=X.shape, dtype=X.dtype, chunks=(M, 30), fill_value=0.5)
    array[:, 60:] = X[:, 60:]
    root.create_array("y", data=np.arange(M) % 2)
    data = open_data(tmp_path / "a.zarr", memory=memory).train
    assert (data.raw[:60] == 0.5).all()
    assert "2 of 14 chunks of X are not there: they are read as 0.5" in data.notes


@pytest.mark.parametrize("version", [2, 3])
def test_chunks_of_zarr_that_change_while_they_are_read(tmp_path, version):
    zarr = pytest.importorskip("zarr", exc_type=ImportError)
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=version)
    root.create_array("X", data=X, chunks=(20, 30))
    root.create_array("y", data=np.arange(M) % 2)
    for chunk in ("0", "2"):
        data = open_data(tmp_path / "a.zarr", memory=LITTLE).train
        there = pickle.loads(pickle.dumps(data.features.source))
        assert_array_equal(there.features(3, 9), X.T[3:9])
        root["X"][int(chunk) * 20 :, 90:120] = 7
        for source in (there, data.features.source):
            with pytest.raises(DataError, match=r"a.zarr: expected the file as it was"):
                source.features(90, 93)
    data = open_data(tmp_path / "a.zarr", memory=LITTLE).train
    next(p for p in (tmp_path / "a.zarr" / "X").glob("**/*3") if p.is_file()).unlink()
    with pytest.raises(DataError, match=r"a.zarr: expected the file as it was"):
        _ = data.raw


def test_what_is_wrong_with_zarr(tmp_path):
    zarr = pytest.importorskip("zarr", exc_type=ImportError)
    zarr.open_array(tmp_path / "alone.zarr", mode="w", shape=(3, 2), dtype="f8")
    with pytest.raises(DataError, match="features and labels; got an array alone"):
        open_data(tmp_path / "alone.zarr")
    zarr.open_group(tmp_path / "a.zarr", mode="w")
    with pytest.raises(DataError, match="an array or a group at /nowhere"):
        open_data(f"{tmp_path / 'a.zarr'}:/nowhere")
