"""One picture of any format, mode, orientation or size as RGB or gray bytes."""

import struct

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image, ImageDraw

from chainrule.data import read_image
from chainrule.data.readers.images import ORIENTATION, Pictures, looked_at
from chainrule.errors import DataError

# Top left red, top right green, bottom left blue, bottom right white.
CORNERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)


def corners(height, width):
    return CORNERS.repeat(height // 2, axis=0).repeat(width // 2, axis=1)


def read(path, *shape):
    return read_image(path, shape).reshape(shape)


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "tiff", "webp", "ppm"])
def test_formats_without_loss_come_back_as_they_were(tmp_path, suffix):
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(corners(4, 6)).save(path, **({"lossless": True} if suffix == "webp" else {}))
    assert_array_equal(read(path, 4, 6, 3), corners(4, 6))


def test_a_picture_is_one_column_in_c_order(tmp_path, pictures):
    path = tmp_path / "picture.png"
    Image.fromarray(pictures[0]).save(path)
    column = read_image(path, (4, 5, 3))
    assert column.dtype == np.uint8
    assert_array_equal(column, pictures[0].reshape(-1))


@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_cameras_orientation_is_honored(tmp_path, suffix, orientation):
    upright = corners(40, 64)
    # What the camera stores so that the tag's turn brings it upright (Exif 2.32, 4.6.4).
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    path = tmp_path / f"picture.{suffix}"
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    near = np.abs(read(path, 20, 32, 3).astype(int) - corners(20, 32))
    assert np.median(near) <= 2
    assert near.mean() < 10  # the four colors bleed a little where they meet


def test_the_whole_picture_is_squashed_to_the_shape(tmp_path):
    path = tmp_path / "wide.png"
    Image.fromarray(corners(20, 200)).save(path)
    assert_array_equal(read(path, 2, 2, 3)[:, :, 0] > 127, CORNERS[:, :, 0] > 127)


def test_a_large_jpeg_decoded_small_is_nearly_the_picture_decoded_whole(tmp_path):
    ramp = np.add.outer(np.arange(600), np.arange(801)).astype(float) % 256
    smooth = Image.fromarray(ramp.astype(np.uint8)).resize((801, 600)).convert("RGB")
    smooth.save(tmp_path / "large.jpg", quality=95)
    with Image.open(tmp_path / "large.jpg") as whole:
        expected = np.asarray(whole.resize((32, 24), Image.Resampling.BICUBIC), int)
    assert np.abs(read(tmp_path / "large.jpg", 24, 32, 3) - expected).mean() < 2


@pytest.mark.parametrize(
    ("mode", "color", "rgb"),
    [
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),
        ("LA", (0, 0), (255, 255, 255)),
        ("LA", (7, 255), (7, 7, 7)),
        ("I;16", 200 * 257, (200, 200, 200)),
    ],
)
def test_modes_of_png(tmp_path, mode, color, rgb):
    path = tmp_path / "picture.png"
    Image.new(mode, (3, 3), color).save(path)
    assert_array_equal(read(path, 3, 3, 3), np.broadcast_to(rgb, (3, 3, 3)))


def test_half_transparent_red_on_white_is_pink(tmp_path):
    Image.new("RGBA", (2, 2), (255, 0, 0, 128)).save(tmp_path / "pink.png")
    assert np.abs(read(tmp_path / "pink.png", 2, 2, 3)[0, 0] - np.array([255, 127, 127])).max() <= 1


@pytest.mark.parametrize("transparency", [0, b"\x00\xff"])
def test_a_palette_with_transparency_lies_on_white(tmp_path, transparency):
    image = Image.new("P", (2, 1))
    image.putpalette([9, 9, 9, 40, 50, 60])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "palette.png", transparency=transparency)
    assert read(tmp_path / "palette.png", 1, 2, 3).tolist() == [[[255] * 3, [40, 50, 60]]]


def test_cmyk(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.jpg", quality=100)
    red, green, blue = read(tmp_path / "red.jpg", 8, 8, 3)[4, 4]
    assert red > 250
    assert green < 5
    assert blue < 5


def test_gray_weighs_red_green_and_blue_as_in_bt_601(tmp_path):
    Image.fromarray(corners(2, 2)).save(tmp_path / "corners.png")
    assert read(tmp_path / "corners.png", 2, 2).tolist() == [[76, 150], [29, 255]]


def test_an_animations_first_frame(tmp_path):
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "lime")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert read(tmp_path / "moving.gif", 4, 4, 3)[0, 0].tolist() == [255, 0, 0]


# Beyond Pillow's limit it warns, beyond twice the limit it raises.
@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_decompression_bomb_is_refused(tmp_path, write_png, side):
    write_png(tmp_path / "bomb.png", side, side, 8, b"\0" * 99)
    with pytest.raises(DataError, match=r"bomb\.png: expected a picture.*save it smaller"):
        read_image(tmp_path / "bomb.png", (64, 64, 3))


@pytest.fixture
def small_limit(monkeypatch):
    """As if 10,000 pixels were the most that Pillow decodes."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)


# Beyond the limit, where Pillow warns; beyond twice the limit, where it raises.
@pytest.mark.parametrize("side", [120, 190])
@pytest.mark.parametrize("wanted", [8, 180])
def test_a_large_jpeg_is_read_reduced(tmp_path, side, wanted, small_limit):
    image = Image.new("RGB", (side, side), "red")
    ImageDraw.Draw(image).rectangle((0, 0, side, side // 2), "blue")
    image.save(tmp_path / "large.jpg", quality=95)
    found = read(tmp_path / "large.jpg", wanted, wanted, 3).astype(int)
    assert np.abs(found[0] - [0, 0, 255]).max() < 5
    assert np.abs(found[-1] - [255, 0, 0]).max() < 5


@pytest.mark.parametrize(
    ("side", "name", "options"),
    [
        (210, "huge.jpg", {}),
        (120, "progressive.jpg", {"progressive": True}),
        (120, "large.tiff", {}),
        (150, "larger.webp", {}),
    ],
)
def test_what_takes_too_much_memory_is_refused(tmp_path, side, name, options, small_limit):
    Image.new("RGB", (side, side), "red").save(tmp_path / name, **options)
    with pytest.raises(DataError, match=r"save it smaller"):
        read_image(tmp_path / name, (8, 8, 3))


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize(
    ("value", "bits", "gray"), [(4095, 12, 255), (800, 12, 50), (5000, 12, 255), (800, 16, 3)]
)
def test_16_bit_gray_is_read_as_so_many_bits(tmp_path, suffix, value, bits, gray):
    Image.new("I;16", (2, 2), value).save(tmp_path / f"deep.{suffix}")
    found = looked_at(tmp_path / f"deep.{suffix}", (2, 2, 3), bits)
    assert (found.pixels == gray).all()
    assert (found.deep, found.brightest) == (True, value)


def test_a_tiff_file_that_says_12_bits(tmp_path):
    """Two pixels, 0x800 and 0x400, packed into three bytes (TIFF 6.0, section 8)."""
    tags = {256: 2, 257: 1, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: 3}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<I", 12) + b"\x80\x04\x00\0"
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    (tmp_path / "12.tiff").write_bytes(head + directory)
    found = looked_at(tmp_path / "12.tiff", (1, 2), 16)
    assert (found.pixels.tolist(), found.deep, found.brightest) == ([128, 64], True, 0)


def test_16_bit_color_keeps_its_upper_byte(tmp_path, color_of_16_bits):
    found = looked_at(color_of_16_bits(tmp_path / "deep.png", 0x3456), (2, 2, 3), 16)
    assert (found.pixels == 0x34).all()
    assert (found.deep, found.brightest) == (True, 0x3434)


def test_files_that_cannot_be_read_say_why(tmp_path, paint):
    whole = paint(tmp_path / "whole.jpg", size=(64, 64)).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) - 80])
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "empty.png").touch()
    Image.new("RGB", (2, 2)).save(tmp_path / "program.eps")
    Image.new("F", (2, 2), 0.5).save(tmp_path / "float.tiff")
    Image.new("I", (2, 2), 1 << 20).save(tmp_path / "deep.tiff")
    for name, reason in {
        "cut.jpg": "(?i)truncated",
        "notes.txt": "no picture format",
        "empty.png": "an empty file",
        "absent.png": "No such file",
        "program.eps": "is not run",
        "float.tiff": "8 or 16 bits",
        "deep.tiff": "8 or 16 bits",
        ".": "a folder",
    }.items():
        with pytest.raises(DataError, match=reason) as caught:
            read_image(tmp_path / name, (8, 8, 3))
        assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("shape", [(8,), (8, 8, 4), (8, 8, 3, 1)])
def test_a_shape_that_is_no_pictures(tmp_path, paint, shape):
    with pytest.raises(DataError, match=r"\(height, width, 3\)"):
        read_image(paint(tmp_path / "a.png"), shape)


def test_many_read_at_once_are_in_order_and_those_that_cannot_be_read_are_told(tmp_path):
    rng, paths = np.random.default_rng(0), []
    for k in range(40):
        paths.append(tmp_path / f"{k}.png")
        Image.fromarray(rng.integers(0, 256, (9, 7, 3), np.uint8)).save(paths[-1])
    for k in (3, 17, 39):
        paths[k].write_bytes(b"no picture")
    told = []
    pixels, which = Pictures((4, 5, 3), 16).read(paths, lambda path, why: told.append(path))
    assert told == [paths[k] for k in (3, 17, 39)]
    assert which == [k for k in range(40) if paths[k] not in told]
    assert_array_equal(pixels, [read_image(paths[k], (4, 5, 3)) for k in which])


def test_a_mistake_while_many_are_read_ends_the_others(tmp_path, paint):
    """As Ctrl-C does: those that wait are not read."""
    paths = [paint(tmp_path / f"{k}.png", (9, 9, 9)) for k in range(30)]
    (tmp_path / "5.png").write_bytes(b"")

    def stop(path, why):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Pictures((4, 5, 3), 16).read(paths, stop)
