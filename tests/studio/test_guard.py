"""The studio answers nobody else, whatever is asked; bad bodies leave nothing behind."""

import json
import tracemalloc
from urllib.parse import quote

import numpy as np
import pytest

from chainrule.jobs.job import NOTHING
from chainrule.jobs.options import Options, Running
from chainrule.jobs.training import TrainingJob
from chainrule.studio.app import Studio

from ..service.conftest import HOST, request
from ..service.strangers import STRANGERS, refused

COOKIE = {"cookie": "chainrule-8000=secret"}
OWN = {**COOKIE, "origin": f"http://{HOST}", "sec_fetch_site": "same-origin"}
RUN = "moons-1"
VALUES = {"name": "planar:moons", "set": "test", "i": "0", "path": "app.js"}
VALUES |= {"run": RUN, "word": "pause"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Of a studio, with a run that was there before."""
    folder = tmp_path_factory.mktemp("studio")
    options = Options(hidden=(4,), iterations=20)
    TrainingJob("planar:moons", options, NOTHING, Running(out=folder / RUN)).run()
    return folder


@pytest.fixture(scope="module")
def guarded(folder):
    return Studio(folder).guarded({HOST}, "secret", "chainrule-8000", lambda once: None)


def addresses():
    """Every route with a method that it takes, its places filled in."""
    for route in Studio.routes(Studio.__new__(Studio)):
        path = route.path.replace(":int", "").replace(":path", "").format(**VALUES)
        yield ("POST" if "POST" in route.methods else "GET"), path


@pytest.mark.parametrize("stranger", STRANGERS)
def test_strangers_get_nothing_of_any_route(guarded, stranger):
    found = list(addresses())
    assert len(found) > 20
    for method, path in found:
        refused(guarded, method, path, OWN, stranger)


def test_who_was_let_in_is_answered(guarded):
    for method, path in addresses():
        if path.endswith(("/events", "/report")):  # which do not end, or take long
            continue
        answer = request(guarded, path, b"" if method == "POST" else None, method, **OWN)
        assert answer.status not in (401, 403, 500), (path, answer.body)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_the_page_may_load_what_is_its_own(guarded):
    policies = {
        path: {k.lower(): v for k, v in request(guarded, path, **OWN).headers.items()}[
            "content-security-policy"
        ]
        for path in ("/", "/api/state", "/static/app.js", "/api/data/none")
    }
    assert "script-src 'self'" in policies.pop("/")
    assert set(policies.values()) == {"default-src 'none'; frame-ancestors 'none'"}


def test_files_beside_the_page_are_not_given(guarded):
    for path in ("../app.py", "..%2fapp.py", "/etc/passwd", "vendor/../../app.py", "", "."):
        answer = request(guarded, f"/static/{path}", **OWN)
        assert answer.status == 404, path


def test_the_page_names_no_file_to_read(guarded, folder):
    """Data come from the command line, and from what was given here."""
    secret = folder / "secret.csv"
    secret.write_text("x,y,label\n1,2,a\n")
    for options in ({"labels": str(secret)}, {"test": str(secret)}, {"samples": str(secret)}):
        answer = request(guarded, "/api/runs", {"data": "planar:moons", "options": options}, **OWN)
        assert answer.status == 400, options
        answer = request(guarded, "/api/data/planar:moons/open", options, **OWN)
        assert answer.status == 400, options
    for data in (str(secret), "../secret.csv", "/etc/passwd"):
        assert request(guarded, "/api/runs", {"data": data, "options": {}}, **OWN).status == 400
        assert request(guarded, f"/api/data/{quote(data, '')}", **OWN).status in (400, 404)


def test_a_drawn_data_set_is_filled_renamed_and_deleted_by_its_routes(guarded):
    made = request(guarded, "/api/data/new", {"name": "mine", "kind": "points"}, **OWN).json
    path = f"/api/data/{made['name']}"
    points = {"points": [[0, 1, "a"], [1, 2, "b"]]}
    assert request(guarded, f"{path}/points", points, **OWN).status == 200
    renamed = request(guarded, f"{path}/rename", {"name": "Our points"}, **OWN)
    assert (renamed.status, renamed.json["title"]) == (200, "Our points")
    assert request(guarded, f"{path}/rename", {"name": 3}, **OWN).status == 400
    assert request(guarded, f"{path}/delete", {}, **OWN).json == {"gone": made["name"]}
    assert request(guarded, path, **OWN).status == 400


def bodies(rng):
    """200 of them: no JSON, other kinds, deep, huge numbers, changed bytes."""
    kinds = [None, True, -1, 1e308, "x" * 1000, [], {}, [[]], {"a": {}}, "\x00", "ü/..", "../x"]
    names = [
        "data",
        "options",
        "fork",
        "name",
        "kind",
        "points",
        "n",
        "decision",
        "example",
        "rates",
    ]
    good = b'{"data": "planar:moons", "options": {"layers": "4"}, "name": "x", "kind": "points"}'
    yield from (b"{", b"[" * 100_000, b"null", b"3", b'"x"', b"\xff\xfe", b'{"a": NaN', b"{}" * 9)
    for k in range(192):
        if k % 3:
            some = rng.choice(len(names), 3, replace=False)
            given = {names[j]: kinds[rng.integers(len(kinds))] for j in some}
            yield json.dumps(given | {"kind": kinds[k % len(kinds)]}).encode()
        else:
            bad = bytearray(good)
            for j in rng.integers(0, len(bad), 4):
                bad[j] = rng.integers(0, 256)
            yield bytes(bad[: rng.integers(1, len(bad))])


def test_bad_bodies_get_one_line_and_leave_nothing(guarded, folder):
    paths = [path for method, path in addresses() if method == "POST"]
    there = [p for p in folder.rglob("*") if p.is_file()]
    tracemalloc.start()
    before = None
    for k, body in enumerate(bodies(np.random.default_rng(0))):
        answer = request(guarded, paths[k % len(paths)], body, "POST", **OWN)
        assert 400 <= answer.status < 500, (paths[k % len(paths)], body[:100], answer.body)
        assert list(answer.json) == ["error"]
        assert "\n" not in answer.json["error"]
        assert len(answer.json["error"]) <= 500
        if k == 50:
            before = tracemalloc.get_traced_memory()[0]
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after < before + 1_000_000
    assert [p for p in folder.rglob("*") if p.is_file()] == there
