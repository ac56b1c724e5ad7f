"""Pictures as features, from the reader to the data set; and what is kept of them."""

import sqlite3

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

import chainrule as cr
from chainrule import DataError, InputError
from chainrule.data import read_image
from chainrule.data.encoders import cache as caches
from chainrule.data.encoders import encoder, encoding
from chainrule.data.encoders.cache import Cache
from chainrule.data.encoders.encoding import Encoding
from chainrule.data.readers.images import Picture
from chainrule.estimators import PictureFeatures

OWN = encoder("efficientnet-lite0")


def disks(folder, colored=True):
    """Twelve pictures in folders: disks, and stripes."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:60, :80]
    for k in range(12):
        name, part = ("stripes", "disks")[k % 2], "test" if k > 7 else "train"
        shape = (x - 40) ** 2 + (y - 30) ** 2 < 400 if k % 2 else (x // 8) % 2
        picture = 120 * shape[..., None] + rng.integers(0, 60, (60, 80, 3))
        picture += np.array([60, 0, 20]) if colored else 0
        path = folder / part / name / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = picture if colored else picture[..., 0]
        Image.fromarray(picture.astype(np.uint8)).save(path)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return disks(tmp_path_factory.mktemp("photos"))


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """An empty cache; how often photos are encoded."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(encoding, "BATCH", 16)
    calls = []
    features = type(OWN).features
    monkeypatch.setattr(
        type(OWN), "features", lambda self, photos: calls.append(1) or features(self, photos)
    )
    return calls


def opened(folder, **options):
    return cr.open_data(folder, features="efficientnet-lite0", **options)


def test_folders_become_features_and_small_pictures(folder):
    splits = opened(folder, size=16)
    train, test = splits.train, splits.test
    assert (train.features.shape, train.dtype) == ((1280, 8), np.float32)
    assert train.encoder is OWN
    assert train.picture_shape is None
    assert (train.pictures().shape, test.pictures().shape) == ((8, 16, 16, 3), (4, 16, 16, 3))
    paths = [folder / "train" / name.removeprefix("train/") for name in train.names]
    assert_allclose(train.raw.T, PictureFeatures().transform(paths), atol=1e-5)
    photo = read_image(paths[3], (224, 224, 3)).reshape(224, 224, 3)
    assert_array_equal(train.photos.at(3, 224), photo)
    small = Image.fromarray(photo).resize((16, 16), Image.Resampling.BICUBIC)
    assert_array_equal(train.pictures()[3], np.asarray(small))
    X = train.matrix()
    assert_allclose(X.columns(slice(None)).mean(axis=1), 0, atol=1e-5)  # standardized
    some = train.select([5, 2])
    assert_array_equal(some.pictures(), train.pictures()[[5, 2]])
    assert_array_equal(some.photos.at(1, 224), train.photos.at(2, 224))


def test_arrays_become_the_features_of_their_enlargement():
    pixels = cr.open_data("fashion")
    few = cr.Splits(pixels.train.select(range(5)), test=pixels.test.select(range(3)))
    from chainrule.data.encode import encoded_splits

    found = encoded_splits(few, Encoding(OWN, cache=False))
    large = Image.fromarray(few.train.pictures()[4]).convert("RGB")
    photo = np.asarray(large.resize((224, 224), Image.Resampling.BICUBIC))
    assert_allclose(found.train.raw[:, 4:].T, OWN.features(photo[None]), atol=1e-5)
    assert_array_equal(found.train.pictures(), few.train.pictures())
    assert_array_equal(found.train.photos.at(4, 224), photo)
    assert found.test.features.shape == (1280, 3)


def test_the_second_time_nothing_is_encoded(folder, fresh):
    told = []
    first = opened(folder, progress=lambda *done: told.append(done))
    assert len(fresh) == 2  # batches
    assert told[0] == (0, 8, "photos")
    again = opened(folder)
    assert len(fresh) == 2
    assert_array_equal(again.train.raw, first.train.raw)
    assert_array_equal(again.test.pictures(), first.test.pictures())
    assert again.train.digest() == first.train.digest()
    opened(folder, cache=False)
    assert len(fresh) == 4
    opened(folder, size=32)  # of which no small pictures are kept
    assert len(fresh) == 6


def test_many_are_encoded_some_at_a_time_and_in_their_order(monkeypatch, fresh):
    monkeypatch.setattr(encoding, "BATCH", 2)
    pictures = cr.open_data("fashion").train.pictures()[:7]
    kept = Encoding(OWN).arrays(pictures[2:4])
    found = Encoding(OWN).arrays(pictures)
    assert len(fresh) == 1 + 3
    assert_array_equal(found.features[2:4], kept.features)
    assert_allclose(found.features, PictureFeatures().transform(pictures), atol=1e-5)


@pytest.mark.parametrize("what", ["broken", "unwritable", "locked", "a row"])
def test_a_cache_that_fails_is_a_note(folder, fresh, what, monkeypatch, tmp_path):
    path = caches.cache_path()
    path.parent.mkdir(parents=True)
    lock = None
    if what == "broken":
        path.write_bytes(b"no database" * 1000)
    elif what == "unwritable":
        path.parent.rmdir()
        path.parent.parent.rmdir()
        path.parent.parent.write_text("a file where a folder should be")
    else:
        opened(folder)
        lock = sqlite3.connect(path)
        if what == "locked":
            monkeypatch.setattr(caches, "WAIT", 0.01)
            lock.execute("DELETE FROM photos_1")
        else:
            lock.execute("UPDATE photos_1 SET features = x'00'")
            lock.commit()
            lock.close()
    splits = opened(folder)
    if what in ("a row", "locked"):
        assert len(fresh) == 2 + 2 * (what == "a row")
    assert splits.train.features.shape == (1280, 8)
    notes = [note for note in splits.notes if "not kept" in note]
    assert bool(notes) == (what in ("broken", "unwritable"))
    if lock:
        lock.close()


def test_what_was_not_used_for_longest_is_removed(tmp_path, monkeypatch):
    some = Picture(np.ones(5000, np.uint8), True, 2, False, np.ones(1250, np.float32))
    now = [0.0]
    monkeypatch.setattr(caches.time, "time", lambda: now[0])
    path = tmp_path / "cache.sqlite3"
    for k in range(60):
        now[0] = 10000.0 * k
        with Cache(path, limit=400_000) as cache:
            cache.put({f"{k}": some})
            found = cache.get("0", 1250, 5000)  # used each time
            assert_array_equal(found.features, some.features)
            assert_array_equal(found.pixels, some.pixels)
            assert found[1:4] == (True, 2, False)
    with Cache(path) as cache:
        photos, size = cache.facts()
        assert 20 < photos < 40
        assert size < 400_000
        assert cache.get("59", 1250, 5000) is not None
        assert cache.get("59", 1251, 5000) is None
        assert cache.get("1", 1250, 5000) is None
    assert caches.clear(path) > 0
    assert caches.clear(path) == 0


def test_auto_takes_photos_in_color(folder, tmp_path, monkeypatch):
    found = cr.open_data(folder, features="auto")
    assert found.train.encoder is OWN
    assert any("in color" in note for note in found.notes)
    gray = cr.open_data(disks(tmp_path, colored=False), features="auto", test=folder)
    assert gray.train.encoder is None
    assert gray.test.picture_shape == (64, 64, 3)
    assert any("not in color" in note for note in gray.notes)
    assert cr.open_data("fashion", features="auto").train.encoder is None
    assert cr.open_data("planar", features="auto").train.encoder is None
    monkeypatch.setattr("chainrule.data.encode.installed", lambda: False)
    found = cr.open_data(folder, features="auto")
    assert found.train.encoder is None
    assert any('pip install "chainrule[photos]"' in note for note in found.notes)


def test_what_cannot_be_encoded(folder, tmp_path):
    with pytest.raises(InputError, match="features to be one of pixels, efficientnet-lite0, auto"):
        cr.open_data(folder, features="resnet")
    with pytest.raises(DataError, match=r"planar.*expected pictures of 8 bits"):
        cr.open_data("planar", features="efficientnet-lite0")
    with pytest.raises(DataError, match=r"expected what .* has: features of efficientnet-lite0"):
        cr.data.matched(cr.open_data(folder).train, opened(folder).train)


def test_files_that_are_no_photos_are_skipped(tmp_path):
    folder = disks(tmp_path)
    (folder / "train" / "disks" / "a.jpg").write_text("no photo")
    (folder / "train" / "disks" / "b.png").write_bytes(b"")
    splits = opened(folder)
    assert len(splits.train) == 8
    assert [one.split(":")[0] for one in splits.skipped] == [
        "train/disks/a.jpg",
        "train/disks/b.png",
    ]
    with pytest.raises(DataError, match="strict"):
        opened(folder, strict=True)


def test_pictures_that_are_in_memory_already(folder, monkeypatch):
    plain = cr.open_data(folder)
    found = cr.data.with_features(plain)
    assert (found.train.encoder, found.train.scaling.kind) == (OWN, "standard")
    assert found.train.features.shape == (OWN.n_features, len(plain.train))
    assert_array_equal(found.train.photos.small, plain.train.pictures())
    assert cr.data.with_features(plain, "pixels") == plain
    monkeypatch.setattr("chainrule.data.encode.installed", lambda: False)
    said = cr.data.with_features(plain.train, "auto").train
    assert (said.encoder, said.notes[-1][:16]) == (None, "features: pixels")


def test_a_look_at_a_cache_that_is_not_there_makes_none(tmp_path):
    path = tmp_path / "folder" / "photos.sqlite3"
    with Cache(path, made=False) as found:
        assert (found.facts(), found.note) == ((0, 0), "")
    assert not path.parent.exists()
    path.parent.write_text("")
    with Cache(path, made=False) as found:
        assert "features of photos are not kept" in found.note
