"""Fashion-MNIST's part in the wheel, against the files it was made from."""

import importlib.util
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import open_data

TOOL = Path(__file__).parents[3] / "tools" / "make_fashion.py"


def test_fashion_is_balanced_and_small():
    splits = open_data("fashion")
    for data, count in ((splits.train, 100), (splits.test, 50)):
        assert data.raw.shape == (784, 10 * count)
        assert data.raw.dtype == np.uint8
        assert data.image_shape == (28, 28)
        assert np.bincount(data.labels).tolist() == [count] * 10
        assert data.scaling.kind == "pixels"
    assert splits.train.classes[0] == "T-shirt/top"
    assert splits.train.classes[9] == "Ankle boot"
    # The first training picture of Fashion-MNIST is the ankle boot of its paper's figures.
    assert (splits.train.names[0], splits.train.labels[0]) == ("train[0]", 9)
    assert len(set(splits.train.names)) == 1000


def test_its_license_travels_with_it():
    files = resources.files("chainrule.data") / "files"
    notice = (files / "FASHION-MNIST-LICENSE").read_text(encoding="utf-8")
    assert "2017 Zalando SE" in notice
    assert "Permission is hereby granted, free of charge" in notice
    assert len((files / "fashion.npz").read_bytes()) < 1_500_000


def test_the_tool_makes_the_file_again_from_debians_package(tmp_path, capsys):
    if not TOOL.exists():
        pytest.skip("tools/make_fashion.py is not in this distribution")
    spec = importlib.util.spec_from_file_location("make_fashion", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    if not tool.SOURCE.exists():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    tool.main(target=tmp_path / "fashion.npz")
    assert "bytes" in capsys.readouterr().out
    with np.load(tmp_path / "fashion.npz") as made, np.load(tool.TARGET) as kept:
        assert set(made.files) == set(kept.files)
        for name in made.files:
            assert_array_equal(made[name], kept[name])
