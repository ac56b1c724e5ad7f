"""Trainings, histories, models, evaluations and figures show themselves in a notebook."""

import io

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.experiments import (
    Setting,
    compare_learning_rates,
    cross_validate,
    find_learning_rate,
    leave_one_out,
    review_labels,
    sweep,
)
from chainrule.show.experiment_plots import learning_curve, run_names
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


def test_results_of_experiments_are_tables():
    data = cr.open_data("planar:moons").train.select(np.arange(0, 400, 20))
    setting = Setting(hidden=(2,), iterations=5, learning_rate=0.1)
    left = leave_one_out(data, setting)
    found = {
        "folds": cross_validate(data, setting, folds=4),
        "trials": sweep(data, {"hidden": [(), (2,)]}, base=setting, folds=2, refit=False),
        "examples": left,
        "rates": compare_learning_rates(data, [0.1, 0.2, 0.3], setting),
        "suspects": review_labels(data, left.probabilities),
    }
    rows = {name: one._repr_html_().count("<tr>") - 1 for name, one in found.items()}
    assert rows["folds"] == 4
    assert rows["trials"] == 2
    assert rows["examples"] == 20
    assert rows["rates"] == 3
    assert rows["suspects"] == max(len(found["suspects"].suspects), -1)
    assert "none" in found["trials"]._repr_html_()
    assert "<td>" in find_learning_rate(data, setting, count=4, iterations=5)._repr_html_()


def test_runs_that_differ_in_their_rate_say_so(trained):
    network = cr.Network.create((2, 3, 1), rng=[1, 2])
    same = cr.train(network, trained[0], learning_rate=0.1, iterations=3)
    assert names_of(same.history) == ["run 0", "run 1"]
    assert names_of(trained[1].history)[0] == "run 0: learning rate 0.1"


def names_of(history):
    """What a picture of several runs calls them."""
    return run_names([history.run(r) for r in range(history.cost.shape[1])])
