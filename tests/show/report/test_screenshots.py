"""A report with all that there is, as a browser shows it by day, by night, on a phone and on paper.

Kept in tests/show/baseline/ as other pictures are (docs/seeing.md), and compared only by the
browser and the letters that they were made with.
"""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.display import Column, Table
from chainrule.show.boundary_plots import NetworkFrames
from chainrule.show.report import page as pages
from chainrule.show.report.asking import asking_section
from chainrule.show.report.examples import confusion_section, examples, threshold_section
from chainrule.show.report.watching import Followed, watching_sections
from chainrule.show.tables import data_uri

BASELINE = Path(__file__).parents[1] / "baseline"
CHROMIUM, LETTERS = "156", 120.14  # its version, and how wide it sets the letters below
MEASURED = """() => {
    const line = document.createElement("canvas").getContext("2d");
    line.font = "16px system-ui";
    return line.measureText("chainrule 0123").width;
}"""
BOX = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="300">'
    '<rect width="640" height="300" fill="#cde"/></svg>'
)
WAYS = {
    "by_day": ({"color_scheme": "light"}, 1000),
    "by_night": ({"color_scheme": "dark"}, 1000),
    "on_a_phone": ({"color_scheme": "light"}, 360),
    "on_paper": ({"color_scheme": "dark", "media": "print"}, 760),
}


@pytest.fixture(scope="module")
def html():
    """What is drawn by matplotlib has pictures of its own; here a box stands for it."""
    data = cr.open_data("fashion", positive="Sandal")
    start = cr.Network.create((784, 6, 1), rng=1)
    frames = NetworkFrames([0, 5, 40])
    trained = cr.train(start, data.train, learning_rate=0.05, iterations=40, callbacks=[frames])
    model, test = cr.Model.of(trained.network, data), data.test.select(np.arange(40))
    test = model.prepare(test)
    P, found = model.predict_proba(test), cr.evaluate(model, test)
    shared = examples(test, P, model.predict(test), "test examples")
    figure = pages.Image(data_uri(BOX.encode(), "svg+xml"), "a figure")
    table = Table((Column("set"), Column("accuracy", "percent")), [("test", 0.91), ("קבוצה", 0.5)])
    texts = [(test.example_names[i], "is Sandal (0.1)", "taken for Boot (0.9)") for i in range(6)]
    sections = [
        pages.Section("Results", ["Words before a table."], table, pictures=[figure]),
        pages.gallery("Mistakes", ["Six:"], test, range(6), texts, table),
        pages.Section("Quality", pictures=[figure, figure], paired=True),
        confusion_section(found, shared),
        threshold_section(test, P, 0.5, shared),
        asking_section(model, test, shared),
        *watching_sections(
            model, data.train, test, Followed(start, frames.frames, trained), trained.history
        ),
        pages.Section("Facts", facts={"a name": "a value", "another": "a long value " * 12}),
    ]
    return pages.Report("91.0 % right", "An answer.", sections, "A warning.").html("A title", {})


@pytest.mark.parametrize("way", WAYS)
def test_screenshot(way, html, opened, tmp_path, request):
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    page = opened(path)
    media, width = WAYS[way]
    page.emulate_media(**media)
    page.set_viewport_size({"width": width, "height": 740})
    # The versions of packages, at the end, change.
    page.add_style_tag(content="section:last-of-type { display: none; }")
    version, letters = page.context.browser.version, page.evaluate(MEASURED)
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    shot = shot.reduce(2)
    name = f"screenshot_{way}.png"
    if new := request.config.getoption("--mpl-generate-path"):
        shot.quantize(64).save(Path(new) / name, optimize=True)
        pytest.skip(f"kept; Chromium {version}, letters {letters}")
    if not version.startswith(f"{CHROMIUM}.") or abs(letters - LETTERS) > 0.5:
        pytest.skip(f"made by Chromium {CHROMIUM} with letters {LETTERS}: {version}, {letters}")
    if not (BASELINE / name).exists():
        pytest.skip("no such picture is kept")
    kept = Image.open(BASELINE / name).convert("RGB")
    shot.save(tmp_path / name)
    assert shot.size == kept.size, f"look at {tmp_path / name}"
    apart = np.asarray(shot, float) - np.asarray(kept, float)
    assert np.sqrt(np.square(apart).mean()) < 4, f"look at {tmp_path / name}"
