"""How networks look in notebooks and reports."""

import base64
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from chainrule.network import Network
from chainrule.show import networks

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("sizes", [(2, 1), (3, 7, 1), (12288, 20, 7, 5, 1), (8, 8, 8)])
def test_the_drawing(sizes):
    drawing = ET.fromstring(networks.diagram(Network.create(sizes)))
    circles = [c for c in drawing.iter(f"{SVG}circle") if c.get("r") == str(networks.RADIUS)]
    shown = [n if n <= networks.SHOWN else networks.FIRST + networks.LAST for n in sizes]
    assert len(circles) == sum(shown)
    lines = sum(a * b for a, b in pairwise(shown))
    assert len(list(drawing.iter(f"{SVG}line"))) == lines
    height = float(drawing.get("height"))
    assert all(0 < float(c.get("cy")) < height for c in circles)
    texts = [t.text for t in drawing.iter(f"{SVG}text")]
    assert [f"{n:,}" for n in sizes] == [t for t in texts if re.fullmatch(r"[\d,]+", t)]
    assert texts[-1] in ("sigmoid", "softmax")


def test_html_has_the_table_and_the_drawing():
    network = Network.create((784, 20, 10), rng=[1, 2])
    page = network._repr_html_()
    uri = re.search(r'src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', page)
    assert base64.b64decode(uri[1]).decode() == networks.diagram(network)
    assert uri[2] == "Network with layers of 784 inputs, 20 relu, 10 softmax"
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert cells[6:12] == ["1", "20", "relu", "(20, 784)", "(20, 1)", "15,700"]
    assert "2 runs" in page
