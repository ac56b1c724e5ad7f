"""What several tests of the data sources share."""

import struct
import zlib

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
def table(tmp_path):
    """Write a table of this text (or these bytes)."""

    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def pictures():
    """12 random RGB pictures (12, 4, 5, 3) uint8."""
    return np.random.default_rng(1).integers(0, 256, (12, 4, 5, 3), dtype=np.uint8)


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


@pytest.fixture
def write_png():
    """Save a PNG of RGB that says of itself what one likes, with `rows` of pixels."""

    def save(path, width, height, bits, rows):
        path.parent.mkdir(parents=True, exist_ok=True)
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0))
        pixels = chunk(b"IDAT", zlib.compress(rows))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b""))
        return path

    return save


@pytest.fixture
def color_of_16_bits(write_png):
    """Save a PNG of 2x2 pixels, each channel of this value of 16 bits; Pillow writes none."""
    return lambda path, value: write_png(path, 2, 2, 16, (b"\0" + struct.pack(">H", value) * 6) * 2)
