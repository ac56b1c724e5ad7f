"""Tensor files: exact, atomic, and refused when they cannot be trusted."""

import json
import os
import stat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from chainrule import InputError, ModelFileError, checks
from chainrule.files import atomic, tensor_file

FACTS = {"format": "chainrule model", "version": 1, "names": ["Katze", "猫", "\udc80"], "x": 1 / 3}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.safetensors"


def read(path, kind="model", newest=1, **rules):
    return tensor_file.read(path, kind, newest, **rules)


LAYOUTS = {
    "C": lambda a: np.ascontiguousarray(a),
    "Fortran": lambda a: np.asfortranarray(a),
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "reversed": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape),
    "read-only": lambda a: a.view(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?"])
def test_arrays_come_back_exactly_whatever_their_layout(layout, dtype, path):
    array = LAYOUTS[layout]((np.random.default_rng(1).random((3, 5)) * 99).astype(dtype))
    expected = array.tolist()
    array.flags.writeable = False
    tensor_file.write(path, {"a": array}, FACTS)
    found = read(path)[0]["a"]
    assert found.tolist() == expected
    assert found.dtype == array.dtype


@pytest.mark.parametrize("shape", [(), (1,), (0,), (0, 3), (2, 0), (2, 3, 4)], ids=str)
def test_shapes_come_back(shape, path):
    tensor_file.write(path, {"a": np.ones(shape)}, FACTS)
    assert read(path)[0]["a"].shape == shape


@given(
    a=hnp.arrays(
        st.sampled_from([np.float64, np.float32]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
    ),
    fact=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
)
def test_round_trip(tmp_path_factory, a, fact):
    path = tmp_path_factory.mktemp("round") / "file"
    tensor_file.write(path, {"a": a}, FACTS | {"fact": fact})
    arrays, facts = read(path)
    assert_array_equal(arrays["a"], a)
    assert facts == FACTS | {"fact": fact}


def test_any_safetensors_reader_can_open_it(path):
    from safetensors import safe_open

    tensor_file.write(path, {"a": np.arange(3.0)}, FACTS)
    with safe_open(path, framework="numpy") as file:
        facts = json.loads(file.metadata()["chainrule"])
        assert len(facts.pop("digest")) == 64
        assert facts == FACTS
        assert_array_equal(file.get_tensor("a"), [0, 1, 2])


def test_an_old_file_is_replaced(path):
    for value in (1.0, 2.0):
        tensor_file.write(path, {"a": np.array(value)}, FACTS)
    assert read(path)[0]["a"] == 2
    assert os.listdir(path.parent) == [path.name]


def test_permissions_are_those_of_any_new_file(path, tmp_path):
    tensor_file.write(path, {}, FACTS)
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (path, tmp_path / "other")}
    assert len(modes) == 1


@pytest.mark.parametrize("name", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
def test_a_failure_while_writing_leaves_the_old_file(name, error, path, monkeypatch):
    tensor_file.write(path, {"a": np.array(1.0)}, FACTS)

    def fail(*args):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(os, name, fail)
        kind = InputError if isinstance(error, OSError) else type(error)
        with pytest.raises(kind, match="disk full" if kind is InputError else None):
            tensor_file.write(path, {"a": np.array(2.0)}, FACTS)
    assert read(path)[0]["a"] == 1
    assert os.listdir(path.parent) == [path.name]


def test_facts_that_are_no_json_leave_nothing(path):
    with pytest.raises(TypeError):
        tensor_file.write(path, {}, {"set": {1}})
    assert os.listdir(path.parent) == []


def test_a_long_name(tmp_path):
    path = tmp_path / ("n" * 250)
    tensor_file.write(path, {}, FACTS)
    assert read(path)[1] == FACTS


def refused(path, *parts, newest=1, **rules):
    with pytest.raises(ModelFileError) as caught:
        read(path, newest=newest, **rules)
    assert caught.value.where == str(path)
    for part in parts:
        assert part in str(caught.value)


def test_no_file(path):
    refused(path, "a model file", "no such file")


def test_every_truncation(path):
    tensor_file.write(path, {"a": np.arange(4.0), "b": np.ones((2, 2))}, FACTS)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        refused(path, "truncated, damaged, or something else")


def test_more_than_the_file(path):
    tensor_file.write(path, {"a": np.arange(4.0)}, FACTS)
    path.write_bytes(path.read_bytes() + b"more")
    refused(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"\x89PNG\r\n\x1a\n" * 20, b"\xff" * 100, b"\x80\x04\x95pickle" * 9, b"{}" * 50],
    ids=["empty", "a byte", "png", "ones", "pickle", "json"],
)
def test_something_else(content, path):
    path.write_bytes(content)
    refused(path, "truncated, damaged, or something else")


def test_a_folder(tmp_path):
    refused(tmp_path)


def foreign(path, metadata):
    from safetensors.numpy import save_file

    save_file({"a": np.ones(2)}, path, metadata)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "pt"},
        {"chainrule": ""},
        {"chainrule": "{"},
        {"chainrule": "null"},
        {"chainrule": "[]"},
        {"chainrule": "3"},
        {"chainrule": '"text"'},
        {"chainrule": "{}"},
        {"chainrule": '{"format": "chainrule model"}'},
        {"chainrule": "[" * 100_000},
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_safetensors_file_of_another_program(metadata, path):
    foreign(path, metadata)
    refused(path, "a safetensors file of another program")


@pytest.mark.parametrize("kind", ["chainrule checkpoint", "other", None, 3, ["chainrule model"]])
def test_another_kind(kind, path):
    foreign(path, {"chainrule": json.dumps({"format": kind, "version": 1})})
    refused(path, "expected a model file")


@pytest.mark.parametrize("version", [3, 0, -1, "1", 1.0, None, [1], 10**30])
def test_another_version(version, path):
    foreign(path, {"chainrule": json.dumps({"format": "chainrule model", "version": version})})
    refused(path, "format version 2 or older", "Upgrade chainrule", newest=2)


def test_an_older_version_is_read(path):
    foreign(path, {"chainrule": json.dumps({"format": "chainrule model", "version": 1})})
    assert read(path, newest=2, sealed=False)[1]["version"] == 1
    refused(path, "as chainrule wrote it; got one that was changed", newest=2)
    refused(path, "format version 2 or newer; got version 1", "Begin anew", newest=2, oldest=2)


def edit(path, change):
    """Change facts and arrays, by safetensors alone."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    with safe_open(path, framework="numpy") as file:
        facts = json.loads(file.metadata()["chainrule"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(facts, arrays)
    save_file(arrays, path, {"chainrule": json.dumps(facts)})


EDITS = {
    "a number": lambda facts, arrays: arrays["a"].__setitem__(0, 5.0),
    "a shape": lambda facts, arrays: arrays.update(a=arrays["a"].reshape(2, 1)),
    "a type": lambda facts, arrays: arrays.update(a=arrays["a"].view("i8")),
    "a name": lambda facts, arrays: arrays.update(b=arrays.pop("a")),
    "a fact": lambda facts, arrays: facts.update(x=1 / 7),
    "one more": lambda facts, arrays: facts.update(y=None),
    "the digest": lambda facts, arrays: facts.update(digest="0" * 64),
}


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_what_was_changed_is_refused(change, sealed, path):
    tensor_file.write(path, {"a": np.arange(2.0)}, FACTS)
    edit(path, lambda facts, arrays: None)
    assert read(path)[1] == FACTS
    edit(path, change)
    refused(path, "as chainrule wrote it; got one that was changed", "begin anew", sealed=sealed)


@pytest.mark.parametrize(
    ("array", "facts"),
    [
        (np.arange(3, dtype=">f8"), {}),
        (np.arange(6.0).reshape(2, 3).T, {}),
        (np.array(1.0), {"by number": {1: "a", 10: "b", 2: "c"}, "mixed": {"x": 1, 3: 4}}),
        (np.array(np.nan), {"nan": float("nan"), "inf": float("inf"), "tuple": (1, (2,))}),
    ],
    ids=["byte order", "layout", "keys", "not finite"],
)
def test_a_digest_fits_whatever_was_written(array, facts, path):
    tensor_file.write(path, {"a": array}, FACTS | facts)
    assert_array_equal(read(path)[0]["a"], array)


def test_more_than_the_memory_is_refused_before_it_is_read(path, monkeypatch):
    tensor_file.write(path, {"a": np.ones(99)}, FACTS)
    monkeypatch.setattr(checks, "memory_bytes", lambda: 800.0)
    refused(path, "what fits into memory")
    with pytest.raises(OSError, match="memory"):
        atomic.read_bytes(path)


@pytest.mark.parametrize("endless", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
def test_what_might_never_end_is_not_read(endless, path):
    endless(path)
    refused(path, "no regular file")
    with pytest.raises(OSError, match="no regular file"):
        atomic.read_bytes(path)


@pytest.mark.parametrize("path", [3, None, b"bytes", ["a"], 1.5, np.arange(2)], ids=repr)
def test_no_path(path):
    for work in (
        lambda: tensor_file.read(path, "model", 1),
        lambda: atomic.write_bytes(path, b""),
    ):
        with pytest.raises(InputError, match="expected the path of a file"):
            work()


def test_a_new_file_replaces_none(path):
    atomic.write_bytes(path, b"mine", new=True)
    with pytest.raises(InputError, match="a new file; got one that exists"):
        atomic.write_bytes(path, b"yours", new=True)
    assert path.read_bytes() == b"mine"
    assert os.listdir(path.parent) == [path.name]


def test_parts_of_killed_writers_are_removed(path, monkeypatch):
    tensor_file.write(path, {}, FACTS)
    (path.parent / ".hidden").touch()
    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", lambda path: None)
        patched.setattr(os, "replace", lambda *paths: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tensor_file.write(path, {}, FACTS)
    assert len(os.listdir(path.parent)) == 3
    atomic.remove_parts(path.parent)
    assert sorted(os.listdir(path.parent)) == [".hidden", path.name]


def test_a_type_that_numpy_has_not(path):
    header = json.dumps(
        {
            "__metadata__": {"chainrule": json.dumps(FACTS)},
            "a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
        }
    ).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    refused(path)
