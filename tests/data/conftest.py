"""What several tests of the data sources share."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COURSE = os.environ.get("CHAINRULE_COURSE_DATA")


@pytest.fixture
def course_data():
    """The folder of the course's own files; they belong to the course and never travel here."""
    if not COURSE:
        pytest.skip("CHAINRULE_COURSE_DATA is not set: the course's files are not there")
    return Path(COURSE)


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
