"""What is held out is drawn before anything is learned."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import DataError, InputError, open_data


@pytest.fixture
def table(tmp_path):
    """40 examples in two classes of 3 : 1, two of each patient, in four sites."""
    rng = np.random.default_rng(3)
    lines = ["id,site,a,b,label"]
    for i in range(40):
        a, b = rng.standard_normal(2).round(3)
        lines.append(f"p{i // 2:02}_{i % 2},s{i // 10},{a},{b},{'sick' if i // 2 % 4 else 'well'}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    return path


def test_a_share_of_each_class(table):
    splits = open_data(table, names="id", drop="site", hold_out=0.2)
    assert (len(splits.train), len(splits.test)) == (32, 8)
    assert list(np.bincount(splits.test.labels)) == [6, 2]
    assert not set(splits.train.names) & set(splits.test.names)
    assert "8 of 40 examples were drawn to test on" in " ".join(splits.notes)


def test_examples_without_names_keep_their_numbers(table):
    whole = open_data(table, drop=["id", "site"], scale="none").train
    test = open_data(table, drop=["id", "site"], scale="none", hold_out=0.2).test
    for name, row in zip(test.names, test.raw.T, strict=True):
        assert_allclose(whole.raw[:, int(name.removeprefix("example "))], row)


def test_the_scaling_is_learned_from_the_rest(table):
    splits = open_data(table, names="id", drop="site", hold_out=0.25)
    X = splits.train.matrix().columns(slice(None))
    assert_allclose(X.mean(axis=1), 0, atol=1e-12)
    assert abs(splits.test.matrix().columns(slice(None)).mean(axis=1)).max() > 0.01


@pytest.mark.parametrize("how", [{"group_by": "(.*)_"}, {"group_column": "site"}])
def test_whole_groups(table, how):
    drop = {} if "group_column" in how else {"drop": "site"}
    splits = open_data(table, names="id", hold_out=0.25, **how, **drop)

    def groups(data):
        if "group_column" in how:
            return set(data.facts["site"])
        return {name.split("_")[0] for name in data.names}

    assert not groups(splits.train) & groups(splits.test)
    assert 6 <= len(splits.test) <= 14


def test_another_seed_draws_others(table):
    first, second = (
        open_data(table, names="id", drop="site", hold_out=0.2, seed=seed).test for seed in (0, 1)
    )
    assert set(first.names) != set(second.names)
    again = open_data(table, names="id", drop="site", hold_out=0.2).test
    assert again.names == first.names


@pytest.mark.parametrize("names", ["id", None])
def test_decisions_about_labels_leave_the_division(table, tmp_path, names):
    how = {"names": names, "drop": "site" if names else ["id", "site"], "scale": "none"}
    whole = open_data(table, **how).train
    before = open_data(table, hold_out=0.2, **how)
    dropped, changed = before.train.names[3], before.train.names[4]

    def opened(*rows):
        path = tmp_path / "labels.csv"
        path.write_text("\n".join(["name,index,given,decision,relabel_as", *rows]))
        return open_data(table, hold_out=0.2, labels=path, **how)

    def row(name, decision, target=""):
        i = whole.example_names.index(name)
        return f"{name},{i},{whole.label_of(i)},{decision},{target}"

    other = {"sick": "well", "well": "sick"}[before.train.label_of(4)]
    after = opened(row(dropped, "drop"), row(changed, "relabel", other))
    assert after.test.names == before.test.names
    assert after.test.doubted == ""  # what is measured on it agrees with nobody's doubts
    assert after.train.names == tuple(n for n in before.train.names if n != dropped)
    assert after.train.label_of(after.train.names.index(changed)) == other
    held = opened(row(before.test.names[0], "drop"))
    assert (held.test.names, held.train.names) == (before.test.names[1:], before.train.names)
    assert "1 example left out" in held.test.doubted


@pytest.mark.parametrize("share", [0, 0.6, -1, float("nan")])
def test_a_share_that_is_none(table, share):
    with pytest.raises(InputError, match="--hold-out"):
        open_data(table, names="id", drop="site", hold_out=share)


def test_what_cannot_be_held_out(table):
    with pytest.raises(InputError, match="data without a test set"):
        open_data("fashion", hold_out=0.2)
    with pytest.raises(InputError, match="too few"):
        open_data(table, names="id", drop="site", hold_out=0.01)
    with pytest.raises(DataError, match="a column for --group-column"):
        open_data(table, names="id", drop="site", hold_out=0.2, group_column="sight")
