"""Values as JSON gives them back."""

import math

import numpy as np
import pytest

from chainrule.files.json_file import compact, plain, write_json


def test_arrays_tuples_and_keys_become_plain():
    given = {1: (np.float32(0.5), np.arange(3)), "b": {"c": np.bool_(True)}, "d": None}
    assert plain(given) == {"1": [0.5, [0, 1, 2]], "b": {"c": True}, "d": None}


def test_what_is_no_finite_number_is_null_where_asked():
    given = [math.nan, np.array([1.0, -math.inf])]
    assert plain(given, finite=True) == [None, [1.0, None]]
    assert compact(given) == "[null, [1.0, null]]"
    assert compact({1: (np.float32(0.5), np.float64(0.1))}) == '{"1": [0.5, 0.1]}'
    found = plain(given)
    assert math.isnan(found[0])
    assert found[1] == [1.0, -math.inf]


def test_other_things_are_refused(tmp_path):
    with pytest.raises(TypeError, match="JSON holds no set"):
        plain({"a": {1}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", math.nan)
    assert not list(tmp_path.iterdir())
