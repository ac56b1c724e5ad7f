"""Trained networks of many architectures, on all the built-in test pictures."""

import numpy as np
import onnxruntime
import pytest

import chainrule as cr
from chainrule.model import export_onnx
from chainrule.network import ACTIVATIONS

HIDDEN = tuple(ACTIVATIONS)
ARCHITECTURES = [((), "relu"), *(((16, 12, 8)[:n], name) for n in (1, 2, 3) for name in HIDDEN)]


@pytest.fixture(scope="module", params=[None, "Sandal"], ids=["ten", "two"])
def positive(request):
    return request.param


@pytest.fixture(scope="module", params=["pixels", "standard", "none"])
def data(request, positive):
    return cr.open_data("fashion", scale=request.param, positive=positive)


def trained(data, hidden, activation, dtype):
    n_y = 1 if len(data.train.classes) == 2 else 10
    # exp of exp: from weights that are not small it overflows at once. Raw pixels go up to 255.
    small = activation == "exp" or data.train.scaling.kind == "none"
    network = cr.Network.create(
        (784, *hidden, n_y), activation=activation, dtype=dtype,
        initializer=1e-4 if small else "xavier",
    )  # fmt: skip
    rate = {"exp": 1e-6}.get(activation, 1e-4 if small else 0.005)
    done = cr.train(network, data.train, optimizer="adam", iterations=20, learning_rate=rate)
    return cr.Model.of(done.network, data)


@pytest.mark.parametrize(("hidden", "activation"), ARCHITECTURES, ids=str)
def test_onnxruntime_gives_our_answers(data, hidden, activation, tmp_path):
    pictures = data.test.raw.T.reshape(-1, *data.test.image_shape)
    for dtype in ("float64", "float32"):
        model = trained(data, hidden, activation, dtype)
        done = export_onnx(model, tmp_path / "m.onnx", data.test.raw)
        assert done.examples == 500
        session = onnxruntime.InferenceSession(done.path, providers=["CPUExecutionProvider"])
        classes, P = session.run(["class", "probabilities"], {"picture": pictures})
        ours = model.predict_proba(data.test.raw)
        assert np.abs(P.T - ours).max() <= (1e-12 if dtype == "float64" else 1e-6)
        assert P.dtype == dtype
        top = np.sort(ours, axis=0)
        clear = top[-1] - top[-2] > 1e-6
        assert (classes == model.predict(data.test.raw))[clear].all()
