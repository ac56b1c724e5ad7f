"""Which features matter: slopes and permutations against their definitions, what is found on golub
and on generated data, and that a weak model names nothing."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ttest_ind

import chainrule as cr
from chainrule.data import Dataset, FloatMatrix, Scaling
from chainrule.experiments import Execution, Setting
from chainrule.influence.feature_measures import learned, rises, slopes
from chainrule.influence.ranking import positions
from chainrule.model.intervals import wilson_interval

LINEAR = Setting(hidden=(), learning_rate=0.01, iterations=100)


def log_odds(network, X, c):
    """log p_c / (1 - p_c) (m,), from probabilities."""
    P = network.predict_proba(X)
    P = P[0] if len(P) == 1 else P[c]
    return np.log(P / (1 - P))


@pytest.mark.parametrize("sizes", [(6, 1), (6, 4, 1), (6, 5, 4, 3)], ids=str)
def test_slopes_are_mean_derivatives_of_the_log_odds(sizes):
    rng = np.random.default_rng(0)
    network = cr.Network.create(sizes, activation="tanh", rng=1)
    X = rng.standard_normal((6, 9)) * np.arange(1, 7)[:, None]
    found, rms = slopes(network, FloatMatrix(X))
    assert found.shape == rms.shape == (sizes[-1], 6)
    for c in range(sizes[-1]):
        for j in range(6):
            step = 1e-5 * np.eye(6)[:, [j]]
            change = (log_odds(network, X + step, c) - log_odds(network, X - step, c)) / 2e-5
            assert_allclose(found[c, j], change.mean() * X[j].std(), rtol=1e-6, atol=1e-9)
            size = np.sqrt(np.mean(change**2)) * X[j].std()
            assert_allclose(rms[c, j], size, rtol=1e-6, atol=1e-9)


def test_slopes_of_linear_models_are_weights_on_the_standardized_scale():
    X = np.random.default_rng(0).standard_normal((5, 8)) * [[1], [2], [3], [0], [5]]
    for output in ("sigmoid", "identity"):
        network = cr.Network.create((5, 1), output=output, rng=2)
        standardized = network.weights[0] * X.std(axis=1)
        found, size = slopes(network, FloatMatrix(X))
        assert_allclose(found, standardized, atol=1e-12)
        assert_allclose(size, np.abs(standardized), atol=1e-12)


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov"])
def test_the_learned_part_is_that_of_the_examples(optimizer, wide_problem):
    network, (X, Y) = wide_problem
    for l2 in (0.0, 0.3):
        how = {"iterations": 40, "learning_rate": 0.1, "optimizer": optimizer, "l2": l2}
        dual, primal = (
            cr.train(network, (X, Y), first_layer=form, **how) for form in ("dual", "primal")
        )
        of_examples = dual.dual.C @ X.T
        size = np.abs(of_examples).max()
        assert_allclose(
            learned(dual.network, network, dual.dual.a.item()), of_examples, atol=1e-9 * size
        )
        found = learned(primal.network, network, None if l2 else 1.0)
        if not l2:
            assert_allclose(found, of_examples, atol=1e-9 * size)
        # With a penalty the primal form knows but for one of 200 directions what is left of W0.
        along = np.vdot(of_examples, network.weights[0]) / np.vdot(*2 * [network.weights[0]])
        expected = of_examples - (along * network.weights[0] if l2 else 0)
        assert_allclose(found, expected, atol=1e-9 * size)


@pytest.mark.parametrize("sizes", [(6, 1), (6, 4, 1), (6, 5, 3)], ids=str)
def test_permuting_is_what_it_is_by_the_whole_network(sizes):
    rng = np.random.default_rng(0)
    network, X = cr.Network.create(sizes, rng=1), rng.standard_normal((6, 5))
    labels = rng.integers(0, max(2, sizes[-1]), 5)
    Y = np.eye(3)[:, labels] if sizes[-1] == 3 else labels[None].astype(float)
    found = rises(network, FloatMatrix(X), Y, 99, seed=0)
    # All pairs: every example with the value of every other.
    for j in range(6):
        costs = []
        for i in range(5):
            for other in set(range(5)) - {i}:
                x = X[:, [i]].copy()
                x[j] = X[j, other]
                costs.append(network.cost(x, Y[:, [i]]))
        assert_allclose(found[j], np.mean(costs) - network.cost(X, Y), rtol=1e-9, atol=1e-12)
    some = rises(network, FloatMatrix(X), Y, 2, seed=0)
    assert_array_equal(some, rises(network, FloatMatrix(X), Y, 2, seed=0))
    assert np.abs(some - rises(network, FloatMatrix(X), Y, 2, seed=1)).max() > 0
    assert np.isnan(rises(network, FloatMatrix(X[:, :1]), Y[:, :1], 2, seed=0)).all()


def shifted(seed, m=120, n=5000, true=20, size=1.0):
    """m examples of two classes of n features, whose means differ by `size` deviations in `true`
    of them; and which these are."""
    rng = np.random.default_rng(seed)
    labels, index = np.arange(m) % 2, rng.choice(n, true, replace=False)
    raw = rng.standard_normal((n, m))
    raw[index] += np.outer(rng.choice([-1, 1], true) * size, labels - 0.5)
    return Dataset(raw, labels, ("well", "ill"), scaling=Scaling.standard(raw)), index


@pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("kind", ["standard", "none"])
def test_each_run_is_a_plain_training_on_its_part(kind, batch_size):
    data, _ = shifted(0, 14, 30, 5)
    data = replace(data, scaling=Scaling.of(kind, data.features))
    setting = Setting(hidden=(3,), iterations=20, learning_rate=0.1, batch_size=batch_size, l2=0.1)
    first = np.arange(14) % 4 < 2
    pairs = [(np.flatnonzero(first), np.flatnonzero(~first)), (np.arange(9), np.arange(9, 14))]
    found = cr.importance(data, setting, folds=pairs)
    total = np.zeros(14)
    for r, (kept, held) in enumerate(pairs):
        own = data.select(kept).rescaled()
        other = replace(data.select(held), scaling=own.scaling)
        one = replace(setting, seed=r)
        start = one.network(30, 1)
        trained = cr.train(start, own, **one.arguments())
        X, out = own.matrix(), other.matrix()
        share = None if trained.dual is None else trained.dual.a.item()
        W = learned(trained.network, start, share)
        by_hand, sizes = slopes(trained.network, X, W)
        assert_allclose(found.slopes[r], by_hand, rtol=1e-6, atol=1e-9)
        assert_allclose(found.sizes[r], sizes, rtol=1e-6, atol=1e-9)
        assert_allclose(found.rises[r], rises(trained.network, out, other.Y, 2, r), atol=1e-9)
        total[held] += trained.network.predict_proba(out)[0]
    times = np.bincount(np.concatenate([held for _, held in pairs]), minlength=14)
    known = times > 0
    assert_allclose(found.held_out.outputs[0, known], total[known] / times[known], rtol=1e-9)
    assert_array_equal(found.held_out.known, np.flatnonzero(known))
    mean = found.sizes.mean(axis=0)[0]
    assert_allclose(found.importance, mean)
    assert list(found.named) == [f"feature {j}" for j in np.argsort(-mean)[: found.top]]


def test_what_acts_in_both_directions_comes_first():
    X = np.random.default_rng(2).standard_normal((12, 150))
    both = Dataset(
        X, (np.abs(X[4]) > 0.67).astype(int), ("well", "ill"), scaling=Scaling.standard(X)
    )
    pair = replace(both, labels=(X[3] * X[5] > 0).astype(int))
    setting = Setting(hidden=(20,), learning_rate=0.1, iterations=600)
    found = cr.importance(both, setting, repeats=3)
    assert found.named == ("feature 4",)
    assert found.favors[4] == "both ways"
    assert np.abs(found.mean[0]).argmax() != 4  # in the mean slope that cancels
    found = cr.importance(pair, setting, repeats=3, top=2)
    assert set(found.named) == {"feature 3", "feature 5"}


def test_the_headline_names_only_what_is_stable_and_a_loss_to_do_without():
    data, _ = shifted(1, 20, 60, 6)
    found = cr.importance(data, LINEAR, repeats=4, top=5)
    shape = found.slopes.shape
    sure = replace(found.held_out, outputs=found.held_out.Y.astype(float))
    alike = replace(found, sizes=np.ones(shape), slopes=np.ones(shape), held_out=sure, top=1)
    names = [f"feature {j}" for j in range(60)]
    assert alike.headline == "1 feature is stable: feature 0"
    rows = alike.rows()
    assert [row["feature"] for row in rows] == names
    assert [row["stable"] for row in rows[:2]] == ["yes", ""]
    lost = replace(alike, by="permutation", rises=-np.ones((8, 60)))
    assert (lost.stable, lost.headline) == (0, "No feature is stable")
    few = replace(alike, top=30)
    assert few.headline == "No more features are stable than may be by chance"
    ways = np.ones(shape)
    ways[::2, 0, 1], ways[:, 0, 2], ways[:, 0, 3] = -1, 0.3, -1
    said = replace(alike, slopes=ways).favors
    assert said[:4] == ("ill", "", "both ways", "well")  # agreed; not; not in any; agreed


def test_what_is_said_of_stability_is_counted():
    data, _ = shifted(1, 20, 60, 6)
    found = cr.importance(data, LINEAR, repeats=4, top=5)
    slopes, values = found.slopes[:, 0], np.abs(found.slopes[:, 0])  # of a linear model
    assert values.shape == (8, 60)
    best = np.argsort(-values, axis=1)[:, :5]
    assert_allclose(found.in_top, [(best == j).any(axis=1).mean() for j in range(60)])
    rows = found.rows()
    assert [row["rank"] for row in rows] == list(range(1, 61))
    first, j = rows[0], int(rows[0]["feature"].split()[1])
    assert first["class"] == ("ill" if slopes[:, j].mean() > 0 else "well")
    assert first["importance"] == pytest.approx(values[:, j].mean())
    assert first["slope of ill"] == pytest.approx(slopes[:, j].mean())
    assert first["stable"] == ("yes" if found.in_top[j] >= 0.75 else "")
    assert (first["low"], first["high"]) == pytest.approx(np.percentile(values[:, j], [2.5, 97.5]))
    assert first["in_top_low"] <= first["in_top"] <= first["in_top_high"]
    permuted = cr.importance(data, LINEAR, repeats=4, by="permutation")
    assert permuted.named[0] == f"feature {found.rises.mean(axis=0).argmax()}"


def test_golub_names_the_genes_of_largest_t():
    folder = os.environ.get("CHAINRULE_WIDE_DATA")
    if not folder:
        pytest.skip("CHAINRULE_WIDE_DATA does not name the folder of wide tables")
    data = cr.open_data(Path(folder) / "golub.csv").train
    aml = data.labels == data.classes.index("AML")
    t = ttest_ind(data.raw[:, aml], data.raw[:, ~aml], axis=1).statistic
    largest = {data.feature_names[j] for j in np.argsort(-np.abs(t))[:50]}
    sign = dict(zip(data.feature_names, np.sign(t), strict=True))
    for setting in (LINEAR, Setting(hidden=(20,), learning_rate=0.03, iterations=100)):
        found = cr.importance(data, setting, repeats=5)
        assert len(largest & set(found.named)) >= 30  # 25 are asked for
        rows = found.rows()[:50]
        assert all((row["class"] == "AML") == (sign[row["feature"]] > 0) for row in rows)
        assert not found.held_out.warning


@pytest.mark.parametrize(("hidden", "seed"), [((), 0), ((), 1), ((), 2), ((20,), 3)], ids=str)
def test_true_features_are_found_among_thousands(hidden, seed):
    data, true = shifted(seed)
    setting = Setting(hidden=hidden, learning_rate=0.02, iterations=100)
    found = cr.importance(data, setting, repeats=4, top=40)
    assert len({f"feature {j}" for j in true} & set(found.named)) >= 18  # 15 are asked for
    in_top = found.in_top[true].mean()
    assert in_top > 0.5 > 10 * np.delete(found.in_top, true).mean()
    stable = np.flatnonzero(found.in_top >= 0.75)
    assert found.stable == len(stable) >= 5
    assert found.expected == 40**2 / (0.5 * 5000)
    assert len(set(stable) - set(true)) <= 1
    assert f"{len(stable)} features are in the top 40 of 75 % of the networks" in found.stability


def test_a_weak_model_names_nothing():
    data, _ = shifted(0, 40, 2000, 0)
    weak = cr.importance(data, LINEAR, repeats=10)
    assert weak.stable <= 1 < weak.expected
    assert weak.favors[weak.order[0]]  # that all networks agree on a direction says nothing
    thirds = cr.importance(data, LINEAR, folds=3, repeats=1)
    assert thirds.stability.endswith("or more.")
    assert "no evidence" in weak.held_out.warning
    assert "not clearly better than always saying the commonest class" in weak.facts()["warning"]
    assert "No feature is named" in repr(weak)
    strong, _ = shifted(0, 40, 200, 40, 2.0)
    assert not cr.importance(strong, LINEAR, repeats=3).held_out.warning


def test_replicates_are_no_new_evidence():
    data, _ = shifted(0, 12, 60, 30, 2.0)
    again = data.select(np.tile(np.arange(12), 5))
    groups = np.tile(np.arange(12), 5)
    found = cr.importance(again, LINEAR, repeats=3, groups=groups)
    assert found.held_out.units == 12
    assert "of 60 examples" in found.held_out.words
    assert "95 % confidence, of 12 groups" in found.held_out.words
    assert found.held_out.right == 60
    assert found.held_out.interval == wilson_interval(12, 12)


def test_several_classes_one_by_one_and_together():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    raw = rng.standard_normal((100, 60))
    for k in range(3):
        raw[10 * k : 10 * k + 10] += 3 * (labels == k)
    data = Dataset(raw, labels, ("a", "b", "c"), scaling=Scaling.standard(raw))
    found = cr.importance(data, LINEAR, repeats=3, top=30)
    of = {name: int(name.split()[1]) // 10 for name in found.names}
    assert {of[name] for name in found.named[:30]} == {0, 1, 2}
    for k, name in enumerate(data.classes):
        one = found.only(name)
        assert [of[feature] for feature in one.named[:8]] == [k] * 8
        assert_allclose(one.importance, found.sizes[:, k].mean(axis=0))
    rows = found.rows()
    assert all(row["class"] == "abc"[of[row["feature"]]] for row in rows[:30])
    assert rows[0]["slope of b"] == pytest.approx(found.mean[1, found.order[0]])
    assert len(found.by_class().rows) == 300
    with pytest.raises(cr.InputError, match="one of a, b, c"):
        found.only("d")


def test_numbers_have_features_too():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 60))
    y = 3 * X[:1] - 2 * X[1:2]
    setting = Setting(hidden=(), output="identity", learning_rate=0.02, iterations=300)
    found = cr.importance((X, y), setting, repeats=4)
    assert found.named[:2] == ("feature 0", "feature 1")
    assert found.favors[:2] == ("higher", "lower")
    assert found.held_out.r_squared > 0.5
    assert not found.held_out.warning
    assert "R² 0." in found.held_out.words
    noise = cr.importance((X, rng.standard_normal((1, 60))), setting, repeats=4)
    assert "the mean of all" in noise.held_out.warning
    assert noise.headline == "No feature is named"


@pytest.mark.parametrize("hidden", [(), (4,)], ids=str)
def test_numbers_in_their_own_unit_in_both_forms(hidden):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 30))
    y = 500 + 30 * X[0] - 20 * X[1]
    data = Dataset(X, y, (), scaling=Scaling.standard(X))
    setting = Setting(hidden=hidden, learning_rate=0.05, iterations=40)
    dual, primal = (
        cr.importance(data, replace(setting, first_layer=form), repeats=2)
        for form in ("dual", "primal")
    )
    assert_allclose(primal.slopes, dual.slopes, rtol=1e-6, atol=1e-6)
    assert set(dual.named[:2]) == {"feature 0", "feature 1"}
    assert 1 < dual.importance[0] < 35  # of 30 a standard deviation, learned in part
    assert dual.held_out.classes is None


def test_a_models_own_slopes_stand_beside():
    data, _ = shifted(2, 20, 30, 5)
    start = LINEAR.network(30, 1)
    model = cr.Model.of(cr.train(start, data, **LINEAR.arguments()).network, data)
    found = cr.importance(data, LINEAR, model=model, repeats=2)
    own = model.network.weights[0] - start.weights[0]  # what was learned, as of the others
    assert_allclose(found.model_sizes, np.abs(own), rtol=1e-12)
    assert found.rows()[0]["of_model"] == pytest.approx(abs(own[0, found.order[0]]))


def test_of_a_rare_class_the_auc_says_whether_anything_is_named():
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 12 == 0
    raw = rng.standard_normal((30, 120)) + 1.0 * labels * (np.arange(30)[:, None] < 15)
    data = Dataset(raw, labels.astype(int), ("none", "event")).rescaled()
    weak = replace(LINEAR, learning_rate=0.001, iterations=200, initializer="zeros")
    held = cr.importance(data, weak, repeats=5).held_out
    assert held.interval[0] <= held.baseline  # of right answers
    assert not held.warning
    assert "AUC 0.9" in held.words
    assert held.facts()["auc"] > 0.9


def test_neighbors_on_an_axis_are_regions():
    data, _ = shifted(0, 30, 40, 0)
    raw = data.raw.copy()
    raw[[3, 4, 5, 20]] += 3 * data.labels
    names = tuple(f"nm{900 + 2 * j}" for j in range(40))
    data = replace(data, features=FloatMatrix(raw), feature_names=names).rescaled()
    found = cr.importance(data, LINEAR, repeats=3, top=4)
    assert found.regions == (("nm906", "nm910"), ("nm940", "nm940"))
    assert found.stretches.startswith("nm906 to nm910, nm940: in the top")
    assert replace(found, names=tuple("abcdefgh" * 5)).stretches == ""


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("nm1100", "nm1100.5", "nm1102"), [1100, 1100.5, 1102]),
        (("1100.5", "1098", "-3"), [1100.5, 1098, -3]),
        (("mz_200.1", "mz_200.2", "mz_201"), [200.1, 200.2, 201]),
        (("900 nm", "902 nm", "904 nm"), [900, 902, 904]),
        (("x2", "x1", "x3"), None),
        (("g0", "g1", "g2", "g3"), None),  # counted, no axis
        (("1", "2", "3"), None),
        (("g3", "g17", "g20", "g44", "g45"), None),  # chosen of those
        (("nm900", "nm902", "nm904", "nm990", "nm992"), [900, 902, 904, 990, 992]),
        (("a1", "b2", "c3"), None),
        (("nm1", "nm2"), None),
        (("M27891_at", "X95735_at", "L09209_s_at"), None),
        (("name", "weight", "height"), None),
    ],
)
def test_names_that_are_an_axis(names, expected):
    found = positions(names)
    assert (found is None) if expected is None else np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "size"}, "by to be one of slope, permutation"),
        ({"top": 0}, "top to be a whole number of at least 1 and at most 30"),
        ({"top": 31}, "at most 30"),
        ({"folds": 1}, "folds"),
        ({"setting": {"hidden": ()}}, "a Setting"),
        ({"model": 3}, "model to be of type Model"),
    ],
)
def test_what_does_not_fit_is_said(options, message):
    data, _ = shifted(0, 20, 30, 5)
    with pytest.raises(cr.InputError, match=message):
        cr.importance(data, **({"setting": LINEAR} | options))


def test_runs_whose_cost_rose_far_are_left_out():
    """Their weights are those of one step far out: of a mean over runs they would be all."""
    data, _ = shifted(0, 15, 40, 5)
    found = cr.importance(data, Setting(hidden=(5,), learning_rate=5, iterations=60), repeats=8)
    assert 0 < found.diverged < 16
    assert found.facts()["diverged"] + found.facts()["runs"] == 16
    assert np.abs(found.slopes).max() < 100
    with pytest.raises(cr.DivergenceError, match=r"the cost rose from 0\.\d+ to .*e\+77"):
        cr.importance(data, Setting(hidden=(5,), learning_rate=30, iterations=60), repeats=8)


def test_all_runs_diverging_is_an_error():
    data, _ = shifted(0, 20, 30, 5)
    line = (data.matrix(), np.arange(20.0)[None])
    wild = Setting(hidden=(), output="identity", learning_rate=10.0, iterations=400)
    for hidden in ((), (5,)):
        with pytest.raises(cr.DivergenceError, match="learning rate ten times smaller"):
            cr.importance(line, replace(wild, hidden=hidden), repeats=1)


def test_what_was_finished_is_not_trained_again(tmp_path):
    data, _ = shifted(0, 20, 30, 5)
    how = Execution(folder=tmp_path, threads=1)
    first = cr.importance(data, LINEAR, repeats=2, execution=how)
    seen = []
    again = Execution(folder=tmp_path, threads=1, progress=lambda *at: seen.append(at))
    second = cr.importance(data, LINEAR, repeats=2, top=3, execution=again)
    assert {done for done, total in seen} == {seen[0][1]}
    assert_array_equal(first.slopes, second.slopes)
    assert_array_equal(first.rises, second.rises)
