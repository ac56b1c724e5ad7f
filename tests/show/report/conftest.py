"""The data that most reports here are about."""

import pytest

import chainrule as cr


@pytest.fixture(scope="session")
def fashion():
    """The built-in pictures: sandals, or something else."""
    return cr.open_data("fashion", positive="Sandal")
