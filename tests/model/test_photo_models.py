"""Models of photos: the encoder is part of them, and what they looked at adds up."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

import chainrule as cr
from chainrule import DataError, InputError, Model, ModelFileError, load, save
from chainrule.data.encode import encoded_splits
from chainrule.data.encoders import encoder
from chainrule.data.encoders.encoding import Encoding
from chainrule.experiments import Setting
from chainrule.files import tensor_file
from chainrule.influence.explanation import explain
from chainrule.influence.occlusion import GRAY, parts_of_places
from chainrule.influence.predictions import predictions
from chainrule.model import export_onnx
from chainrule.model.new_data import pictures_for, read_pictures

OWN = encoder("efficientnet-lite0")


@pytest.fixture(scope="module")
def pixels():
    """Some sandals and boots, in gray."""
    splits = cr.open_data("fashion").changed(
        lambda data: data.without([c for c in data.classes if c not in ("Sandal", "Ankle boot")])
    )
    return splits.changed(lambda data: data.select(np.r_[0:6, -6:0]))


@pytest.fixture(scope="module")
def photos(pixels):
    return encoded_splits(pixels, Encoding(OWN)).prepared("standard")


def model_of(splits, hidden=()):
    setting = Setting(hidden=hidden, learning_rate=0.01, iterations=60, seed=1)
    network = setting.network(splits.train.features.shape[0], 1)
    found = cr.train(network, splits.train, **setting.arguments())
    return Model.of(found.network, splits)


@pytest.fixture(scope="module")
def model(photos):
    return model_of(photos)


def test_it_encodes_what_it_is_given(model, photos, pixels, tmp_path):
    P = model.predict_proba(photos.test)
    assert_allclose(model.predict_proba(photos.test.raw), P)
    assert_allclose(model.predict_proba(pixels.test), P, atol=1e-6)
    assert_allclose(model.predict_proba(pixels.test.pictures()), P, atol=1e-6)
    paths = [tmp_path / f"{k}.png" for k in range(2)]
    for path, one in zip(paths, pixels.test.pictures(), strict=False):
        Image.fromarray(one).convert("RGB").save(path)
    assert_allclose(model.predict_proba(paths), P[:, :2], atol=1e-6)
    assert_allclose(model.predict_proba([str(paths[1])]), P[:, 1:2], atol=1e-6)
    assert cr.model.evaluation.evaluate(model, pixels.test).m == 12


def test_its_file_says_the_encoder(model, photos, tmp_path):
    path = tmp_path / "model.safetensors"
    save(model, path)
    found = load(path)
    assert found.encoder is OWN
    assert found.image_shape == (28, 28)
    assert_array_equal(found.predict_proba(photos.test), model.predict_proba(photos.test))
    arrays, facts = tensor_file.read(path, "model", 9, sealed=False)
    assert facts["version"] == 4
    facts["encoder"]["digest"] = "0" * 64
    tensor_file.write(path, arrays, facts)
    with pytest.raises(ModelFileError, match=r"efficientnet-lite0 \(00000000\).*update"):
        load(path)


def test_other_features_are_refused(model, photos, pixels):
    of_pixels = model_of(pixels.prepared("pixels"))
    with pytest.raises(DataError, match=r"expected what the model has: pictures \(28, 28\)"):
        of_pixels.prepare(photos.test)
    with pytest.raises(InputError, match="expected data of no encoder; got of efficientnet-lite0"):
        of_pixels.predict(photos.test)
    with pytest.raises(InputError, match="raw with 1280 rows"):
        model.predict(pixels.test.raw)
    other = replace(OWN, digest="0" * 64)
    with pytest.raises(DataError, match=r"efficientnet-lite0 \(57934424\); got .* \(00000000\)"):
        model.prepare(replace(photos.test, encoder=other))
    with pytest.raises(InputError, match="1280 rows"):
        replace(of_pixels, encoder=OWN)


def test_photos_are_known_again_by_their_pixels(photos, pixels):
    again = encoded_splits(pixels, Encoding(OWN)).prepared("standard")
    moved = replace(again.train, features=again.train.raw + np.float32(1e-6))  # another machine
    assert moved.digest() == photos.train.digest()
    assert photos.train.digest() != photos.train.select(range(11)).digest()
    assert photos.train.digest() != photos.train.prepared("center").digest()


def test_what_the_places_add_is_the_logit_but_for_the_bias(model, photos):
    """And for hidden layers each unit of the first."""
    photo = photos.test.photos.at(3, 224)
    maps, mean = OWN.maps(photo[None])[0], photos.train.raw.mean(axis=1)
    for one in (model, model_of(photos, (3,))):
        parts, network = parts_of_places(one, maps, mean), one.network
        assert parts.shape == (network.layer_sizes[1], 7, 7)
        X = photos.test.matrix().columns([3])
        expected = network.weights[0] @ X  # Z - b
        assert_allclose(parts.sum(axis=(1, 2)), expected[:, 0], atol=1e-5)


@pytest.mark.parametrize("hidden", [(), (3,)], ids=str)
def test_an_explanation_of_a_photo(photos, hidden):
    model, asked = model_of(photos, hidden), photos.test.select([3, 9])
    for k, found in enumerate(explain(model, asked, photos.train)):
        (Z, _), sign = model.outputs(asked), 1 if found.decision else -1
        photo = asked.photos.at(k, 224)
        maps, mean = OWN.maps(photo[None])[0], photos.train.raw.mean(axis=1)
        moved = asked.raw[:, k] + (mean - maps[:, 2, 5]) / 49
        without, _ = model.outputs(moved[:, None])
        assert_allclose(found.effects[2, 5], sign * (Z[0, k] - without[0, 0]), atol=1e-5)
        gray = photo.copy()
        gray[80 - 28 : 80 + 28, 176 - 28 : 176 + 28] = GRAY
        covered, _ = model.outputs(gray[None])
        assert_allclose(found.covered[2, 5], sign * (Z[0, k] - covered[0, 0]), atol=1e-4)
        assert found.neighborhood.nearest.size == 6
        sizes = [abs(unit.effect) for unit in found.units]
        assert sizes == sorted(sizes, reverse=True)
        assert len(sizes) <= sum(hidden)
        for unit in found.units:  # without it its Z is the bias, as of the mean photo
            first = model.network.weights[0].copy()
            first[unit.k] = 0
            network = replace(model.network, weights=(first, *model.network.weights[1:]))
            without, _ = replace(model, network=network).outputs(asked)
            assert_allclose(unit.effect, sign * (Z[0, k] - without[0, k]), atol=1e-4)
            own = parts_of_places(model, maps, mean)[unit.k]
            assert_allclose(unit.places, own, atol=1e-6)
    (alone,) = explain(model, asked.select([0]))
    assert alone.effects is None
    assert alone.covered.shape == (7, 7)


def test_an_empty_photo_is_unlike_all(model, photos, tmp_path):
    """By its pixels: an encoder's features of it are as varied as of any."""
    reader, paths = pictures_for(model, cache=False), []
    for name, color in (("white", "white"), ("gray", "gray"), ("transparent", (9, 9, 9, 0))):
        paths.append(tmp_path / f"{name}.png")
        Image.new("RGBA", (50, 40), color).save(paths[-1])
    paths.append(tmp_path / "boot.png")
    Image.fromarray(photos.test.pictures()[-1]).save(paths[-1])
    asked = read_pictures(model, reader, paths, lambda path, why: None)
    flat = [one.neighborhood.flat for one in explain(model, asked, photos.train)]
    assert flat == [True, True, True, False]
    *unlike, boot = predictions(model, asked, photos.train).unlike
    assert all(unlike)
    assert "flatter" not in boot


def test_one_onnx_file_takes_photos_of_any_size(model, photos, pixels, tmp_path):
    import onnxruntime

    path = tmp_path / "model.onnx"
    done = export_onnx(model, path, photos.test)
    assert done.input == "photo (N, height, width, 3)"
    assert done.difference < 1e-6
    assert done.resized < 0.01
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    pictures = pixels.test.pictures()[:, ::-1][..., None].repeat(3, axis=3)
    P, decided = session.run(["probabilities", "class"], {"photo": pictures})
    expected = model.predict_proba(pictures)
    assert_allclose(P, expected.T, atol=0.01)
    sure = np.abs(expected[1] - 0.5) > 0.01
    assert_array_equal(decided[sure], expected.argmax(axis=0)[sure])


def test_an_onnx_file_without_the_encoder_takes_features(model, photos, tmp_path):
    done = export_onnx(model, tmp_path / "model.onnx", photos.test, encoder=False)
    assert done.input == "features (N, 1280)"
    assert done.examples == len(photos.test)
    assert (tmp_path / "model.onnx").stat().st_size < 100_000
