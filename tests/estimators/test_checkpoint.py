"""Checkpoints of fits: one that was stopped and goes on is the uninterrupted one, bit for bit."""

import json
import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import InputError, MLPClassifier, MLPRegressor, Model, ModelFileError, save, train
from chainrule.training import OnRecord, save_checkpoint
from chainrule.training.objective import Objective

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
EPOCHS = 20
SETTINGS = {
    "hidden_layer_sizes": (6, 4),
    "activation": "tanh",
    "solver": "sgd",
    "learning_rate_init": 0.02,
    "max_iter": EPOCHS,
    "random_state": 1,
    "batch_size": 16,
    "first_layer": "primal",
}


def classifier(**parameters):
    return MLPClassifier(**SETTINGS | parameters)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fit.safetensors"


def assert_identical(got, expected):
    """Every fitted attribute, to the bit, and of the same type."""
    names = {name for name in vars(expected) if name.endswith("_")}
    assert names == {name for name in vars(got) if name.endswith("_")}
    for name in names:
        a, b = getattr(got, name), getattr(expected, name)
        assert type(a) is type(b), name
        for u, v in zip(a, b, strict=True) if name in ("coefs_", "intercepts_") else [(a, b)]:
            assert_array_equal(u, v, name, strict=isinstance(v, np.ndarray))


class At:
    """A callback that calls a function at the end, or the beginning, of every epoch."""

    def __init__(self, function, moment="end"):
        self.function, self.moment = function, moment

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context):
        self._call(context, "begin")

    def on_fit_task_end(self, estimator, context):
        return self._call(context, "end")

    def _call(self, context, moment):
        if context.task_name == "epoch" and self.moment == moment:
            return self.function(context.task_id)
        return False


def at_epoch(epoch, function, moment="end"):
    return At(lambda k: function() if k == epoch else False, moment)


def fail(error):
    raise error


def facts(path):
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["chainrule"])


def epochs_in(path):
    return len(facts(path)["records"]["loss_curve_"])


ADAM = {"solver": "adam"}
DUAL = {"first_layer": "dual"}
CASES = {
    "sgd": {},
    "gradient descent": {"momentum": 0.0},
    "momentum": {"nesterovs_momentum": False},
    "dual": DUAL,
    "dual without penalty": DUAL | {"alpha": 0.0},
    "dual with penalty": DUAL | {"alpha": 1.0},
    "adam": ADAM,
    "all at once": {"batch_size": "auto"},
    "all at once, dual": DUAL | {"batch_size": "auto"},
    "in order": {"shuffle": False},
    "in order, adam": ADAM | {"shuffle": False},
    "dropout": {"dropout": 0.3},
    "dropout, dual": DUAL | {"dropout": [0.3, 0.0]},
    "dropout, adam": ADAM | {"dropout": 0.3},
    "adaptive": {"learning_rate": "adaptive", "tol": 0.2, "n_iter_no_change": 2},
    "adaptive, dual": DUAL | {"learning_rate": "adaptive", "tol": 0.2, "n_iter_no_change": 2},
    "invscaling": {"learning_rate": "invscaling"},
    "never stalls": {"n_iter_no_change": np.inf},
    "NumPy's numbers": {
        "learning_rate": "invscaling",
        "power_t": np.float64(0.4),
        "alpha": np.float32(0.1),
        "batch_size": np.int64(16),
        "hidden_layer_sizes": np.array([6, 4]),
    },
    "class weights": {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}},
}


DTYPES = ("float64", "float32", "sparse")


@pytest.mark.parametrize(
    ("case", "dtype", "early_stopping"),
    [(c, d, (j + k) % 2 == 1) for j, c in enumerate(CASES) for k, d in enumerate(DTYPES)],
    ids=str,
)
def test_stopped_and_resumed(wide_classes, path, case, dtype, early_stopping):
    X, y = wide_classes
    X = csr_array(X * (np.abs(X) > 1)) if dtype == "sparse" else X.astype(dtype)
    clf = classifier(**CASES[case], early_stopping=early_stopping, validation_fraction=0.2)
    whole = clone(clf).fit(X, y)
    assert whole.n_iter_ > 7
    for epochs in (7, EPOCHS):
        resumed = clone(clf).set_params(max_iter=epochs).fit(X, y, checkpoint=path)
        assert resumed.n_iter_ == min(epochs, whole.n_iter_)
    assert_identical(resumed, whole)


@pytest.mark.parametrize("first", ["primal", "dual"])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_regressors(numbers, path, first, loss, early_stopping):
    X, y = numbers[0], np.exp(numbers[1] / 4)
    reg = MLPRegressor(loss, **SETTINGS | {"first_layer": first}, early_stopping=early_stopping)
    clone(reg).set_params(max_iter=9).fit(X, np.c_[y, y + 1], checkpoint=path)
    resumed = clone(reg).fit(X, np.c_[y, y + 1], checkpoint=path)
    assert_identical(resumed, reg.fit(X, np.c_[y, y + 1]))


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_resumed_again_and_again(two_classes, path, solver):
    for epochs in (1, 2, 10, 11, EPOCHS):
        clf = classifier(solver=solver, max_iter=epochs, dropout=0.2)
        clf.fit(*two_classes, checkpoint=path)
    assert_identical(clf, classifier(solver=solver, dropout=0.2).fit(*two_classes))


def test_the_adaptive_rate_had_changed_before_the_stop(wide_classes):
    """Without it the cases above would not show that the rate is kept."""
    curves = [
        classifier(**CASES["adaptive"] | {"learning_rate": rate, "max_iter": 7, "tol": tol})
        .fit(*wide_classes)
        .loss_curve_
        for rate, tol in (("adaptive", 0.2), ("constant", 0.0))
    ]
    assert not np.array_equal(*curves)


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize(
    ("stop", "moment", "reached", "warned"),
    [
        (lambda: fail(KeyboardInterrupt), "end", 6, True),
        (lambda: fail(KeyboardInterrupt), "begin", 5, True),
        (lambda: signal.raise_signal(signal.SIGINT), "end", 6, True),
        (lambda: signal.raise_signal(signal.SIGINT), "begin", 6, True),
        (lambda: True, "end", 6, False),
    ],
    ids=["raised", "raised at the beginning", "Ctrl-C", "Ctrl-C in an epoch", "ended"],
)
def test_stopped_by_a_callback(wide_classes, path, form, stop, moment, reached, warned, recwarn):
    clf = classifier(first_layer=form, early_stopping=True, validation_fraction=0.2)
    stopped = clone(clf).set_callbacks(at_epoch(5, stop, moment))
    stopped.fit(*wide_classes, checkpoint=path)
    assert epochs_in(path) == stopped.n_iter_ == reached
    assert any("interrupted" in str(w.message) for w in recwarn) == warned
    assert_identical(clone(clf).fit(*wide_classes, checkpoint=path), clf.fit(*wide_classes))


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_stopped_within_an_epoch(wide_classes, path, form, monkeypatch):
    """What a second Ctrl-C leaves is half an epoch: the last file stays."""
    steps, evaluate = [], Objective.evaluate

    def interrupted(*arguments):
        steps.append(1)
        return fail(KeyboardInterrupt) if len(steps) == 17 else evaluate(*arguments)

    clf = classifier(first_layer=form, dropout=0.2)
    with monkeypatch.context() as patch:
        patch.setattr(Objective, "evaluate", interrupted)  # in the sixth epoch of three steps
        with pytest.warns(UserWarning, match="interrupted by user"):
            clf.fit(*wide_classes, checkpoint=path, checkpoint_every=2)
    assert (clf.n_iter_, epochs_in(path)) == (5, 4)
    assert_identical(clone(clf).fit(*wide_classes, checkpoint=path), clf.fit(*wide_classes))


def test_an_error_keeps_the_file_and_nothing_else(two_classes, path):
    down = []
    callback = at_epoch(5, lambda: fail(OSError("disk")))
    callback.teardown = lambda estimator, context: down.append(context.task_name)
    clf = classifier().set_callbacks(callback)
    with pytest.raises(OSError, match="disk"):
        clf.fit(*two_classes, checkpoint=path)
    assert epochs_in(path) == 6
    assert down == ["fit"]  # scikit-learn still knows its callbacks
    assert not [name for name in vars(clf) if name.endswith("_")]
    assert_identical(
        clf.set_callbacks().fit(*two_classes, checkpoint=path), classifier().fit(*two_classes)
    )


def test_a_warning_that_is_an_error_keeps_the_file(two_classes, path):
    warnings.simplefilter("error")
    with pytest.raises(ConvergenceWarning):
        classifier(max_iter=6).fit(*two_classes, checkpoint=path)
    assert epochs_in(path) == 6


def test_how_often_it_is_written(two_classes, path):
    found = []
    clf = classifier(max_iter=10).set_callbacks(At(lambda k: found.append(epochs_in(path))))
    clf.fit(*two_classes, checkpoint=path, checkpoint_every=4)
    assert found == [0, 0, 0, 4, 4, 4, 4, 8, 8, 8]
    assert epochs_in(path) == 10
    path.unlink()
    classifier(max_iter=21).set_callbacks(At(lambda k: found.append(epochs_in(path)))).fit(
        *two_classes, checkpoint=path
    )
    assert found[10:] == [0] * 9 + [10] * 10 + [20] * 2


# Each fit is a process, forked off one that has imported everything already.
SCRIPT = """
import json, os, signal, sys
import numpy as np
from sklearn.datasets import make_classification
from chainrule import MLPClassifier

class Kill:
    def setup(self, estimator, context): ...
    def teardown(self, estimator, context): ...
    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == kill:
            os.kill(os.getpid(), signal.SIGKILL)
    def on_fit_task_end(self, estimator, context): ...

def fit():
    clf = MLPClassifier((6,), solver="sgd", max_iter=30, batch_size=16, dropout=0.2, random_state=3,
                        first_layer=sys.argv[1], early_stopping=True, n_iter_no_change=30)
    clf.set_callbacks(Kill()).fit(X, y, checkpoint="fit", checkpoint_every=4)
    np.savez("found", *clf.coefs_, *clf.intercepts_, clf.loss_curve_, clf.validation_scores_)

X, y = make_classification(40, 300, random_state=1)
codes = []
for folder, kill in json.loads(sys.argv[2]):
    child = os.fork()
    if not child:
        os.chdir(folder)
        fit()
        os._exit(0)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(codes)
"""


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_killed_and_started_again(tmp_path, form):
    def run(*fits):
        """The exit codes of fits one after the other, each (its folder, killed at which epoch)."""
        command = [sys.executable, "-W", "ignore", "-c", SCRIPT, form, json.dumps(fits)]
        done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    whole.mkdir()
    kills = run(("killed", 0), ("killed", 10), ("killed", 5), ("whole", None))
    assert kills == [-signal.SIGKILL] * 3 + [0]
    assert os.listdir(killed) == ["fit"]
    assert epochs_in(killed / "fit") == 12
    assert run(("killed", None)) == [0]
    a, b = (np.load(folder / "found.npz") for folder in (killed, whole))
    assert a.files == b.files
    for name in b:
        assert_array_equal(a[name], b[name], strict=True)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_what_has_ended_stays_ended(wide_classes, path, early_stopping):
    warnings.simplefilter("error")  # nothing is said of max_iter
    settings = {"n_iter_no_change": 2, "tol": 0.1, "max_iter": 200}
    clf = classifier(**settings, early_stopping=early_stopping, validation_fraction=0.2)
    ended = clone(clf).fit(*wide_classes, checkpoint=path)
    assert 2 < ended.n_iter_ < 200
    for epochs in (200, 400, ended.n_iter_):
        again = clone(clf).set_params(max_iter=epochs).fit(*wide_classes, checkpoint=path)
        assert_identical(again, ended)


def test_nothing_new_is_not_written(two_classes, path):
    classifier().fit(*two_classes, checkpoint=path)
    os.utime(path, (1, 1))
    classifier().fit(*two_classes, checkpoint=path)
    assert path.stat().st_mtime == 1


def test_the_limit_is_warned_of_again(two_classes, path):
    for _ in range(2):
        with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(5\) reached"):
            classifier(max_iter=5).fit(*two_classes, checkpoint=path)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_validation_data_and_weights(two_classes, path, weighted, sparse):
    X, y = two_classes
    X = csr_array(X) if sparse else X
    given = {"validation_data": (X[40:], y[40:], np.linspace(0, 1, 20))}
    if weighted:
        given["sample_weight"] = np.arange(40) % 3
    clf = classifier(early_stopping=True, first_layer="dual")
    clone(clf).set_params(max_iter=6).fit(X[:40], y[:40], **given, checkpoint=path)
    resumed = clone(clf).fit(X[:40], y[:40], **given, checkpoint=path)
    assert_identical(resumed, clf.fit(X[:40], y[:40], **given))


def test_training_goes_on_alike_afterwards(two_classes, path):
    """partial_fit takes up the optimizer's memory and the count of steps."""
    for solver, form in (("sgd", "dual"), ("sgd", "primal"), ("adam", "auto")):
        name = path.with_name(f"{solver} {form}")
        clf = classifier(solver=solver, first_layer=form)
        clone(clf).set_params(max_iter=6).fit(*two_classes, checkpoint=name)
        resumed = clone(clf).fit(*two_classes, checkpoint=name).partial_fit(*two_classes)
        assert_identical(resumed, clf.fit(*two_classes).partial_fit(*two_classes))


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("bits", ["MT19937", "PCG64", "Philox"])
def test_a_generator_that_was_given_ends_where_it_would_have(wide_classes, path, form, bits):
    def rng():
        return np.random.RandomState(getattr(np.random, bits)(4))

    rngs = [rng() for _ in range(3)]
    whole, first, resumed = (
        classifier(random_state=r, first_layer=form, early_stopping=True, validation_fraction=0.2)
        for r in rngs
    )
    whole.fit(*wide_classes)
    first.set_params(max_iter=6).fit(*wide_classes, checkpoint=path)
    assert_identical(resumed.fit(*wide_classes, checkpoint=path), whole)
    assert rngs[2].random_sample() == rngs[0].random_sample()
    rngs[1].random_sample(100)  # wherever it is by now, the file's training goes on with its own
    assert_identical(first.set_params(max_iter=EPOCHS).fit(*wide_classes, checkpoint=path), whole)


@pytest.mark.parametrize("pair", [("PCG64", 1), (1, "PCG64"), ("PCG64", "Philox")], ids=str)
def test_a_generator_of_another_kind_is_refused(two_classes, path, pair):
    def state(kind):
        made = isinstance(kind, str) and np.random.RandomState(getattr(np.random, kind)(4))
        return made or kind

    classifier(random_state=state(pair[0])).fit(*two_classes, checkpoint=path)
    clf = classifier(random_state=state(pair[1]))
    assert_refused(clf, *two_classes, path, "random_state to draw from")


def test_without_a_seed(wide_classes, path):
    """What was begun with the program's own generator goes on without turning that back."""
    clf = classifier(random_state=None, first_layer="dual", max_iter=6)
    state = np.random.get_state()  # noqa: NPY002 - scikit-learn's default
    try:
        np.random.seed(3)  # noqa: NPY002
        whole = clone(clf).set_params(max_iter=EPOCHS).fit(*wide_classes)
        np.random.seed(3)  # noqa: NPY002
        clf.fit(*wide_classes, checkpoint=path)
        np.random.seed(5)  # noqa: NPY002
        assert_identical(clf.set_params(max_iter=EPOCHS).fit(*wide_classes, checkpoint=path), whole)
        drawn = np.random.random_sample()  # noqa: NPY002
    finally:
        np.random.set_state(state)  # noqa: NPY002
    assert drawn == np.random.RandomState(5).random_sample()


def test_the_form_that_was_chosen_holds(wide_classes, path):
    X = np.random.default_rng(0).standard_normal((40, 4000))
    clf = classifier(first_layer="auto", max_iter=1)
    first = clone(clf).fit(X, wide_classes[1], checkpoint=path)
    clf.set_params(max_iter=400, tol=0.5, n_iter_no_change=2)
    assert first.first_layer_ == "primal"
    path.unlink()
    clf.set_params(max_iter=4).fit(X, wide_classes[1], checkpoint=path)
    more = clone(clf).set_params(max_iter=400)
    assert clone(more).fit(X, wide_classes[1]).first_layer_ == "dual"
    more.fit(X, wide_classes[1], checkpoint=path)
    assert more.first_layer_ == clf.first_layer_ == "primal"
    assert more.first_layer_reason_ == clf.first_layer_reason_
    assert more.n_iter_ > 4


@pytest.mark.parametrize("pair", [("auto", "primal"), ("primal", "auto")], ids=str)
def test_the_form_may_be_named_afterwards(two_classes, path, pair):
    classifier(first_layer=pair[0], max_iter=6).fit(*two_classes, checkpoint=path)
    clf = classifier(first_layer=pair[1]).fit(*two_classes, checkpoint=path)
    assert_array_equal(clf.loss_curve_, classifier().fit(*two_classes).loss_curve_)
    clf.set_params(first_layer="dual")
    assert_refused(clf, *two_classes, path, r"first_layer that the .* \('primal'\); got 'dual'")


def test_in_a_pipeline(two_classes, path):
    pipe = make_pipeline(StandardScaler(), classifier())
    short = clone(pipe).set_params(mlpclassifier__max_iter=6)
    short.fit(*two_classes, mlpclassifier__checkpoint=path)
    assert epochs_in(path) == 6
    resumed = clone(pipe).fit(*two_classes, mlpclassifier__checkpoint=str(path))
    assert_identical(resumed[-1], pipe.fit(*two_classes)[-1])


def test_a_file_is_of_one_fit(two_classes, path):
    with pytest.raises(ModelFileError, match="the data that the training began with"):
        cross_val_score(
            classifier(), *two_classes, params={"checkpoint": path}, cv=2, error_score="raise"
        )


def test_it_is_no_parameter(two_classes, path):
    clf = classifier().fit(*two_classes, checkpoint=path)
    assert not [name for name in clf.get_params() if "checkpoint" in name]
    assert_identical(clone(clf).fit(*two_classes), clf)


SAME_BY_ANOTHER_NAME = [
    {"hidden_layer_sizes": [6, 4]},
    {"activation": ["tanh", "tanh"]},
    {"dropout": [0.0, 0]},
    {"verbose": True},
    {"max_fun": 3},
    {"alpha": np.float64(1e-4)},
    {"class_weight": {"yes": 1, "no": 1}},
]


@pytest.mark.parametrize("changed", SAME_BY_ANOTHER_NAME, ids=lambda changed: next(iter(changed)))
def test_the_same_by_another_name(two_classes, path, changed):
    classifier(max_iter=6).fit(*two_classes, np.ones(60), checkpoint=path)
    clf = classifier(**changed).fit(*two_classes, np.ones(60), checkpoint=path)
    assert_identical(clf, classifier().fit(*two_classes, np.ones(60)))


def test_one_layer_is_a_number_or_a_list(two_classes, path):
    classifier(hidden_layer_sizes=6, max_iter=6).fit(*two_classes, checkpoint=path)
    clf = classifier(hidden_layer_sizes=(6,)).fit(*two_classes, checkpoint=path)
    assert_identical(clf, classifier(hidden_layer_sizes=[6]).fit(*two_classes))


def assert_refused(clf, X, y, path, match, error=ModelFileError, **given):
    """The message, the file and the estimator, which was fitted before, stay."""
    file, before = path.read_bytes() if path.is_file() else None, dict(vars(clf))
    with pytest.raises(error, match=match) as caught:
        clf.fit(X, y, checkpoint=path, **given)
    assert type(caught.value) is error
    assert (path.read_bytes() if path.is_file() else None) == file
    assert vars(clf).keys() == before.keys()
    assert all(vars(clf)[name] is value for name, value in before.items())


CHANGED = {
    "hidden_layer_sizes": (4, 6),
    "activation": "relu",
    "solver": "adam",
    "alpha": 0.1,
    "batch_size": 15,
    "learning_rate": "adaptive",
    "learning_rate_init": 0.1,
    "power_t": 0.4,
    "shuffle": False,
    "random_state": 2,
    "tol": 1e-3,
    "momentum": 0.8,
    "nesterovs_momentum": False,
    "early_stopping": True,
    "validation_fraction": 0.2,
    "beta_1": 0.8,
    "beta_2": 0.99,
    "epsilon": 1e-7,
    "n_iter_no_change": 9,
    "first_layer": "dual",
    "dropout": 0.1,
}


@pytest.mark.parametrize("name", CHANGED)
def test_another_parameter_is_refused(two_classes, path, name):
    clf = classifier().fit(*two_classes, checkpoint=path)
    clf.set_params(**{name: CHANGED[name]})
    assert_refused(clf, *two_classes, path, rf"the {name} that the training began with.*max_iter")


def test_every_parameter_is_known():
    free = {"max_iter", "max_fun", "verbose", "warm_start", "class_weight"}
    assert set(CHANGED) | free == set(MLPClassifier().get_params())
    assert (set(CHANGED) | free) - {"class_weight"} | {"loss"} == set(MLPRegressor().get_params())


def test_other_examples_are_refused(two_classes, path):
    X, y = two_classes
    clf = classifier().fit(X, y, checkpoint=path)
    other = X.copy()
    other[59, 7] = np.nextafter(other[59, 7], 9)
    for wrong in (other, X[:, ::-1], X[::-1], X.astype("float32"), csr_array(X)):
        assert_refused(clf, wrong, y, path, "other data")
    assert_refused(clf, X[:50], y[:50], path, "other data")
    assert_refused(clf, X, y[::-1], path, "other labels")
    assert_refused(clf, X, y, path, "other weights", sample_weight=np.ones(60))
    clf.set_params(class_weight="balanced")
    assert_refused(clf, X, y, path, "other weights")


def test_other_examples_held_out_are_refused(two_classes, path):
    X, y = two_classes
    clf = classifier(early_stopping=True)
    clf.fit(X[:40], y[:40], validation_data=(X[40:], y[40:]), checkpoint=path)
    match = "the data held out that the training began with"
    for held_out in ((X[41:], y[41:]), (X[40:], y[40:], np.ones(20)), (X[40:], y[40:][::-1])):
        assert_refused(clf, X[:40], y[:40], path, match, validation_data=held_out)


def test_other_classes_of_sparse_rows_are_refused(two_classes, path):
    X, y = two_classes
    clf = classifier().fit(csr_array(X), y, checkpoint=path)
    wider = csr_array(np.c_[X, np.zeros(60)])
    assert_refused(clf, wider, y, path, "other data")
    assert_refused(clf, -csr_array(X), y, path, "other data")


def test_the_other_class_is_refused(numbers, path):
    X, y = numbers[0], np.arange(60) % 2
    classifier().fit(X, y, checkpoint=path)
    match = r"the class that the training began with \('MLPClassifier'\); got 'MLPRegressor'"
    assert_refused(MLPRegressor(**SETTINGS), X, y, path, match)


def test_fewer_epochs_are_refused(two_classes, path):
    clf = classifier(max_iter=6).fit(*two_classes, checkpoint=path).set_params(max_iter=5)
    assert_refused(clf, *two_classes, path, "max_iter to be at least 6.*got 5")


def test_a_generator_is_left_where_it_was(two_classes, path):
    classifier(random_state=np.random.RandomState(1)).fit(*two_classes, checkpoint=path)
    rng = np.random.RandomState(9)
    clf = classifier(random_state=rng, alpha=0.3)
    assert_refused(clf, *two_classes, path, "alpha")
    assert rng.random_sample() == np.random.RandomState(9).random_sample()


def test_what_cannot_be_kept(two_classes, path):
    match = "solver='sgd' or 'adam' beside checkpoint"
    assert_refused(classifier(solver="lbfgs"), *two_classes, path, match, InputError)
    match = "warm_start=False beside checkpoint"
    assert_refused(classifier(warm_start=True), *two_classes, path, match, InputError)
    for every in (0, 2.5, True, "10"):
        match = "checkpoint_every to be a whole number of at least 1"
        assert_refused(classifier(), *two_classes, path, match, InputError, checkpoint_every=every)
    with pytest.raises(InputError, match="checkpoint to be the path of a file; got True"):
        classifier().fit(*two_classes, checkpoint=True)
    with pytest.raises(TypeError, match="checkpoint"):
        classifier().partial_fit(*two_classes, classes=["no", "yes"], checkpoint=path)


def test_a_place_that_cannot_be_written_to(two_classes, path):
    seen = []
    clf = classifier().set_callbacks(At(seen.append))
    assert_refused(clf, *two_classes, path / "no folder", "a place to write", InputError)
    path.write_bytes(b"")
    assert_refused(clf, *two_classes, path / "in a file", "a place to write", InputError)
    assert_refused(clf, *two_classes, path.parent, "no regular file")
    assert not seen  # said at once, not after the first epochs


def test_a_place_that_goes_away(two_classes, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    clf = classifier().fit(*two_classes)
    before = dict(vars(clf))
    clf.set_callbacks(at_epoch(2, lambda: folder.rename(tmp_path / "other") and None))
    with pytest.raises(InputError, match="a place to write"):
        clf.fit(*two_classes, checkpoint=folder / "fit", checkpoint_every=2)
    assert {name: value for name, value in vars(clf).items() if name in before} == before
    resumed = classifier().fit(*two_classes, checkpoint=tmp_path / "other" / "fit")
    assert_identical(resumed, classifier().fit(*two_classes))


@pytest.mark.parametrize("part", [0, 7, 100, 0.5, -1])
def test_a_truncated_file_is_refused(two_classes, path, part):
    clf = classifier().fit(*two_classes, checkpoint=path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content)) if part == 0.5 else part])
    assert_refused(clf, *two_classes, path, "truncated, damaged, or something else")


def test_every_bit_counts(two_classes, path):
    clf = classifier().fit(*two_classes, checkpoint=path)
    content = path.read_bytes()
    for at in np.linspace(8, len(content) - 1, 60).astype(int):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert_refused(clf, *two_classes, path, str(path))


def test_foreign_files_are_refused(two_classes, wide_problem, path):
    clf = classifier().fit(*two_classes)
    path.write_text("clf = MLPClassifier()", encoding="utf-8")
    assert_refused(clf, *two_classes, path, "truncated, damaged, or something else")
    save(Model(wide_problem[0], ("no", "yes")), path)
    assert_refused(clf, *two_classes, path, "got a chainrule model file")

    class Saves(OnRecord):
        def on_end(self, session):
            save_checkpoint(session, path)

    train(*wide_problem, iterations=3, callbacks=[Saves(lambda record: None)])
    assert_refused(clf, *two_classes, path, "the checkpoint of a fit; got that of a training")
    classifier().fit(*two_classes, checkpoint=path.with_name("fit"))
    with pytest.raises(ModelFileError, match="the checkpoint of a training; got that of a fit"):
        train(*wide_problem, iterations=3, resume=path.with_name("fit"))


def edit(path, change):
    """Change a file's facts and arrays, by safetensors alone."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    said = facts(path)
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(said, arrays)
    save_file(arrays, path, {"chainrule": json.dumps(said)})


EDITS = {
    "p": lambda said, arrays: arrays.pop("p0"),
    "p of another shape": lambda said, arrays: arrays.update(p0=arrays["p0"][:, None]),
    "a scalar": lambda said, arrays: arrays.update(order=np.array(1)),
    "one weight": lambda said, arrays: np.add.at(arrays["p0"], 3, 1e-9),
    "one more array": lambda said, arrays: arrays.update(more=np.zeros(3)),
    "order": lambda said, arrays: arrays["order"].sort(),
    "memory": lambda said, arrays: arrays["p0.state0"].fill(0),
    "position": lambda said, arrays: said["generator"]["state"].update(pos=10**6),
    "a record": lambda said, arrays: said["records"]["loss_curve_"].append(0.1),
    "steps": lambda said, arrays: said.update(t=1.5),
    "no digest": lambda said, arrays: said.pop("digest"),
    "no settings": lambda said, arrays: said.pop("settings"),
    "a setting": lambda said, arrays: said["settings"].update(alpha=0.2),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_file_is_refused(two_classes, path, name):
    clf = classifier().fit(*two_classes, checkpoint=path)
    edit(path, lambda said, arrays: None)
    assert_identical(classifier().fit(*two_classes, checkpoint=path), clf)
    edit(path, EDITS[name])
    match = "file as chainrule wrote it; got one that was changed. .* delete it and begin anew"
    assert_refused(clf, *two_classes, path, match)


def test_a_newer_version_is_refused(two_classes, path):
    clf = classifier().fit(*two_classes, checkpoint=path)
    edit(path, lambda said, arrays: said.update(version=5))
    assert_refused(clf, *two_classes, path, "format version 4.*got version 5")


def test_a_refused_estimator_is_not_fitted(two_classes, path):
    classifier().fit(*two_classes, checkpoint=path)
    clf = classifier(alpha=0.3)
    assert_refused(clf, *two_classes, path, "alpha")
    with pytest.raises(NotFittedError):
        clf.predict(two_classes[0])
    # Anew in another file.
    other = path.with_name("other")
    assert_identical(
        clf.fit(*two_classes, checkpoint=other), classifier(alpha=0.3).fit(*two_classes)
    )
