"""One picture file as 8-bit pixels, whatever its format, mode, orientation or size."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chainrule import checks
from chainrule.errors import DataError
from chainrule.wording import counted

if TYPE_CHECKING:
    from PIL import Image

    from chainrule.data.encoders.encoder import Encoder
    from chainrule.data.photos import Photos

ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held
# What brings a picture upright, by that tag's value (Exif 2.32, 4.6.4), as Pillow calls it; 5 and
# above exchange the axes. 1, or no tag, is upright already. Pillow's exif_transpose is not used: it
# must come before the resizing, at full size, and some formats lose the tag on conversion.
UPRIGHT = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
UPRIGHT |= {6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}
NO_WHITE = "have no fixed white: save it with 8 or 16 bits"
DEPTHS = (8, 10, 12, 14, 16)  # bits that cameras give; a 16-bit file does not say which
AHEAD = 32  # pictures that are read before they are taken
THREADS = 8  # that read pictures: each may hold one of Pillow's largest, half a gigabyte
STACKED = ("GIF", "TIFF", "WEBP", "PNG", "AVIF")  # formats whose files may hold several pictures


class Picture(NamedTuple):
    """What was read of a file.

    pixels : (n_x,) uint8. deep : whether the file has more than 8 bits, of which 8 are kept.
    brightest : of a file of 16 bits its largest value, else 0. several : whether the file holds
    several pictures, of which this is the first. features : of the photo that it shows, or None.
    """

    pixels: np.ndarray
    deep: bool = False
    brightest: int = 0
    several: bool = False
    features: np.ndarray | None = None


def read_image(path: str | Path, shape: tuple[int, ...], bits: int = 16) -> np.ndarray:
    """The picture at `path` as one column of features.

    shape : (height, width, 3) for RGB or (height, width) for grayscale, a model's image_shape.
    bits : how many bits the values of 16-bit files use, a model's bits; the upper 8 are kept, and
    values beyond are white.
    Returns (n_x,) uint8, n_x the product of shape, in C order. The whole picture is squashed to
    the shape, nothing is cropped; the camera's orientation is honored; transparent parts lie on
    white; of an animation the first frame is read.

    Raises DataError for a file that is missing, unreadable, truncated, or of more pixels to decode
    than Pillow's limit (Image.MAX_IMAGE_PIXELS), a guard against decompression bombs. A JPEG is
    decoded at 1/2, 1/4 or 1/8 where that is enough.
    """
    checks.path("read_image", path)
    shape = checks.listing("read_image", "sides", shape)
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise DataError("read_image", "a shape (height, width, 3) or (height, width)", str(shape))
    with quietly():
        found = looked_at(Path(path), shape, bits)
    if isinstance(found, str):
        raise unreadable(path, found)
    return found.pixels


@contextmanager
def quietly() -> Iterator[None]:
    """Without what Pillow warns of. Warnings are the whole process's: around threads, not in
    them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def unreadable(path: str | Path, why: str) -> DataError:
    """The error for a file that is no picture."""
    return DataError(str(path), "a picture that can be read", why)


def squashed(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width, 3) uint8 of an array (h, w, 3) or (h, w) uint8, as a file would be.

    Rows first, then columns: of which Pillow takes first depends on its version, and a model's ONNX
    file does the same.
    """
    from PIL import Image

    image = Image.fromarray(picture).convert("RGB")
    return np.asarray(_small(_small(image, (width, image.height)), (width, height)))


def depth(brightest: int) -> int:
    """How many bits a camera has whose largest value is `brightest`."""
    return next(bits for bits in DEPTHS if brightest < 1 << bits)


def by_threads(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """work(one) of each in their order, done by threads, which are not far ahead of what is taken:
    Pillow decodes and resizes without Python's lock. What it warns of is not shown."""
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    from chainrule import blas

    pool, waiting = ThreadPoolExecutor(min(blas.cores(), THREADS)), deque[Future[Any]]()
    try:
        with quietly():
            for one in items:
                waiting.append(pool.submit(work, one))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:  # Ctrl-C waits for the pictures that are being read, not for all
        pool.shutdown(cancel_futures=True)


class Pictures:
    """Reads pictures of one shape, and remembers what is to be said of them.

    shape, bits : see `read_image`. brightest : the largest value of a 16-bit file.
    encoder, photos : of what was read last, where features were made of it.
    """

    encoder: "Encoder | None" = None
    photos: "Photos | None" = None

    def __init__(self, shape: tuple[int, ...], bits: int) -> None:
        self.shape, self.bits = shape, bits
        self.brightest = self._deep = self._several = 0

    def read(
        self, paths: Sequence[Path], unread: Callable[[Path, str], None]
    ) -> tuple[np.ndarray, list[int]]:
        """The readable pictures (m, n_x) uint8, and which of the paths they are; `unread` is told
        of the others, and why, in the order of the paths."""
        pixels = np.empty((len(paths), math.prod(self.shape)), np.uint8)
        read, look = list[int](), partial(looked_at, shape=self.shape, bits=self.bits)
        for k, picture in enumerate(by_threads(look, paths)):
            if isinstance(picture, str):
                unread(paths[k], picture)
                continue
            pixels[len(read)] = picture.pixels
            read.append(k)
            self.met(picture)
        return pixels[: len(read)], read

    def met(self, picture: Picture) -> None:
        """Remember what is to be said of one that was read."""
        self.brightest = max(self.brightest, picture.brightest)
        self._deep += picture.deep
        self._several += picture.several

    def notes(self) -> list[str]:
        """What was understood of files of more than 8 bits, and of several pictures."""
        found, brightest, bits = [], self.brightest, self.bits
        if self._deep:
            note = f"{counted(self._deep, 'picture')} of more than 8 bits: the upper 8 are kept"
            if brightest:
                note += f" of {bits}; the largest value is {brightest:,}"
            if brightest >> bits:
                note += f": what is beyond {(1 << bits) - 1:,} is white, as in training"
            elif brightest and depth(brightest) < bits:
                note += ": they are nearly black"
            found.append(note)
        if self._several:
            files = counted(self._several, "file")
            found.append(f"{files} of several pictures: the first of each is taken")
        return found


def looked_at(path: Path, shape: tuple[int, ...], bits: int) -> Picture | str:
    """The picture, or why it cannot be read; for threads that work `quietly`."""
    # Pillow's plugins raise what they meet on broken files: OSError, SyntaxError, struct.error,
    # IndexError, zlib.error and more. Each of them means that the file cannot be read.
    try:
        return _decoded(path, shape[0], shape[1], "RGB" if len(shape) == 3 else "L", bits)
    except Exception as error:
        return _reason(error, path)


def _decoded(path: Path, height: int, width: int, mode: str, bits: int) -> Picture:
    """Raises whatever Pillow raises."""
    from PIL import Image

    if path.exists() and not path.is_file():  # a pipe would make Pillow wait for ever
        raise ValueError("a folder" if path.is_dir() else "a pipe or device")
    with _opened(path) as image:
        if image.format == "EPS":  # Pillow would start Ghostscript
            raise ValueError("EPS, which is a program and is not run: save it as PNG")
        # Twice the size wanted is left for the filter, as Pillow's own thumbnail() does. Some
        # formats tell their orientation only once loaded, hence the longer side both ways.
        box = _drafted(image, 2 * max(height, width))
        # How the pixels lie in the file, by Pillow's names.
        stored = str(getattr(image, "tile", ""))
        image.load()
        orientation = image.getexif().get(ORIENTATION, 1)
        if image.mode == "F":
            raise ValueError(f"floating-point pixels {NO_WHITE}")
        brightest = 0
        if image.mode.startswith("I"):
            gray = np.asarray(image)
            tagged = "I;12" in stored  # a TIFF file that says so itself
            brightest = 0 if tagged else int(gray.max())
            eight = _upper_byte(gray, 12 if tagged else bits)
            picture, deep = Image.fromarray(eight).convert("RGB"), True
        else:
            picture, deep = _on_white(image), ";16" in stored
            if deep:  # Pillow gives the upper byte only
                brightest = 257 * int(np.asarray(picture).max())
            if deep and bits < 16:
                raise ValueError(f"16-bit color that uses {bits} bits: save it with 8 bits")
        size = (height, width) if 5 <= orientation <= 8 else (width, height)
        small = _small(picture, size, box).convert(mode)
        if turn := UPRIGHT.get(orientation):
            small = small.transpose(Image.Transpose[turn])
        several = _several(image)
    return Picture(np.asarray(small).reshape(-1), deep, brightest, several)


def _small(
    picture: "Image.Image",
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
) -> "Image.Image":
    """Squashed to a size (width, height). Bicubic: Pillow widens its filters when it shrinks, so
    nothing aliases; Lanczos, the alternative, rings more at hard edges and takes longer."""
    from PIL import Image

    return picture.resize(size, Image.Resampling.BICUBIC, box=box)


def _several(image: "Image.Image") -> bool:
    """Whether an animation or a stack of pages; what follows the first picture may be broken."""
    try:
        return image.format in STACKED and bool(getattr(image, "is_animated", False))
    except Exception:
        return False


def _opened(path: Path) -> "Image.Image":
    """The picture, not decoded yet. Pillow refuses what is large; JPEGs may be decoded smaller."""
    from PIL import Image
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        return Image.open(path)
    except Image.DecompressionBombError as error:
        try:
            return JpegImageFile(path)
        except SyntaxError:
            raise error from None


def _drafted(image: "Image.Image", side: int) -> tuple[float, float, float, float] | None:
    """Prepare a JPEG to be decoded several times sooner, at 1/2, 1/4 or 1/8, but at least `side`
    pixels a side unless that is too many pixels; the box of it that the picture then fills."""
    from PIL import Image

    pixels = math.prod(image.size)
    most = Image.MAX_IMAGE_PIXELS or pixels
    least = 1 if pixels <= most else 2
    width, height = (max(1, min(side, n // least)) for n in image.size)
    draft = image.draft("RGB", (width, height))
    # Some JPEGs are held in memory at full size, as numbers of 2 bytes: progressive ones, and
    # those of a scan for each color, which Pillow does not tell, hence not more than 4 times.
    if draft and pixels <= 4 * most and not image.info.get("progressive"):
        pixels = math.prod(image.size)
    if pixels > most:
        said = f"{pixels / 1e6:.0f} megapixels to decode, {most / 1e6:.0f} at most"
        raise ValueError(f"{said}: save it smaller")
    return draft[1] if draft else None


def _on_white(image: "Image.Image") -> "Image.Image":
    """A picture of any 8-bit mode as RGB, composed on white where it is transparent."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    picture = image.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _upper_byte(gray: np.ndarray, bits: int) -> np.ndarray:
    """Gray of so many bits as uint8: the upper 8, which is what Pillow keeps of 16-bit color."""
    if gray.min() < 0 or gray.max() > 65535:
        raise ValueError(f"values beyond 16 bits {NO_WHITE}")
    return np.minimum(gray.astype(np.int64) >> (bits - 8), 255).astype(np.uint8)


def _reason(error: Exception, path: Path) -> str:
    """Why a picture cannot be read, in a few words."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        with path.open("rb") as file:
            head = file.read(12)
        if not head:
            return "an empty file"
        # ISO/IEC 23008-12: phones write such files, also under the name .jpg.
        if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif"):
            return "HEIC, which Pillow does not read: save it as JPEG"
        return f"no picture format that Pillow knows ({path.suffix.lower() or 'no ending'})"
    if isinstance(error, Image.DecompressionBombError):
        return f"refused, save it smaller: {error}".rstrip(".")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".") or type(error).__name__
