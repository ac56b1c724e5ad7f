"""The protocol's answers are the model's own."""

import asyncio
import io
import json
import re
import zlib

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from chainrule.data.readers.images import read_image
from chainrule.errors import InputError
from chainrule.influence.predictions import predictions
from chainrule.model.model_file import load
from chainrule.service.app import Service
from chainrule.service.served import named

from .conftest import HOST, request, requested, run

X = np.array([[1.0, -2.0], [0.25, 1e6], [3.0, 4.0]])
ROOT = "/v2/models/table"


def tensor(name, array, datatype="FP64", **more):
    return {"name": name, "datatype": datatype, "shape": list(np.shape(array)), **more}


def asked(array=X, name="features", datatype="FP64", **more):
    data = np.asarray(array).ravel().tolist()
    return {"inputs": [tensor(name, array, datatype, data=data)], **more}


def outputs(answer):
    assert answer.status == 200, answer.body
    return {one["name"]: one for one in answer.json["outputs"]}


def test_what_there_is(app):
    assert request(app, "/v2").json["models"] == ["table", "pictures", "numbers"]
    assert request(app, "/v2/health/live").json["live"]
    ready = request(app, "/v2/health/ready").json
    assert ready["ready"]
    assert ready["live"], "KServe's client reads the one, the specification says the other"
    for of in (ROOT, f"{ROOT}/versions/1"):
        assert request(app, f"{of}/ready").json == {"name": "table", "ready": True}
        facts = request(app, of).json
        assert facts["inputs"] == [{"name": "features", "datatype": "FP64", "shape": [-1, 2]}]
        assert [one["name"] for one in facts["outputs"]] == ["class", "probabilities"]
    facts = request(app, "/v2/models/pictures").json
    assert facts["inputs"] == [{"name": "picture", "datatype": "UINT8", "shape": [-1, 4, 5, 3]}]
    assert facts["outputs"][-1] == {"name": "spread", "datatype": "FP64", "shape": [-1, 2]}
    assert request(app, "/v2/models/numbers").json["outputs"][0]["name"] == "value"


@pytest.mark.parametrize("path", [f"{ROOT}/infer", f"{ROOT}/versions/1/infer"])
def test_numbers_are_those_of_the_model(app, models, path):
    table = models[1]["table"]
    answer = request(app, path, asked(id="7"))
    found = outputs(answer)
    assert answer.json["id"] == "7"
    assert answer.json["model_name"] == "table"
    P = np.reshape(found["probabilities"]["data"], found["probabilities"]["shape"])
    assert_array_equal(P, table.predict_proba(X.T).T)
    assert found["class"]["datatype"] == "BYTES"
    assert found["class"]["data"] == [table.classes[k] for k in table.predict(X.T)]


def test_nested_lists_and_other_datatypes(app):
    body = {"inputs": [tensor("features", X, "FP32", data=X.tolist())]}
    nested = outputs(request(app, f"{ROOT}/infer", body))["class"]
    assert nested["data"] == outputs(request(app, f"{ROOT}/infer", asked()))["class"]["data"]
    whole = outputs(request(app, f"{ROOT}/infer", asked([[1, 2]], datatype="INT16")))
    same = outputs(request(app, f"{ROOT}/infer", asked([[1.0, 2.0]])))
    assert whole["probabilities"]["data"] == same["probabilities"]["data"]


def binary(array=X, wanted=(), **more):
    size = {"parameters": {"binary_data_size": array.nbytes}}
    names = [{"name": name, "parameters": {"binary_data": yes}} for name, yes in wanted]
    head = json.dumps({"inputs": [tensor("features", array, **size)], "outputs": names, **more})
    return head.encode() + array.tobytes(), {"inference_header_content_length": str(len(head))}


def test_bytes_in_and_out(app, models):
    body, length = binary(wanted=[("class", True), ("probabilities", True)])
    answer = request(app, f"{ROOT}/infer", body, **length)
    end = int(answer.headers["inference-header-content-length"])
    classes, numbers = json.loads(answer.body[:end])["outputs"]
    size = classes["parameters"]["binary_data_size"]
    table = models[1]["table"]
    names = [table.classes[k].encode() for k in table.predict(X.T)]
    lengths = b"".join(len(n).to_bytes(4, "little") + n for n in names)
    assert answer.body[end : end + size] == lengths
    P = np.frombuffer(answer.body[end + size :]).reshape(numbers["shape"])
    assert_array_equal(P, table.predict_proba(X.T).T)


def test_only_the_outputs_that_are_wanted_each_its_way(app):
    body, length = binary(wanted=[("probabilities", False)])
    answer = request(app, f"{ROOT}/infer", body, **length)
    assert list(outputs(answer)) == ["probabilities"]
    body, length = binary(parameters={"binary_data_output": True})
    answer = request(app, f"{ROOT}/infer", body, **length)
    assert answer.headers["content-type"] == "application/octet-stream"


def test_an_ensemble_and_a_regression(app, models):
    rng, (_, made) = np.random.default_rng(0), models
    pictures = rng.integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    body = asked(pictures, "picture", "UINT8")
    found = outputs(request(app, "/v2/models/pictures/infer", body))
    raw = pictures.reshape(3, -1).T
    assert_array_equal(found["spread"]["data"], made["pictures"].spread(raw).T.ravel())
    P = made["pictures"].predict_proba(raw).T.ravel()
    assert_array_equal(found["probabilities"]["data"], P)
    found = outputs(request(app, "/v2/models/numbers/infer", asked()))
    assert_array_equal(found["value"]["data"], made["numbers"].predict(X.T))


def test_requests_together_are_answered_each(app, models):
    table, rng = models[1]["table"], np.random.default_rng(1)
    many = [rng.normal(size=(n, 2)) for n in (1, 3, 2, 40, 1)]
    many[2][0, 0] = np.nan  # which is refused, and the others are not

    async def all_at_once():
        return await asyncio.gather(
            *(
                requested(
                    app, f"{ROOT}/infer", json.dumps(asked(one)).replace("NaN", "null").encode()
                )
                for one in many
            )
        )

    for one, answer in zip(many, run(all_at_once()), strict=True):
        if np.isnan(one).any():
            assert answer.status == 400
            assert "missing" in answer.json["error"] or "finite" in answer.json["error"]
            continue
        P = np.reshape(outputs(answer)["probabilities"]["data"], (-1, 3))
        np.testing.assert_allclose(P, table.predict_proba(one.T).T, rtol=1e-13)


def png(seed=0, size=(9, 7)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_too_many_pixels_is_not_decoded(app, kind, monkeypatch):
    file = io.BytesIO()
    Image.new("RGB", (1001, 1000)).save(file, kind)
    monkeypatch.setattr("chainrule.service.bodies.MEGAPIXELS", 1)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)
    answer = request(app, "/v2/models/pictures/predict", file.getvalue())
    assert answer.status == 400
    assert answer.json["error"] == (
        "body: expected at most 1 megapixels; got 1.0. Save the picture smaller."
    )


def test_a_picture_beyond_what_is_opened_at_all(app):
    huge = bytearray(png())
    huge[16:24] = b"\x7f\xff\xff\xff" * 2
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    answer = request(app, "/v2/models/pictures/predict", bytes(huge))
    assert answer.status == 400
    assert "at most 50 megapixels" in answer.json["error"]


def test_a_picture_file_as_it_is(app, models, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    found = request(app, "/v2/models/pictures/predict", png()).json["predictions"][0]
    P = models[1]["pictures"].predict_proba(read_image(tmp_path / "a.png", (4, 5, 3))[:, None])
    assert found["probabilities"] == dict(zip(("not", "cat"), P[:, 0].tolist(), strict=True))
    assert found["name"] == "body"


def test_a_table_as_it_is(app, models, tmp_path):
    folder, _ = models
    (tmp_path / "t.csv").write_text("y,x\n-2,1\n4,3\n")
    body = (tmp_path / "t.csv").read_bytes()
    found = request(app, f"{ROOT}/predict", body).json
    own = predictions(load(folder / "table.safetensors"), tmp_path / "t.csv").records()
    assert [one["probabilities"] for one in found["predictions"]] == [
        one["probabilities"] for one in own
    ]
    assert not found["compared_with_training_data"]


BAD = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "no inputs": b"{}",
    "inputs no list": b'{"inputs": 3}',
    "an input no object": b'{"inputs": [3]}',
    "another name": asked(name="x"),
    "two inputs": {"inputs": asked()["inputs"] * 2},
    "datatype": asked(datatype="FP128"),
    "texts": {"inputs": [tensor("features", X, "BYTES", data=["a"] * 6)]},
    "texts as numbers": {"inputs": [tensor("features", X, data=["a"] * 6)]},
    "too few": {"inputs": [tensor("features", X, data=[1.0])]},
    "ragged": {"inputs": [tensor("features", X, data=[[1, 2], [3], [4, 5]])]},
    "negative shape": {"inputs": [{**tensor("features", X), "shape": [-1, 2], "data": [1, 2]}]},
    "huge shape": {"inputs": [{**tensor("features", X), "shape": [2**40, 2**40], "data": []}]},
    "many axes": {"inputs": [{**tensor("features", X), "shape": [1] * 70, "data": [1]}]},
    "floats in the shape": {"inputs": [{**tensor("features", X), "shape": [3.0, 2], "data": []}]},
    "no example": asked(np.empty((0, 2))),
    "three features": asked(np.ones((1, 3))),
    "one axis": asked(np.ones(2)),
    "too large": asked([[1e400, 1.0]]),
    "whole numbers too large": asked([[2**70, 1]], datatype="INT64"),
    "another output": asked(outputs=[{"name": "logits"}]),
    "an output no object": asked(outputs=["class"]),
    "parameters no object": asked(parameters=3),
    "bytes beyond the body": {
        "inputs": [tensor("features", X, parameters={"binary_data_size": 10**12})]
    },
    "negative bytes": {"inputs": [tensor("features", X, parameters={"binary_data_size": -8})]},
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_request_gets_one_line(app, kind):
    answer = request(app, f"{ROOT}/infer", BAD[kind])
    assert answer.status == 400, answer.body
    line = answer.json["error"]
    assert "\n" not in line
    assert "expected" in line
    assert len(line) <= 500


@pytest.mark.parametrize("length", ["-1", "1e3", "", "99999", "²"])
def test_a_bad_length_of_the_header(app, length):
    body, _ = binary()
    answer = request(app, f"{ROOT}/infer", body, inference_header_content_length=length)
    assert answer.status == 400, answer.body


def test_bytes_that_nobody_asked_for(app):
    body, length = binary()
    answer = request(app, f"{ROOT}/infer", body + b"x", **length)
    assert answer.status == 400
    assert "bytes of tensors" in answer.json["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v2/models/pictures/predict", b"GIF89a"),
        ("/v2/models/pictures/predict", png()[:100]),
        ("/v2/models/pictures/predict", b"\x89PNG\r\n\x1a\n" + b"x" * 1000),
        ("/v2/models/pictures/predict", b"RIFF1234WEBPVP8 "),
        ("/v2/models/pictures/predict", b""),
        ("/v2/models/table/predict", b""),
        ("/v2/models/table/predict", b"x,z\n1,2\n"),
        ("/v2/models/table/predict", b"x,y\n1,a\n"),
        ("/v2/models/table/predict", b"\x00\xff" * 500),
    ],
)
def test_a_bad_file_gets_one_line_and_leaves_nothing(app, path, body, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    answer = request(app, path, body)
    assert answer.status == 400, answer.body
    assert str(tmp_path) not in answer.json["error"]
    assert not list(tmp_path.iterdir())


def test_changed_bytes_never_end_it(app):
    rng = np.random.default_rng(0)
    good, length = binary()
    for _ in range(200):
        bad = bytearray(good)
        for k in rng.integers(0, len(bad), 4):
            bad[k] = rng.integers(0, 256)
        cut = bytes(bad[: rng.integers(1, len(bad) + 1)])
        assert request(app, f"{ROOT}/infer", cut, **length).status in (200, 400)
    assert request(app, f"{ROOT}/infer", good, **length).status == 200


def test_what_is_not_there(app):
    for path in ("/", "/v3", "/v2/models/x", f"{ROOT}/versions/2", "/v2/models/x/ready"):
        assert request(app, path).status == 404
    assert "table" in request(app, "/v2/models/x").json["error"]
    assert request(app, f"{ROOT}/infer").status == 405
    assert request(app, ROOT, b"").status == 405


def test_more_than_may_wait_are_told_to_come_again(models):
    folder, _ = models
    few = Service({"table": folder / "table.safetensors"}, limit=2)
    app = few.guarded({HOST})

    async def crowd():
        body = json.dumps(asked()).encode()
        return await asyncio.gather(*(requested(app, f"{ROOT}/infer", body) for _ in range(5)))

    answers = run(crowd())
    assert sorted(one.status for one in answers) == [200, 200, 503, 503, 503]
    assert {one.headers.get("retry-after") for one in answers if one.status == 503} == {"1"}
    told = request(app, "/metrics").body.decode()
    assert 'chainrule_refused_total{reason="queue"} 3.0' in told
    assert 'chainrule_requests_total{route="infer",status="503"} 3.0' in told
    assert re.search(r"chainrule_requests_in_progress 1\.0", told)
    assert 'model="table"' in told


def test_models_are_read_again_and_a_broken_one_stays_as_it_was(models, tmp_path):
    folder, _ = models
    path = tmp_path / "m.safetensors"
    path.write_bytes((folder / "table.safetensors").read_bytes())
    service = Service({"m": path})
    app = service.guarded({HOST})
    assert request(app, "/v2/models/m").json["inputs"][0]["name"] == "features"
    path.write_bytes((folder / "pictures.safetensors").read_bytes())
    assert run(service.reload()) == []
    assert request(app, "/v2/models/m").json["inputs"][0]["name"] == "picture"
    path.write_bytes(b"broken")
    (line,) = run(service.reload())
    assert line.startswith("m stays as it was: ")
    assert request(app, "/v2/models/m").json["inputs"][0]["name"] == "picture"


def test_names(tmp_path):
    assert list(named(["run/model.safetensors", "cats=run"])) == ["model", "cats"]
    (tmp_path / "a=b.safetensors").touch()
    with pytest.raises(InputError, match="letters, digits"):
        named([str(tmp_path / "a=b.safetensors")])
    for bad in ([], ["a", "a"], ["a/b=run"], ["=run/my model"]):
        with pytest.raises(InputError, match="expected"):
            named(bad)
