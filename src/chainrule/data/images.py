"""One picture file as 8-bit pixels, whatever its format, mode, orientation or size."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chainrule.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held
# What brings pixels (height, width, ...) upright, by that tag's value (Exif 2.32, 4.6.4); 5 and
# above exchange the axes. 1, or no tag, is upright already. Pillow's exif_transpose is not used:
# it must come before the resizing, at full size, and some formats lose the tag on conversion.
UPRIGHT = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}


def read_image(path: str | Path, shape: tuple[int, ...]) -> np.ndarray:
    """The picture at `path` as one column of features.

    shape : (height, width, 3) for RGB or (height, width) for grayscale, a model's image_shape.
    Returns (n_x,) uint8, n_x the product of shape, in C order. The whole picture is squashed to
    the shape, nothing is cropped; the camera's orientation is honored; transparent parts lie on
    white; of an animation the first frame is read; 16-bit gray keeps its upper 8 bits.

    Raises DataError for a file that is missing, unreadable, truncated or larger than Pillow's
    limit (Image.MAX_IMAGE_PIXELS), a guard against decompression bombs.
    """
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise DataError("read_image", "a shape (height, width, 3) or (height, width)", str(shape))
    mode = "RGB" if len(shape) == 3 else "L"
    # Pillow's plugins raise what they meet on broken files: OSError, SyntaxError, struct.error,
    # IndexError, zlib.error and more. Each of them means that the file cannot be read.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(Path(path), shape[0], shape[1], mode).reshape(-1)
    except Exception as error:
        raise DataError(str(path), "a picture that can be read", _reason(error)) from None


def _read(path: Path, height: int, width: int, mode: str) -> np.ndarray:
    """Pixels (height, width[, 3]) uint8; raises whatever Pillow raises."""
    from PIL import Image

    if path.exists() and not path.is_file():  # a pipe would make Pillow wait for ever
        raise ValueError("a folder" if path.is_dir() else "a pipe or device")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(path) as image:
        # A large JPEG decodes several times sooner at 1/2, 1/4 or 1/8 of its size. Twice the size
        # wanted is left for the filter, as Pillow's own thumbnail() does.
        # Some formats tell their orientation only once loaded, hence the longer side both ways.
        side = 2 * max(height, width)
        draft = image.draft("RGB", (side, side))
        image.load()
        orientation = image.getexif().get(ORIENTATION, 1)
        # Bicubic: Pillow widens its filters when it shrinks, so nothing aliases; Lanczos, the
        # alternative, rings more at hard edges and takes longer.
        small = _on_white(image).resize(
            (height, width) if 5 <= orientation <= 8 else (width, height),
            Image.Resampling.BICUBIC,
            box=draft[1] if draft else None,
        )
    pixels = np.asarray(small.convert(mode))
    return UPRIGHT.get(orientation, np.asarray)(pixels)


def _on_white(image: "Image.Image") -> "Image.Image":
    """A picture of any mode as RGB, composed on white where it is transparent."""
    from PIL import Image

    if image.mode.startswith("I"):
        return Image.fromarray(_upper_byte(np.asarray(image))).convert("RGB")
    if image.mode == "F":
        raise ValueError("floating-point pixels have no fixed white: save it with 8 or 16 bits")
    if not image.has_transparency_data:
        return image.convert("RGB")
    picture = image.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _upper_byte(gray: np.ndarray) -> np.ndarray:
    """16-bit gray as uint8: the upper byte, which is what Pillow keeps of 16-bit color."""
    if gray.min() < 0 or gray.max() > 65535:
        raise ValueError("32-bit pixels have no fixed white: save it with 8 or 16 bits")
    return (gray.astype(np.int64) >> 8).astype(np.uint8)


def _reason(error: Exception) -> str:
    """Why a picture cannot be read, in a few words."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "no picture format that Pillow knows"
    if isinstance(error, (Image.DecompressionBombWarning, Image.DecompressionBombError)):
        return f"oversized, refused: {error}".rstrip(".")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".") or type(error).__name__
