"""What several tests of the data sources share."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def paint():
    """Save a picture of one color, (height, width), at a path whose folders are made."""

    def save(path, color="red", size=(8, 8), mode="RGB", **options):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size[::-1], color).save(path, **options)
        return path

    return save


@pytest.fixture
def pictures():
    """12 random RGB pictures (12, 4, 5, 3) uint8."""
    return np.random.default_rng(1).integers(0, 256, (12, 4, 5, 3), dtype=np.uint8)
