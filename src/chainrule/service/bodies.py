"""Files as they come in bodies of requests: pictures and tables that a model is asked about."""

import io
import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from chainrule.data import Reading
from chainrule.data.encoders.encoding import refuse
from chainrule.data.readers.images import quietly
from chainrule.errors import DataError, InputError
from chainrule.influence.out_of_distribution import Neighborhoods
from chainrule.influence.predictions import predictions
from chainrule.model.model_file import Model
from chainrule.model.new_data import open_for, pictures_for, read_pictures

# How picture files begin that are accepted: PNG, JPEG, and WebP after its length.
BEGINS = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp"}
MEGAPIXELS = 50  # of a picture, which are some hundred megabytes when it is decoded


def suffix_of(body: bytes) -> str:
    """Of a picture file that is accepted, by how it begins and how large it says that it is;
    DataError for another."""
    for begin, suffix in BEGINS.items():
        if body.startswith(begin) and (suffix != ".webp" or body[8:12] == b"WEBP"):
            if (pixels := _pixels(body)) > MEGAPIXELS * 10**6:
                got = f"{pixels / 1e6:,.1f}" if math.isfinite(pixels) else "many more"
                expected, fix = f"at most {MEGAPIXELS} megapixels", "Save the picture smaller."
                raise DataError("body", expected, got, fix)
            return suffix
    raise DataError("body", "a PNG, JPEG or WebP file", f"{len(body)} bytes of something else")


def _pixels(body: bytes) -> float:
    """How many it says to have, at its beginning; 0 where it does not, as whoever reads it says."""
    from PIL import Image

    try:
        with quietly(), Image.open(io.BytesIO(body), formats=("PNG", "JPEG", "WEBP")) as image:
            return math.prod(image.size)
    except Image.DecompressionBombError:  # beyond Pillow's own limit
        return math.inf
    except Exception:
        return 0


def answers_to_file(model: Model, body: bytes, known: Neighborhoods | None) -> dict[str, Any]:
    """What `chainrule predict --json` says of a picture file, or of a table as CSV.

    known : the training examples, or None. The body lies in a file of its own meanwhile. DataError
    for what cannot be read.
    """
    suffix = suffix_of(body) if model.image_shape is not None else ".csv"
    with tempfile.TemporaryDirectory(prefix="chainrule-") as folder:
        path = Path(folder, f"body{suffix}")
        path.write_bytes(body)
        try:
            if model.image_shape is None:
                data = open_for(model, path, Reading(label="")).train
            else:
                found = read_pictures(model, pictures_for(model, cache=False), [path], refuse)
                assert found is not None
                data = replace(found, names=("body",))
            return predictions(model, data, known).facts()
        except InputError as error:  # the file's name is nobody's business
            where = error.where.replace(str(path), "body")
            raise DataError(where, error.expected, error.got, error.fix) from None


def curl(address: str, name: str, pictures: bool, header: str = "") -> str:
    """What to type to ask a served model about a file."""
    file = "picture.jpg" if pictures else "table.csv"
    return f"curl {header}--data-binary @{file} {address}/v2/models/{name}/predict"
