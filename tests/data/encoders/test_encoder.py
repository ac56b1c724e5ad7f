"""The photo encoder: PyTorch's own numbers, and a weights' file that runs nothing."""

import pickle
import struct

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import DataError, InputError
from chainrule.data.encoders import encoder
from chainrule.data.encoders.torch_weights import read_torch_weights
from chainrule.files.digest import file_digest

OWN = encoder("efficientnet-lite0")


def photos():
    i = np.arange(224)
    stripes = np.stack([(3 * i[:, None] + 5 * i + 40 * c) % 256 for c in range(3)], -1)
    noise = np.random.default_rng(0).integers(0, 256, (224, 224, 3))
    return np.stack([stripes, noise]).astype(np.uint8)


def test_the_features_are_those_of_pytorch():
    """The largest five of each photo, and all in sum, as PyTorch 2.13 and efficientnet-lite-pytorch
    0.1.0 give them."""
    found = OWN.features(photos())
    assert found.shape == (2, 1280)
    largest = np.argsort(-found, axis=1)[:, :5]
    assert largest.tolist() == [[915, 853, 113, 39, 761], [455, 113, 824, 626, 1127]]
    expected = [
        [5.16874, 4.91458, 4.72219, 4.50702, 4.43502],
        [5.45720, 4.84782, 4.02168, 4.01933, 3.34108],
    ]
    assert_allclose(np.take_along_axis(found, largest, axis=1), expected, atol=1e-4)
    assert_allclose(found.sum(axis=1), [191.76665, 122.73635], atol=1e-2)


def test_the_features_are_the_mean_of_the_places():
    maps = OWN.maps(photos())
    assert maps.shape == (2, 1280, 7, 7)
    assert_allclose(maps[:, :, 2, 5].sum(axis=1), [355.2274, 196.18085], atol=1e-2)
    assert_allclose(maps.mean(axis=(2, 3)), OWN.features(photos()), atol=1e-5)


def test_any_number_of_photos():
    assert OWN.features(np.empty((0, 224, 224, 3), np.uint8)).shape == (0, 1280)
    many = np.repeat(photos(), 9, axis=0)
    assert_allclose(OWN.features(many)[[0, 17]], OWN.features(photos()), atol=1e-5)


@pytest.mark.parametrize(
    "photos", [np.zeros((2, 224, 224, 3)), np.zeros((2, 64, 64, 3), np.uint8), [1, 2]]
)
def test_what_are_no_photos(photos):
    with pytest.raises(InputError, match=r"expected photos \(m, 224, 224, 3\) of dtype uint8"):
        OWN.features(photos)


def test_another_encoder():
    with pytest.raises(InputError, match="efficientnet-lite0"):
        encoder("resnet")


def saved(path, *pickles, storages=()):
    """A file as PyTorch before 1.6 saved it."""
    content = b"".join(one if isinstance(one, bytes) else pickle.dumps(one, 2) for one in pickles)
    for numbers in storages:
        content += struct.pack("<q", numbers.size) + numbers.tobytes()
    path.write_bytes(content)
    return path, file_digest(path)


HEAD = (0x1950A86A20F9469CFC6C, 1001, {})


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_file_that_would_run_something_runs_nothing(tmp_path):
    for k in range(5):
        pickles = [*HEAD, {}, []]
        pickles[k] = Runs(tmp_path / "ran")
        path, digest = saved(tmp_path / "w.pth", *pickles)
        with pytest.raises(DataError, match=r"io\.open"):
            read_torch_weights(path, digest)
    assert not (tmp_path / "ran").exists()


def test_a_file_of_another_digest_is_not_opened(tmp_path):
    path, digest = saved(tmp_path / "w.pth", Runs(tmp_path / "ran"))
    with pytest.raises(DataError, match=f"weights of SHA-256 000000000000.*got {digest[:12]}"):
        read_torch_weights(path, "0" * 64)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(DataError, match="No such file"):
        read_torch_weights(tmp_path / "none.pth", digest)


@pytest.mark.parametrize(
    ("pickles", "message"),
    [
        ((1, 1001, {}, {}, []), "another kind of file"),
        ((*HEAD, {}), "EOFError"),
        ((*HEAD, {}, ["0"]), "KeyError"),
        ((b"nonsense",), "UnpicklingError"),
    ],
)
def test_broken_files(tmp_path, pickles, message):
    path, digest = saved(tmp_path / "w.pth", *pickles)
    with pytest.raises(DataError, match=message):
        read_torch_weights(path, digest)
