"""Model files: a round trip is exact; what cannot be trusted is refused with a ModelFileError."""

import copy
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from chainrule import (
    ChainruleError,
    Dataset,
    InputError,
    Model,
    ModelFileError,
    Network,
    load,
    save,
)
from chainrule.data import Scaling

RAW = np.random.default_rng(80).integers(0, 256, (12, 9), dtype=np.uint8)


def trained_like(sizes=(12, 5, 3), dtype=np.float64, **options):
    """A network with biases that are not zero."""
    rng = np.random.default_rng(81)
    network = Network.create(sizes, rng=rng, **options)
    biases = [rng.standard_normal(b.shape) for b in network.biases]
    return Network(network.weights, biases, network.activations, network.loss).astype(dtype)


MODELS = {
    "plain": lambda: Model(trained_like((12, 1)), ("no", "yes")),
    "float32": lambda: Model(trained_like(dtype=np.float32), ("a", "b", "c")),
    "pictures": lambda: Model(
        trained_like(), ("a", "b", "c"), Scaling.pixels(), image_shape=(2, 2, 3)
    ),
    "standard": lambda: Model(
        trained_like(activation="tanh"),
        ("Katze", "猫", "\N{CAT FACE} not a dog"),
        Scaling.standard(RAW),
        feature_names=tuple(f"größe {k}" for k in range(12)),
        training={"cost": 1 / 3, "by": {"rate": 0.1, "sizes": [1, 2]}, "none": None},
    ),
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def test_round_trip(model, path):
    save(model, path)
    found = load(path)
    assert found.network.activations == model.network.activations
    assert found.network.loss == model.network.loss
    assert found.network.dtype == model.network.dtype
    for name in ("weights", "biases"):
        for array, same in zip(
            getattr(found.network, name), getattr(model.network, name), strict=True
        ):
            assert_array_equal(array, same)
    for name in ("classes", "image_shape", "feature_names", "training"):
        assert getattr(found, name) == getattr(model, name)
    assert found.scaling.kind == model.scaling.kind
    ours, same = found.scaling.arrays(), model.scaling.arrays()
    assert ours.keys() == same.keys()
    for name, array in ours.items():
        assert_array_equal(array, same[name])
    assert_array_equal(found.predict_proba(RAW), model.predict_proba(RAW))


@pytest.mark.parametrize(
    "layout",
    [np.asfortranarray, lambda W: W.T.copy().T, lambda W: np.repeat(W, 2, axis=1)[:, ::2]],
    ids=["Fortran", "transposed", "strided"],
)
def test_weights_of_any_layout(layout, path):
    network = trained_like()
    other = Network(
        [layout(W) for W in network.weights], network.biases, network.activations, network.loss
    )
    save(Model(other, ("a", "b", "c")), path)
    for W, same in zip(load(path).network.weights, network.weights, strict=True):
        assert_array_equal(W, same)


def test_a_run_of_many_is_saved_as_one(path):
    network = Network.create((12, 5, 3), rng=[1, 2])
    save(Model(network.run(1), ("a", "b", "c")), path)
    assert_array_equal(load(path).network.weights[0], network.weights[0][1])


def test_a_run_folder_is_its_model(model, path):
    save(model, path)
    assert load(path.parent).classes == model.classes
    assert load(str(path.parent)).classes == model.classes


def test_model_of_a_dataset():
    labels = np.arange(9) % 3
    data = Dataset(
        RAW, labels, ("a", "b", "c"), image_shape=(2, 2, 3), scaling=Scaling.standard(RAW)
    )
    network = trained_like()
    model = Model.of(network, data, {"rate": 0.1})
    assert (model.classes, model.image_shape) == (data.classes, (2, 2, 3))
    assert model.scaling is data.scaling
    assert model.training == {"rate": 0.1}
    expected = network.predict_proba(data.matrix())
    assert_array_equal(model.predict_proba(RAW), expected)


def test_probabilities_of_two_classes_from_one_output():
    bias = np.log(3)  # sigmoid(log 3) = 3/4
    network = Network(
        [np.zeros((1, 2))], [np.full((1, 1), bias)], ("sigmoid",), "binary_cross_entropy"
    )
    model = Model(network, ("no", "yes"))
    np.testing.assert_allclose(model.predict_proba(np.zeros((2, 1))), [[1 / 4], [3 / 4]])
    assert_array_equal(model.predict(np.zeros((2, 3))), [1, 1, 1])


def test_exactly_half_is_the_first_class():
    network = Network([np.zeros((1, 2))], [np.zeros((1, 1))], ("sigmoid",), "binary_cross_entropy")
    assert_array_equal(Model(network, ("no", "yes")).predict(np.zeros((2, 1))), [0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Model(trained_like(), ("a", "b")), "3 class names for a classifier"),
        (lambda: Model(trained_like((4, 1)), ("a",)), "2 class names"),
        (lambda: Model(Network.create((4, 1), output="identity"), ("a", "b")), "regression"),
        (lambda: Model(Network.create((4, 3), output="sigmoid"), tuple("abc")), "softmax output"),
        (lambda: Model(trained_like(), tuple("abb")), "a name that occurs twice"),
        (lambda: Model(trained_like(), (0, 1, 2)), "names of classes and features to be text"),
        (lambda: Model(trained_like(), tuple("abc"), feature_names=("x",)), "12 feature names"),
        (lambda: Model(trained_like(), tuple("abc"), image_shape=(2, 2)), "picture of 12 numbers"),
        (lambda: Model(trained_like(), tuple("abc"), image_shape=(-3, -4)), "side of image_shape"),
        (
            lambda: Model(trained_like(), tuple("abc"), Scaling.standard(np.ones((3, 2)))),
            "Scaling: expected shift of shape (12, 1)",
        ),
    ],
    ids=[
        "classes", "one class", "regression", "sigmoids", "twice", "no text", "columns",
        "picture", "negative", "scaling",
    ],
)  # fmt: skip
def test_models_that_do_not_fit(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (RAW.T, "pass raw.T"),
        (RAW[:5], "raw with 12 rows"),
        (RAW[:, 0], "rank-1"),
        (np.full((12, 2), np.nan), "24 of 24 values missing"),
        (np.full((12, 2), "a"), "numbers"),
    ],
    ids=["rows", "short", "rank 1", "nan", "text"],
)
def test_raw_features_that_do_not_fit(raw, message):
    with pytest.raises(InputError) as caught:
        Model(trained_like(), tuple("abc")).predict(raw)
    assert message in str(caught.value)


def refused(path, *parts):
    with pytest.raises(ModelFileError) as caught:
        load(path)
    for part in (str(path), *parts):
        assert part in str(caught.value)


def test_no_file_and_a_folder_without_a_model(tmp_path):
    refused(tmp_path / "none", "no such file")
    with pytest.raises(ModelFileError, match="no such file"):
        load(tmp_path)


def test_truncated(path):
    save(MODELS["plain"](), path)
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        refused(path, "truncated, damaged, or something else")


@given(place=st.integers(0, 2000), value=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(tmp_path_factory, place, value):
    path = tmp_path_factory.mktemp("byte") / "m"
    save(MODELS["plain"](), path)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content)
    try:
        model = load(path)
    except ModelFileError:
        return
    assert model.predict_proba(RAW).shape == (2, 9)


def test_a_failure_while_saving_leaves_the_old_model(path, monkeypatch):
    save(MODELS["plain"](), path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            save(MODELS["pictures"](), path)
    assert load(path).classes == ("no", "yes")
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ChainruleError, match="nowhere"):
        save(MODELS["plain"](), tmp_path / "nowhere" / "m")


def test_training_facts_that_are_no_json(path):
    with pytest.raises(ChainruleError, match="training"):
        save(Model(trained_like(), tuple("abc"), training={"rate": np.ones(2)}), path)


def edited(path, change):
    """The standard model's file, its facts and arrays changed by safetensors alone."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    save(MODELS["standard"](), path)
    with safe_open(path, framework="numpy") as file:
        facts = json.loads(file.metadata()["chainrule"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    facts.pop("digest")  # as in a file that never had one
    change(facts, arrays)
    save_file(arrays, path, {"chainrule": json.dumps(facts)})


def with_nan(W):
    W = W.copy()
    W.flat[3] = np.nan
    return W


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.pop("W1"),
        lambda a: a.pop("b2"),
        lambda a: a.pop("scaling.shift"),
        lambda a: a.pop("scaling.divisor"),
        lambda a: a.update(W1=with_nan(a["W1"])),
        lambda a: a.update(b1=a["b1"] * np.inf),
        lambda a: a.update({"scaling.divisor": a["scaling.divisor"] * 0}),
        lambda a: a.update({"scaling.divisor": -a["scaling.divisor"]}),
        lambda a: a.update({"scaling.shift": a["scaling.shift"][:5]}),
        lambda a: a.update({"scaling.shift": a["scaling.shift"][:, 0]}),
        lambda a: a.update(W1=np.ascontiguousarray(a["W1"].T)),
        lambda a: a.update(W2=a["W2"][:, :4].copy()),
        lambda a: a.update(W1=a["W1"][:, 0].copy()),
        lambda a: a.update(W1=np.array(1.0)),
        lambda a: a.update(W2=np.array(1.0)),
        lambda a: a.update(b1=np.array(1.0)),
        lambda a: a.update(b1=a["b1"][:, 0].copy()),
        lambda a: a.update(W1=a["W1"].astype(np.float32)),
        lambda a: a.update({name: a[name].astype(np.int64) for name in ("W1", "W2", "b1", "b2")}),
        lambda a: a.update({n: a[n][None].copy() for n in ("W1", "W2", "b1", "b2")}),
        lambda a: a.clear(),
    ],
    ids=[
        "no W1", "no b2", "no shift", "no divisor", "nan", "infinite", "divisor 0", "divisor < 0",
        "short shift", "rank-1 shift", "transposed", "narrow W2", "rank-1 W", "scalar W1",
        "scalar W2", "scalar b", "rank-1 b", "mixed dtypes", "ints", "runs", "nothing",
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value")
def test_arrays_that_do_not_fit(change, path):
    with np.errstate(invalid="ignore"):
        edited(path, lambda facts, arrays: change(arrays))
    refused(path, "arrays and metadata that fit each other", "damaged or edited")


FACTS = (
    "layer_sizes", "activations", "loss", "classes", "image_shape", "feature_names", "scaling",
    "training",
)  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_a_missing_fact(name, path):
    edited(path, lambda facts, arrays: facts.pop(name))
    refused(path, f"no '{name}'")


@pytest.mark.parametrize(
    "facts",
    [
        {"layer_sizes": [12, 5]},
        {"layer_sizes": [12, 5, 4]},
        {"layer_sizes": None},
        {"activations": ["tanh"]},
        {"activations": ["tanh", "softmax", "softmax"]},
        {"activations": ["tahn", "softmax"]},
        {"activations": ["tanh", 3]},
        {"activations": ["tanh", ["softmax"]]},
        {"activations": 2},
        {"loss": "squared_error"},
        {"loss": ["softmax_cross_entropy"]},
        {"loss": None},
        {"classes": ["a", "b"]},
        {"classes": ["a", "b", 3]},
        {"classes": ["a", "b", "b"]},
        {"classes": "abc"},
        {"classes": {"a": 1, "b": 2, "c": 3}},
        {"classes": None},
        {"image_shape": [5, 5]},
        {"image_shape": [-3, -4]},
        {"image_shape": [3.0, 4.0]},
        {"image_shape": ["3", "4"]},
        {"image_shape": 12},
        {"image_shape": "x"},
        {"image_shape": {}},
        {"image_shape": False},
        {"image_shape": [[3], [4]]},
        {"feature_names": ["a"]},
        {"feature_names": list(range(12))},
        {"feature_names": "abcdefghijkl"},
        {"feature_names": 12},
        {"scaling": "standart"},
        {"scaling": None},
        {"scaling": ["standard"]},
        {"training": 3},
        {"training": None},
        {"training": "rate"},
    ],
    ids=str,
)
def test_facts_that_do_not_fit(facts, path):
    edited(path, lambda found, arrays: found.update(facts))
    refused(path, "arrays and metadata that fit each other")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(name=st.sampled_from(FACTS), value=anything, inside=st.booleans())
def test_hand_edited_facts_are_refused_or_harmless(tmp_path_factory, name, value, inside):
    def change(facts, arrays):
        if inside and isinstance(facts[name], list) and facts[name]:
            facts[name] = copy.copy(facts[name])
            facts[name][-1] = value
        else:
            facts[name] = value

    path = tmp_path_factory.mktemp("edited") / "m"
    edited(path, change)
    try:
        model = load(path)
    except ModelFileError:
        return
    assert model.predict_proba(RAW).shape == (3, 9)
    assert all(isinstance(name, str) for name in model.classes)


def test_a_checkpoint_is_no_model(path):
    from safetensors.numpy import save_file

    facts = {"format": "chainrule checkpoint", "version": 1}
    save_file({"a": np.ones(1)}, path, {"chainrule": json.dumps(facts)})
    refused(path, "expected a model file", "a chainrule checkpoint file")


def test_a_newer_format(path):
    edited(path, lambda facts, arrays: facts.update(version=5))
    refused(path, "version 4 or older", "version 5", "Upgrade chainrule")
