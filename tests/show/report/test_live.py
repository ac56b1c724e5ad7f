"""The script and the data of what can be touched in a report."""

import base64
import hashlib
import json
import re

import numpy as np

from chainrule.show.report.live import Live, Script
from chainrule.show.report.page import Report, Section

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 & кот"


def test_data_come_back_as_they_were_and_close_no_script():
    part = Live("core", {"names": [HOSTILE], "x": np.arange(3.0), "none": np.nan}, {"m": 3})
    script = Script.of([part])
    assert not set("<>&") & set(script.data)
    own = {"names": [HOSTILE], "x": [0.0, 1.0, 2.0], "none": None}
    assert json.loads(script.data) == {"live": [{"kind": "core", "own": own}], "shared": {"m": 3}}


def test_the_page_lets_run_its_own_script_alone():
    section = Section("Touch", live=Live("core", {"names": [HOSTILE]}))
    page = Report("headline", "answer", [section]).html("title", {})
    text = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in page
    assert page.count("<script") == 2
    assert HOSTILE not in page


def test_a_page_with_nothing_to_touch_has_no_script():
    page = Report("headline", "answer", [Section("Words", ["some"])]).html("title", {})
    assert "<script" not in page
    assert "script-src 'none';" in page
