"""The exception tree, and what an error says."""

import copy
import pickle

import pytest

from chainrule import ChainruleError, DataError, DivergenceError, InputError, ModelFileError


def test_the_tree():
    assert issubclass(InputError, ChainruleError)
    assert issubclass(InputError, ValueError)
    assert issubclass(DataError, InputError)
    assert issubclass(ModelFileError, InputError)
    assert issubclass(DivergenceError, ChainruleError)
    assert not issubclass(DataError, ModelFileError)


@pytest.mark.parametrize(
    ("fix", "message"),
    [
        ("Pass X.T.", "Network: expected 4 rows; got 3. Pass X.T."),
        ("", "Network: expected 4 rows; got 3."),
    ],
)
def test_where_expected_got_fix(fix, message):
    assert str(InputError("Network", "4 rows", "3", fix)) == message


@pytest.mark.parametrize("kind", [InputError, DataError, ModelFileError])
def test_a_place_named_more_exactly(kind):
    error = kind("X", "4 rows", "3", "Pass X.T.").at("train")
    assert type(error) is kind
    assert str(error) == "train: X: expected 4 rows; got 3. Pass X.T."


@pytest.mark.parametrize("again", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
@pytest.mark.parametrize("kind", [InputError, DataError, ModelFileError])
def test_errors_travel_between_processes(kind, again):
    error = again(kind("X", "4 rows", "3", "Pass X.T."))
    assert type(error) is kind
    assert (error.where, error.expected, error.got, error.fix) == ("X", "4 rows", "3", "Pass X.T.")
