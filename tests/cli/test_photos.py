"""Photos by pretrained features, in every command that takes data or a model."""

import pytest

from chainrule.data.encoders import cache

QUICK = ("--layers", "none", "--iterations", 20, "--learning-rate", 0.01)
ENCODED = ("--features", "efficientnet-lite0")


@pytest.fixture
def run(chainrule, fruit):
    said = chainrule("train", fruit, "--features", "auto", *QUICK, "--out", "run")
    assert said.code == 0
    assert "16 training, 6 test photos as 1,280 features of efficientnet-lite0" in said.out
    assert "features: efficientnet-lite0, since the pictures are in color" in said.out
    return "run"


def test_what_takes_a_model_takes_one_of_photos(chainrule, fruit, run):
    found = chainrule("evaluate", run, fruit, "--json").json
    assert found["accuracy"] == 1.0
    photo = fruit / "test" / "lime" / "lime0.png"
    found = chainrule("predict", run, photo, "--json").json
    assert found["predictions"][0]["class"] == "lime"
    said = chainrule("explain", run, photo, "--out", "why.png")
    assert "Nearest   train/lime" in said.out
    assert "trained again without it" in said.out
    assert chainrule("report", run).code == 0
    assert chainrule("export", run, "--onnx", "a.onnx", "--data", fruit).code == 0
    said = chainrule("export", run, "--onnx", "b.onnx", "--without-encoder")
    assert "from features (N, 1280)" in said.out
    pixels = chainrule("train", fruit, *QUICK, "--size", 8, "--out", "pixels")
    assert pixels.code == 0
    again = chainrule("importance", fruit, "--model", run)
    assert again.code == 2
    assert "features that can be named" in again.error
    assert "chainrule explain" in again.error


@pytest.mark.parametrize("command", ["crossval", "leave-one-out", "review-labels", "lr-find"])
def test_what_takes_data_takes_photos(chainrule, fruit, command):
    quick = QUICK[:4] if command == "lr-find" else QUICK
    folds = ("--folds", 2) if command in ("crossval", "review-labels") else ()
    said = chainrule(command, fruit, *ENCODED, *quick, *folds, "--out", "done")
    assert said.code == 0
    assert "photos as 1,280 features" in said.out


def test_other_features_are_one_line(chainrule, fruit):
    said = chainrule("train", fruit, "--features", "resnet")
    assert said.code == 2
    said = chainrule("train", "planar", *ENCODED)
    assert said.code == 2
    assert said.error.count("\n") == 1
    assert "leave --features out" in said.error


def test_without_the_extra_it_says_what_to_install(chainrule, fruit, monkeypatch):
    import sys

    from chainrule.data.encoders import encoder

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    vars(encoder("efficientnet-lite0")).pop("_session", None)
    said = chainrule("train", fruit, *ENCODED, *QUICK, "--no-cache")
    assert said.code == 2
    assert said.error.count("\n") == 1
    assert 'pip install "chainrule[photos]"' in said.error


def test_the_cache(chainrule, fruit, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "Features of 0 photos" in chainrule("cache").out
    assert not cache.cache_path().exists()
    chainrule("train", fruit, *ENCODED, *QUICK, "--no-cache", "--out", "a")
    assert not cache.cache_path().exists()
    chainrule("train", fruit, *ENCODED, *QUICK, "--out", "b")
    found = chainrule("cache", "--json").json
    assert (found["photos"], found["path"]) == (22, str(cache.cache_path()))
    assert 22 * 5120 < found["bytes"] < 1e6
    chainrule("explain", "b", fruit / "test" / "lime" / "lime0.png", "--no-cache", "--out", "b.png")
    assert chainrule("cache", "--json").json == found
    assert "Deleted" in chainrule("cache", "--clear").out
    assert not cache.cache_path().exists()
    assert chainrule("cache", "--clear").out.startswith("No ")
    cache.cache_path().write_text("no database " * 100)
    assert "begins anew" in chainrule("cache").out
    said = chainrule("train", fruit, *ENCODED, *QUICK, "--out", "c")
    assert said.code == 0
    assert "features of photos are not kept" in said.out
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a file"))
    assert "not kept" in chainrule("cache").out
    assert chainrule("cache", "--clear").code == 0


def test_data_that_are_others_by_now_are_said(chainrule, fruit, run):
    (fruit / "train" / "lime" / "lime0.png").unlink()
    said = chainrule("report", run)
    assert said.code == 2
    assert "others: their digest differs, 15 examples where it had 16" in said.error


def test_foreign_classes_are_named(chainrule, fruit, run):
    names = ["some foreign class of fruit", "another foreign class"]
    for name in names:
        (fruit / "test" / "lime").with_name(name).mkdir()
        picture = next((fruit / "test" / "lime").iterdir())
        picture.rename(fruit / "test" / name / "1.png")
    said = chainrule("evaluate", run, fruit / "test")
    assert said.code == 2
    assert all(name in said.error for name in [*names, "lime", "tomato"])
