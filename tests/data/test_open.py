"""One function that opens any source: which kind is which, and what fits together."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from chainrule.data import open_data
from chainrule.errors import ChainruleError, DataError, InputError


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_builtin_name_wins_over_a_file_unless_it_is_a_path(here, paint):
    for name in ("fashion/a/1.png", "fashion/b/2.png"):
        paint(here / name)
    assert len(open_data("fashion").train) == 1000
    assert len(open_data("./fashion").train) == len(open_data(Path("fashion")).train) == 2


@pytest.mark.parametrize(
    ("source", "fix"),
    [
        ("fashon", "Did you mean fashion?"),
        ("planar:flwer", "Did you mean planar:flower?"),
        ("cats/tran.h5", "Did you mean cats/train.h5?"),
        ("nothing-like-it", "Check the path."),
        ("no/such/folder", "Check the path."),
        ("nul\0byte", "Check the path."),
    ],
)
def test_an_unknown_source_lists_what_is_accepted_and_suggests(here, source, fix):
    (here / "cats").mkdir()
    (here / "cats/train.h5").touch()
    with pytest.raises(DataError) as caught:
        open_data(source)
    assert caught.value.fix == fix
    assert "a file or folder, or a built-in name" in str(caught.value)
    assert "planar:xor" in str(caught.value)


@pytest.mark.parametrize("name", ["one.jpg", "data.mat", "README"])
def test_a_file_of_another_kind(here, name):
    (here / name).write_bytes(b"content")
    with pytest.raises(DataError, match="a file ending in"):
        open_data(name)


@pytest.mark.parametrize("source", [5, None, b"fashion", ["fashion"], np.ones(3)], ids=str)
def test_what_is_no_source_at_all(source):
    with pytest.raises(DataError, match="open_data: expected an HDF5 file"):
        open_data(source)


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "pipe.csv", "/dev/null", "folder.csv"])
def test_what_the_system_refuses(here, name):
    os.mkfifo(here / "pipe.csv")
    (here / "folder.csv").mkdir()
    with pytest.raises(ChainruleError):
        open_data(name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["a.csv", "a.npz", "a.h5", "folder"])
def test_permission_denied(here, name):
    (here / "folder").mkdir()
    (here / name).exists() or (here / name).touch()
    (here / name).chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        open_data(name)
    (here / name).chmod(0o700)


@pytest.mark.parametrize("opener", ["open_table", "open_npz", "open_hdf5_arrays", "open_folder"])
def test_the_systems_errors_name_the_source(here, monkeypatch, paint, opener):
    """What root's tests cannot provoke: the system refuses to read."""
    import chainrule.data.raw as open_module

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(getattr(open_module, opener[5:]), opener, refuse)
    name = {"open_table": "a.csv", "open_npz": "a.npz", "open_hdf5_arrays": "a.h5"}.get(
        opener, "pets"
    )
    paint(here / "pets/a/1.png")
    (here / name).exists() or (here / name).touch()
    with pytest.raises(DataError, match=f"{name}: expected a source.*got Permission denied"):
        open_data(name)


@pytest.mark.parametrize("kind", ["none", "pixels", "standard"])
def test_scaling_is_learned_from_the_training_set_and_applied_to_all(kind):
    splits = open_data("fashion", scale=kind)
    assert splits.train.scaling is splits.test.scaling
    assert splits.train.scaling.kind == kind
    x, standard = splits.test.raw / 1.0, StandardScaler().fit(splits.train.raw.T / 1.0)
    expected = {"none": x, "pixels": x / 255, "standard": standard.transform(x.T).T}[kind]
    assert_allclose(splits.test.matrix().columns(slice(None)), expected, atol=1e-9)


def test_an_unknown_scale():
    with pytest.raises(InputError, match=r"none, pixels, standard.*Did you mean standard\?"):
        open_data("fashion", scale="standrd")


def test_positive_makes_a_binary_problem_of_every_set():
    whole, coats = open_data("fashion"), open_data("fashion", positive="Coat")
    for one, all_ in ((coats.train, whole.train), (coats.test, whole.test)):
        assert one.classes == ("not Coat", "Coat")
        assert_array_equal(one.labels == 1, all_.labels == 4)


def test_positive_that_is_no_class():
    with pytest.raises(DataError, match=r"T-shirt/top, .*got 'coat'\. Did you mean Coat\?"):
        open_data("fashion", positive="coat")


def test_a_second_source_becomes_the_test_set(here, paint):
    for name in ("a/cat/1.png", "a/dog/2.png", "b/dog/3.png", "b/cat/4.png", "b/cat/notes.jpg"):
        paint(here / name)
    (here / "b/cat/notes.jpg").write_text("no picture")
    splits = open_data("a", test="b", size=(4, 6))
    assert splits.test.image_shape == (4, 6, 3)
    assert splits.test.names == ("cat/4.png", "dog/3.png")
    assert splits.skipped == ("cat/notes.jpg: no picture format that Pillow knows (.jpg)",)


def test_a_test_folder_gets_the_size_of_the_training_pictures(here, paint):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (4, 5, 7, 3), dtype=np.uint8)
    np.savez(here / "train.npz", X=X, y=["cat", "dog"] * 2)
    for name in ("b/cat/1.png", "b/dog/2.png"):
        paint(here / name)
    assert open_data("train.npz", test="b").test.image_shape == (5, 7, 3)


def test_the_test_set_of_the_second_source_is_taken(here):
    splits = open_data("planar:flower", test="planar:moons", seed=2)
    assert_array_equal(splits.test.raw, open_data("planar:moons", seed=2).test.raw)


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("fashion", "planar", r"pictures \(28, 28\), uint8; got 2 numbers an example, float64"),
        ("pixels.npz", "floats.npz", "2 numbers an example, uint8; got 2 numbers.*float64"),
        ("floats.npz", "planar", "the training set knows .*got examples of red, blue"),
        ("floats.npz", "absent.npz", "no such file"),
    ],
)
def test_a_test_set_that_does_not_fit(here, train, test, message):
    np.savez("pixels.npz", X=np.eye(2, dtype=np.uint8), y=[0, 1])
    np.savez("floats.npz", X=np.eye(2) / 2, y=[0, 1])
    with pytest.raises(DataError, match=message):
        open_data(train, test=test)


def test_a_label_column_for_what_is_no_table():
    with pytest.raises(DataError, match=r"a table \(\.csv.*Leave label out"):
        open_data("fashion", label="kind")


@pytest.fixture
def samples(here, paint):
    """One small valid file of each kind: path -> what opens it."""
    X, y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 1, 0])
    np.savez_compressed(here / "a.npz", X=X, y=y, classes=["no", "yes"])
    (here / "a.csv").write_text("id,a,b,y\nr,1,2,p\ns,3,4,q\nt,5,6,q\n")
    with h5py.File(here / "a.h5", "w") as file:
        file["train_set_x"] = np.arange(48, dtype=np.uint8).reshape(4, 2, 2, 3)
        file["train_set_y"] = y
        file["list_classes"] = np.array([b"no", b"yes"])
    for name in ("jpg", "png", "gif", "tiff", "webp", "bmp"):
        paint(here / f"pets/a/1.{name}", size=(16, 16))
    paint(here / "pets/b/1.png")
    return {"a.npz": "a.npz", "a.csv": "a.csv", "a.h5": "a.h5"} | {
        str(path): "pets" for path in Path("pets/a").iterdir()
    }


def test_damaged_files_raise_nothing_but_our_own_errors(samples):
    rng = np.random.default_rng(0)
    for name, source in samples.items():
        whole = Path(name).read_bytes()
        for _ in range(40):
            damaged = np.frombuffer(whole[: rng.integers(1, len(whole) + 1)], np.uint8).copy()
            damaged[rng.integers(0, len(damaged), 4)] = rng.integers(0, 256, 4)
            Path(name).write_bytes(damaged.tobytes())
            with contextlib.suppress(ChainruleError):
                open_data(source, size=4)
        Path(name).write_bytes(whole)
        assert open_data(source, size=4).skipped == ()


def test_importing_the_package_loads_numpy_at_most():
    code = (
        "import sys, chainrule.data\n"
        "print([m for m in ('PIL', 'h5py', 'sklearn', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_features_that_are_all_the_same_are_said(tmp_path):
    table = tmp_path / "t.csv"
    for last, said in (("1,2,no\n", True), ("1,3,no\n", False)):
        table.write_text("u,v,label\n1,2,yes\n1,2,no\n" + last)
        notes = open_data(table).notes
        assert any("nothing can be learned" in note for note in notes) == said
