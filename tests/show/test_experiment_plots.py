"""Pictures of trainings compared, and of explanations."""

from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.influence.explanation import Explanation
from chainrule.influence.out_of_distribution import Neighborhood
from chainrule.show.experiment_plots import (
    fold_curves,
    learning_curve,
    learning_curves,
    left_out_plot,
)
from chainrule.show.picture_plots import explanation_plot, gallery
from chainrule.show.setting_plots import rate_plot, score_plot
from chainrule.training import History, Record

image = pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 50})
T = np.arange(0, 101, 5)


def history(rate, validation=None, first=0.7):
    """Costs that fall as exp(-rate t); validation costs that rise again by `validation`."""
    cost = first * np.exp(-rate * T)
    held = [None] * len(T) if validation is None else cost + 0.05 + validation * T
    return History(
        [
            Record(int(t), int(t), 0.1, c, 0.5, v, None if v is None else 0.5)
            for t, c, v in zip(T, cost, held, strict=True)
        ]
    )


RECORDS = history(0.03).records


def rows(n=12):
    layers = [(), (8,), (20,), (8, 4)]
    return [
        {
            "hidden": layers[k % 4],
            "l2": [0.0, 0.01, 0.1][k % 3],
            "accuracy": 0.9 - 0.01 * k,
            "standard_error": 0.005 * (k % 3),
            "near_best": "yes" if k < 3 else "",
        }
        for k in range(n)
    ]


def ticks(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


@image
def test_picture_of_a_learning_curve():
    return learning_curve(history(0.03, validation=0.001), title="A run that overfits")


@image
def test_picture_of_several_runs():
    runs = [history(rate) for rate in (0.1, 0.03, 0.01, 0.001)]
    return learning_curves(runs, [f"rate {k}" for k in range(4)], title="Four rates")


@image
def test_picture_of_several_validated_runs():
    runs = [history(rate, validation=0.001) for rate in (0.1, 0.03, 0.01)]
    return learning_curves(runs, ["a", "b", "c"], title="Three validated runs")


@image
def test_picture_of_folds():
    return fold_curves([history(0.02 + 0.002 * k, 0.0005) for k in range(5)], title="Five folds")


@image
def test_picture_of_a_range_test():
    rates = np.geomspace(1e-4, 10, 12)
    cost = np.where(rates < 2, 0.1 + 0.6 / (1 + 20 * rates), np.nan)
    return rate_plot(rates, cost, 0.7, 0.5, title="A range test")


@image
def test_picture_of_scores():
    return score_plot(rows(), ("hidden", "l2"), "accuracy", title="A sweep")


@image
def test_picture_of_left_out_examples():
    rng = np.random.default_rng(2)
    trained_on = rng.uniform(0.4, 1, 60)
    return left_out_plot(trained_on, trained_on * rng.uniform(0.3, 1, 60), title="Left out")


@image
def test_picture_of_a_gallery():
    data = cr.open_data("fashion").train
    names = [f"{data.names[i]}\nlabeled {data.classes[data.labels[i]]}" for i in range(8)]
    return gallery(data, range(8), names, title="A gallery")


@image
def test_picture_of_an_explanation():
    data = cr.open_data("fashion").train.select(np.arange(20))
    values = np.linspace(-1, 1, 20)
    found = Explanation(
        1,
        np.array([0.2, 0.8]),
        data.raw[:, 3].reshape(28, 28) / 255 - 0.5,
        Neighborhood(np.arange(6), np.linspace(1, 2, 6), 0.5),
        np.stack([values / 10, values / 20, values / 30]),
    )
    return explanation_plot(found, data.raw[:, 3], data, "An explanation")


def test_validation_is_drawn_beside_training():
    figure = learning_curves([history(0.1, 0.001), history(0.03)], ["a", "b"])
    axes = figure.axes[0]
    drawn = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == len(T)]
    assert len(drawn) == 3
    np.testing.assert_array_equal(drawn[1], history(0.1, 0.001).validation_cost)
    assert axes.get_ylabel().startswith("cost")
    assert {text.get_text() for text in axes.texts} == {"a", "b"}


def test_hidden_layers_come_in_their_order():
    figure = score_plot(rows(), ("hidden",), "accuracy")
    assert ticks(figure.axes[0]) == ["none", "8", "20", "8-4"]


def test_trials_of_one_value_stand_apart():
    figure = score_plot(rows(), ("hidden",), "accuracy")
    places = figure.axes[0].containers[0].lines[0].get_xdata()
    assert len(set(np.round(places, 6))) == 12
    assert np.abs(places - np.round(places)).max() <= 0.3


def test_the_best_six_runs_are_named_and_the_others_gray():
    figure = learning_curves([history(0.01 * k) for k in range(10)], [str(k) for k in range(10)])
    axes = figure.axes[0]
    assert {text.get_text() for text in axes.texts} == set("456789")
    assert "gray: 4 others" in axes.get_ylabel()
    places = sorted(text.xyann[1] for text in axes.texts)
    assert np.diff(places).min() > 0.03  # none over another
    assert places[-1] <= 1.01


def test_a_spike_is_drawn_on_a_logarithmic_axis():
    rise = [replace(one, cost=30 * one.cost) if one.iteration == 50 else one for one in RECORDS]
    assert learning_curve(History(rise)).axes[0].get_yscale() == "log"
    assert learning_curve(history(0.03)).axes[0].get_yscale() == "linear"


def test_settings_near_the_best_and_the_chosen_one_are_marked():
    figure = score_plot(rows(), ("hidden", "l2"), "accuracy")
    axes = figure.axes[0]
    assert axes.images[0].get_array().shape == (3, 4)
    assert len(axes.patches) == 3
    assert [float(t.get_text()) for t in axes.texts] == pytest.approx(
        [0.79 + 0.01 * k for k in range(12)]
    )
    dots = [{"l2": 10.0**-k, "learning_rate": 0.5**k, "cost": k} for k in range(13)]
    assert not score_plot(dots, ("l2", "learning_rate"), "cost").axes[0].images


def test_a_curve_that_diverges_does_not_set_the_scale():
    broken = History(
        [Record(t, t, 0.1, cost, 0.5) for t, cost in ((0, 0.7), (5, 1e9), (10, np.inf))]
    )
    figure = learning_curves([history(0.01), broken], ["sound", "broken"])
    low, high = figure.axes[0].get_ylim()
    assert low == 0
    assert 0.7 < high < 2


def test_exact_changes_that_are_not_known_are_left_out():
    data = cr.open_data("fashion").train.select(np.arange(4))
    values = np.array([0.1, np.nan, -0.2, np.nan])
    found = Explanation(0, np.array([0.9, 0.1]), changes=values[None])
    figure = explanation_plot(found, data.raw[:, 0], data)
    titles = [axes.get_title() for part in figure.subfigs for axes in part.axes]
    assert [title.split()[-1] for title in titles if "train[" in title] == ["+0.1", "-0.2"]
    assert not any("nan" in title for title in titles)


def test_validation_that_rises_is_not_cut_off():
    figure = learning_curves([history(0.03, validation=0.02)], ["a"])
    axes = figure.axes[0]
    assert axes.get_ylim()[1] > max(history(0.03, validation=0.02).validation_cost)


def test_numbers_and_none_are_sorted_as_numbers():
    found = [{"batch_size": size, "accuracy": 0.5} for size in (128, None, 8, 32)]
    assert ticks(score_plot(found, ("batch_size",), "accuracy").axes[0]) == [
        "8",
        "32",
        "128",
        "None",
    ]


def test_what_was_chosen_is_called_the_simplest_only_where_it_is_not_the_best():
    first, second, *rest = rows()
    for order, words in (([first, second], "★ the best"), ([second, first], "simplest")):
        figure = score_plot([*order, *rest], ("hidden", "l2"), "accuracy")
        assert words in figure.get_supxlabel()
