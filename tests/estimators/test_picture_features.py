"""PictureFeatures: scikit-learn's transformer of photos."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import DataError, InputError
from chainrule.data.encoders import encoder
from chainrule.estimators import MLPClassifier, PictureFeatures


@pytest.fixture
def pictures(tmp_path):
    """Paths of eight pictures: disks, and stripes."""
    rng, paths = np.random.default_rng(0), []
    y, x = np.mgrid[:60, :80]
    for k in range(8):
        shape = (x - 40) ** 2 + (y - 30) ** 2 < 400 if k % 2 else (x // 8) % 2
        picture = 150 * shape[..., None] + rng.integers(0, 90, (60, 80, 3))
        paths.append(tmp_path / f"{k}.png")
        Image.fromarray(picture.astype(np.uint8)).save(paths[-1])
    return paths


def test_paths_and_arrays_give_the_same(pictures):
    features = PictureFeatures().fit_transform(pictures)
    assert (features.shape, features.dtype) == ((8, 1280), np.float32)
    arrays = np.stack([np.asarray(Image.open(path)) for path in pictures])
    assert_allclose(PictureFeatures().transform(arrays), features, atol=1e-5)
    photo = np.asarray(Image.open(pictures[0]).resize((224, 224), Image.Resampling.BICUBIC))
    expected = encoder("efficientnet-lite0").features(photo[None])
    assert_allclose(features[:1], expected, atol=1e-5)
    gray = PictureFeatures().transform(arrays[..., 0])
    alike = PictureFeatures().transform(np.repeat(arrays[..., :1], 3, axis=3))
    assert_allclose(gray, alike, atol=1e-5)
    assert PictureFeatures().transform([]).shape == (0, 1280)


def test_in_a_pipeline(pictures):
    network = MLPClassifier((), max_iter=100, random_state=0)
    pipeline = clone(make_pipeline(PictureFeatures(), StandardScaler(), network))
    pipeline.fit(pictures[:6], ["stripes", "disk"] * 3)
    assert pipeline.predict(pictures[6:]).tolist() == ["stripes", "disk"]
    names = PictureFeatures().get_feature_names_out()
    assert (len(names), names[3]) == (1280, "efficientnet-lite0_3")


@pytest.mark.parametrize(
    "X", ["a.png", np.zeros((3, 10)), [1, 2], np.zeros((2, 5, 5, 4), np.uint8)]
)
def test_what_are_no_pictures(X):
    with pytest.raises(InputError, match="PictureFeatures: expected paths"):
        PictureFeatures().transform(X)


def test_a_file_that_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(DataError, match=r"a\.png"):
        PictureFeatures().transform([tmp_path / "a.png"])
    with pytest.raises(InputError, match="efficientnet-lite0"):
        PictureFeatures("resnet").fit([])
