"""Models of several runs: the mean of the members' probabilities, their spread, one file."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Dataset, InputError, Model, ModelFileError, Network, load, save
from chainrule.data import Scaling
from chainrule.files import tensor_file

RAW = np.random.default_rng(80).integers(0, 256, (12, 9), dtype=np.uint8)
MANY = np.random.default_rng(81).integers(0, 256, (12, 1300), dtype=np.uint8)  # some at a time


def member(seed, n_y, dtype="float64", activation="relu"):
    """A network with biases that are not zero."""
    rng = np.random.default_rng(seed)
    network = Network.create((12, 5, n_y), activation=activation, rng=rng)
    biases = [rng.standard_normal(b.shape) for b in network.biases]
    return Network(network.weights, biases, network.activations, network.loss).astype(dtype)


def ensemble(n_y=3, members=4, **options):
    network = Network.stack([member(seed, n_y, **options) for seed in range(members)])
    return Model(network, tuple("abc")[: max(2, n_y)], Scaling.standard(RAW))


def of_biases(*biases):
    """An ensemble that answers the same to everything: sigmoid or softmax of each member's bias."""
    bias = np.array(biases, float)[..., None]  # (R, n_y, 1)
    n_y = bias.shape[1]
    kind = ("sigmoid", "binary_cross_entropy") if n_y == 1 else ("softmax", "softmax_cross_entropy")
    network = Network([np.zeros((len(bias), n_y, 1))], [bias], kind[:1], kind[1])
    return Model(network, tuple("abc")[: max(2, n_y)])


ANY = np.zeros((1, 1))


@pytest.mark.parametrize("raw", [RAW, MANY, MANY.astype(float)], ids=["few", "bytes", "floats"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["relu", "softmax"])
@pytest.mark.parametrize("n_y", [1, 3])
def test_mean_and_spread_are_those_of_explicit_loops(n_y, activation, dtype, raw):
    model = ensemble(n_y, dtype=dtype, activation=activation)
    each = []
    for seed in range(4):
        one = member(seed, n_y, dtype, activation).astype("float64")
        each.append(Model(one, model.classes, model.scaling).predict_proba(raw))
    mean, spread = np.empty((2, *each[0].shape))
    for k, i in np.ndindex(mean.shape):
        p = [float(P[k, i]) for P in each]
        mean[k, i] = sum(p) / 4
        spread[k, i] = (sum((x - mean[k, i]) ** 2 for x in p) / 4) ** 0.5
    rounding = {"rtol": 1e-12, "atol": 1e-14} if dtype == "float64" else {"rtol": 1e-7}
    for found, expected in ((model.predict_proba(raw), mean), (model.spread(raw), spread)):
        assert found.dtype == dtype
        assert_allclose(found, expected, **rounding)
    assert spread.max() > 0.1
    assert_array_equal(model.predict(raw), mean.argmax(axis=0))


def test_two_members_by_hand():
    model = of_biases([np.log(0.2 / 0.8)], [np.log(0.6 / 0.4)])
    assert_allclose(model.predict_proba(ANY), [[0.6], [0.4]])
    assert_allclose(model.spread(ANY), [[0.2], [0.2]])
    model = of_biases(np.log([0.1, 0.2, 0.7]), np.log([0.5, 0.2, 0.3]))
    assert_allclose(model.predict_proba(ANY), [[0.3], [0.2], [0.5]])
    assert_allclose(model.spread(ANY), [[0.2], [0.0], [0.2]], atol=1e-15)


def test_the_mean_decides_and_not_the_most_votes():
    model = of_biases([0.1], [0.1], [-5.0])
    assert_array_equal(model.predict(ANY), [0])


@pytest.mark.parametrize("n_y", [1, 3])
def test_extreme_logits(n_y):
    high, low = ([1000.0], [-1000.0]) if n_y == 1 else ([0, 1000.0, -1000], [1000.0, 0, -1000])
    model = of_biases(high, low)
    assert_array_equal(model.predict_proba(ANY)[:2], [[0.5], [0.5]])
    assert_array_equal(model.spread(ANY)[:2], [[0.5], [0.5]])
    assert_array_equal(of_biases(high, high).spread(ANY), np.zeros((len(model.classes), 1)))


@pytest.mark.parametrize("n_y", [1, 3])
def test_one_member_is_a_single_network_without_a_spread(n_y):
    model, single = ensemble(n_y, members=1), ensemble(n_y).member(0)
    assert (model.n_members, single.n_members, ensemble().n_members) == (1, 1, 4)
    assert_array_equal(model.predict_proba(RAW), single.predict_proba(RAW))
    for one in (model, single):
        with pytest.raises(InputError, match="ensemble of 2 or more"):
            one.spread(RAW)


def test_logits_and_outputs_of_each_member():
    model = ensemble()
    Z, A = model.outputs(MANY)
    assert Z.shape == A.shape == (4, 3, 1300)
    for r in range(4):
        alone = model.member(r)
        assert (alone.classes, alone.scaling) == (model.classes, model.scaling)
        for found, expected in zip((Z[r], A[r]), alone.outputs(MANY), strict=True):
            assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_a_single_network_has_no_members_to_take():
    with pytest.raises(InputError, match="axis of runs"):
        ensemble().member(0).member(0)


def test_an_ensemble_is_made_of_a_dataset_and_prepares_others():
    network = ensemble().network
    data = Dataset(RAW, np.arange(9) % 3, ("a", "b", "c"), scaling=Scaling.standard(RAW))
    model = Model.of(network, data, {"seeds": [0, 1, 2, 3]})
    other = Dataset(RAW, np.arange(9) % 3, ("c", "a", "b"))
    assert model.prepare(other).classes == data.classes
    assert model.prepare(other).scaling is data.scaling
    assert "4 runs" in repr(model)


def test_no_runs_make_no_model():
    kind = (["sigmoid"], "binary_cross_entropy")
    network = Network([np.ones((0, 1, 4))], [np.ones((0, 1, 1))], *kind)
    with pytest.raises(InputError, match="at least one network; got a network of 0 runs"):
        Model(network, ("a", "b"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("members", [1, 4])
@pytest.mark.parametrize("n_y", [1, 3])
def test_round_trip(n_y, members, dtype, path):
    model = ensemble(n_y, members, dtype=dtype)
    save(model, path)
    found = load(path)
    assert found.network.n_runs == members
    assert found.network.dtype == dtype
    for name in ("weights", "biases"):
        pairs = zip(getattr(found.network, name), getattr(model.network, name), strict=True)
        for array, same in pairs:
            assert_array_equal(array, same)
    assert_array_equal(found.predict_proba(RAW), model.predict_proba(RAW))
    if members > 1:
        assert_array_equal(found.spread(RAW), model.spread(RAW))


def test_repeated_runs_are_views_and_are_written_whole(path):
    network = member(0, 3).repeated(2)
    save(Model(network, tuple("abc")), path)
    assert_array_equal(load(path).network.weights[0], network.weights[0])


def test_a_program_that_knows_single_networks_only_says_to_upgrade(path):
    """It reads version 1; single networks are still written so."""
    save(ensemble(), path)
    with pytest.raises(ModelFileError, match=r"version 1 or older; got version 2.*Upgrade"):
        tensor_file.read(path, "model", 1)
    save(ensemble().member(0), path)
    _, facts = tensor_file.read(path, "model", 1)
    assert "members" not in facts


def edited(path, change):
    """An ensemble's file, its facts and arrays changed by safetensors alone."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    save(ensemble(), path)
    with safe_open(path, framework="numpy") as file:
        facts = json.loads(file.metadata()["chainrule"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    facts.pop("digest")  # as in a file that never had one
    change(facts, arrays)
    save_file(arrays, path, {"chainrule": json.dumps(facts)})


PARAMETERS = ("W1", "b1", "W2", "b2")


def runs(arrays, change, names=PARAMETERS):
    arrays.update({name: np.ascontiguousarray(change(arrays[name])) for name in names})


@pytest.mark.parametrize(
    "change",
    [
        lambda f, a: runs(a, lambda x: x[:3], ["W1", "b1"]),
        lambda f, a: runs(a, lambda x: x[:3], ["W2"]),
        lambda f, a: runs(a, lambda x: x[:1], ["b2"]),
        lambda f, a: runs(a, lambda x: x[0], ["W1"]),
        lambda f, a: runs(a, lambda x: x[0], ["W2", "b2"]),
        lambda f, a: runs(a, lambda x: x[:3]),
        lambda f, a: runs(a, lambda x: x[:0]),
        lambda f, a: (runs(a, lambda x: x[:0]), f.update(members=0)),
        lambda f, a: runs(a, lambda x: x[0]),
        lambda f, a: runs(a, lambda x: x[None]),
        lambda f, a: (runs(a, lambda x: x[:, None]), f.update(members=1)),
        lambda f, a: a["W2"].__setitem__((2, 0, 0), np.nan),
        lambda f, a: f.pop("members"),
        lambda f, a: f.update(members=5),
        lambda f, a: f.update(members=None),
        lambda f, a: f.update(members="4"),
        lambda f, a: f.update(members=[4]),
        lambda f, a: f.update(layer_sizes=[4, 12, 5, 3]),
    ],
    ids=[
        "layer 1 of 3", "W2 of 3", "b2 of 1", "W1 single", "layer 2 single", "all of 3",
        "none of 4", "none", "single", "4 axes", "4 axes of 1", "nan", "no members", "members 5",
        "members null", "members text", "members list", "sizes",
    ],
)  # fmt: skip
def test_files_whose_runs_do_not_fit(change, path):
    edited(path, change)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    for part in (str(path), "arrays and metadata that fit each other", "damaged or edited"):
        assert part in str(caught.value)


def test_a_single_network_that_says_it_has_members(path):
    edited(path, lambda f, a: (runs(a, lambda x: x[0]), f.update(members=1)))
    with pytest.raises(ModelFileError, match="members 1"):
        load(path)
