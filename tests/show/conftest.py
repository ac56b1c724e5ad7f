"""Pictures are compared only under the matplotlib that drew those of baseline/."""

import pytest

# Other versions set text a little differently, and the layout moves with it: by 12 to 50 of 255.
BASELINE = "3.11"


def pytest_collection_modifyitems(items):
    import matplotlib

    if matplotlib.__version__.startswith(f"{BASELINE}."):
        return
    reason = f"baseline/ was drawn by matplotlib {BASELINE}, here is {matplotlib.__version__}"
    for item in items:
        if item.get_closest_marker("mpl_image_compare"):
            item.add_marker(pytest.mark.skip(reason=reason))
