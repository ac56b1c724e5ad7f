"""Trainings, histories, models, evaluations and figures show themselves in a notebook."""

import io

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.inspection.plots import learning_curve
from chainrule.training import History


@pytest.fixture(scope="module")
def trained():
    data = cr.open_data("planar:moons").train
    network = cr.Network.create((2, 3, 1))
    return data, cr.train(network, data, learning_rate=np.array([0.1, 0.01]), iterations=20)


def size(png):
    return Image.open(io.BytesIO(png)).size


def test_a_history_is_its_curve(trained):
    _, training = trained
    assert min(size(training.history._repr_png_())) > 200
    assert min(size(training.history.run(0)._repr_png_())) > 200
    assert History()._repr_png_() is None


def test_a_training_says_why_its_form_was_taken(trained):
    _, training = trained
    page = training._repr_html_()
    assert training.first_layer.reason in page
    assert "data:image/png;base64," in page


def test_models_and_evaluations(trained):
    data, training = trained
    model = cr.Model.of(training.run(0).network, data)
    assert "red, blue" in model._repr_html_()
    found = cr.evaluate(model, data)
    page = found._repr_html_()
    assert f"<td>red</td><td>{found.confusion[0, 0]}</td><td>{found.confusion[0, 1]}</td>" in page


def test_figures_need_no_pyplot(trained):
    figure = learning_curve(trained[1].history.run(0))
    assert min(size(figure._repr_png_())) > 200
