"""The command: it answers until it is told to end, whoever else holds connections open."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from chainrule import Network
from chainrule.model.model_file import Model, save

COMMAND = [sys.executable, "-m", "chainrule.cli", "serve"]
X = np.random.default_rng(0).normal(size=(5, 4))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "m.safetensors"
    save(Model(Network.create([4, 3, 2], rng=0), ("no", "yes")), path)
    return path


@contextlib.contextmanager
def serving(model):
    quiet = {name: value for name, value in os.environ.items() if name != "CHAINRULE_TOKEN"}
    command = [*COMMAND, str(model), "--port", "0", "--name", "Models.example"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"Serving at http://localhost:(\d+)", line):
                break
        yield process, int(found[1]), "".join(said)
        process.kill()


@pytest.fixture(scope="module")
def process(model):
    with serving(model) as process:
        yield process


def get(port, path, **headers):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as asked:
        asked.request("GET", path, headers=headers)
        answer = asked.getresponse()
        return answer.status, answer.read()


def test_it_says_how_to_ask(process):
    _, port, said = process
    assert f"curl --data-binary @table.csv http://localhost:{port}/v2/models/m/predict" in said
    assert "not compared with the training data" in said
    assert get(port, "/v2/health/live")[0] == 200
    assert get(port, "/v2", Host="models.example")[0] == 200, "a proxy's name"
    assert get(port, "/v2", Host="other.example")[0] == 403


def test_who_holds_connections_open_stops_nobody(process):
    _, port, _ = process
    head = b"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    try:
        for k, one in enumerate(held):
            one.sendall((b"", head[:30], head, head + b"\r\n{")[k % 4])
        time.sleep(0.2)
        assert get(port, "/v2/health/live")[0] == 200
        assert get(port, "/v2/models/m/ready")[0] == 200
    finally:
        for one in held:
            one.close()


@pytest.mark.parametrize("binary", [True, False], ids=["bytes", "JSON"])
def test_a_client_of_triton_gets_the_model_s_numbers(process, model, binary):
    client = pytest.importorskip("tritonclient.http", reason="tritonclient[http] is not installed")
    from chainrule import load

    with client.InferenceServerClient(f"localhost:{process[1]}") as asked:
        assert asked.is_server_live()
        assert asked.is_server_ready()
        assert asked.is_model_ready("m", "1")
        given = client.InferInput("features", X.shape, "FP64")
        given.set_data_from_numpy(X, binary_data=binary)
        wanted = [client.InferRequestedOutput("probabilities", binary_data=binary)]
        found = asked.infer("m", [given], outputs=wanted).as_numpy("probabilities")
    np.testing.assert_array_equal(found, load(model).predict_proba(X.T).T)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_it_reads_its_models_again_and_ends_orderly(model, tmp_path):
    own = Path(shutil.copy(model, tmp_path))
    with serving(own) as (served, port, _):
        save(Model(Network.create([7, 2], output="softmax", rng=0), ("no", "yes")), own)
        served.send_signal(signal.SIGHUP)
        assert served.stdout.readline() == "All models were read again.\n"
        assert json.loads(get(port, "/v2/models/m")[1])["inputs"][0]["shape"] == [-1, 7]
        served.send_signal(signal.SIGTERM)
        assert served.wait(20) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "at least one model"),
        (["no.safetensors"], "no such file"),
        (["MODEL", "MODEL"], "twice"),
        (["MODEL", "--queue", "0"], "--queue"),
        (["MODEL", "--host", "no.such.place.example"], "no.such.place.example"),
        (["MODEL", "--port", "99999999"], "--port"),
        (["MODEL", "--port", "TAKEN"], "--port"),
    ],
)
def test_what_cannot_be_served(model, chainrule, arguments, words):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own = {"MODEL": str(model), "TAKEN": str(taken.getsockname()[1])}
        said = chainrule("serve", *(own.get(one, one) for one in arguments))
    assert said.code == 2
    assert words in said.error
    assert said.error.count("\n") == 1
