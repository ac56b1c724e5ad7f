"""`chainrule demo`, `chainrule reproduce`, help and version; and the installed entry point."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.course.reproduce import published, reproduce
from chainrule.training import Session


@pytest.fixture
def soon(monkeypatch):
    """Settings are compared on few pictures."""
    monkeypatch.setattr("chainrule.experiments.auto.SAMPLE", 120)


@pytest.mark.usefixtures("soon")
def test_the_demo_says_what_to_try_next(chainrule):
    said = chainrule("demo")
    assert said.code == 0
    assert "tried on 5 folds of 120 of 1,000 examples" in " ".join(said.out.split())
    assert "Try next:" in said.out
    assert "chainrule train FOLDER" in said.out
    assert "open runs/demo-1/report.html in a browser" in said.out


@pytest.mark.usefixtures("drawn", "soon")
def test_the_demo_trains_three_networks_and_writes_a_run_of_the_chosen_with_its_report(chainrule):
    found = chainrule("demo", "--out", "run", "--json").json["networks"]
    assert [row["name"] for row in found] == ["chosen", "2 layers", "4 layers"]
    assert all(row["test_accuracy"] > 0.7 for row in found)
    assert found[1]["parameters"] == 39760
    page = Path("run/report.html").read_text(encoding="utf-8")
    accuracy = found[0]["test_accuracy"]
    assert page.index("Three networks") < page.index("<h2>Results")
    assert f"<strong>{100 * accuracy:.1f} % right</strong>" in page
    plain = re.sub("</?span[^>]*>", "", page)  # within which options are not broken
    again = re.search(r"chainrule (train fashion [^<]+)", plain)[1].split()
    said = chainrule(*again, "--out", "again", "--json").json
    assert said["results"]["test"]["accuracy"] == accuracy
    said = chainrule("demo", "--out", "run")
    assert said.code == 2
    assert "does not exist yet" in said.error


def test_the_published_results_are_reproduced(chainrule, course_data):
    said = chainrule("reproduce", str(course_data))
    assert said.code == 0
    assert "All published figures reproduced." in said.out
    assert "0.584508" in said.out
    found = chainrule("reproduce", str(course_data), "--json").json
    assert found["agrees"] is True
    assert [len(e["cost"]) for e in found["experiments"]] == [21, 5, 5]


def test_both_forms_reproduce_the_logistic_regression_and_agree(course_data):
    results = {form: next(reproduce(course_data, form)) for form in ("primal", "dual")}
    assert all(result.agrees for result in results.values())
    assert all(result.training.first_layer.form == form for form, result in results.items())


def test_a_result_that_differs_is_not_called_reproduced(chainrule, course_data, monkeypatch):
    first = published()[0]
    wrong = type(first)(**vars(first) | {"cost": (*first.cost[:-1], first.cost[-1] + 1e-6)})
    monkeypatch.setattr("chainrule.course.reproduce.published", lambda: (wrong,))
    said = chainrule("reproduce", str(course_data))
    assert said.code == 1
    assert "NOT reproduced" in said.out


def test_reproduce_refuses_other_pictures(chainrule, fruit):
    said = chainrule("reproduce", fruit)
    assert said.code == 2
    assert "209 training and 50 test pictures" in said.error


@pytest.mark.parametrize("command", ["demo", "train", "evaluate", "predict", "reproduce"])
def test_every_command_has_help(chainrule, command):
    said = chainrule(command, "--help")
    assert said.code == 0
    assert "--json" in said.out


def test_help_and_version(chainrule):
    assert "train" in chainrule("--help").out
    assert chainrule("--version").out.strip() == f"chainrule {cr.__version__}"


def test_an_unknown_command(chainrule):
    said = chainrule("tran")
    assert said.code == 2
    assert "train" in said.error


def test_the_installed_command_runs(tmp_path):
    command = Path(sys.executable).with_name("chainrule")
    arguments = ["train", "planar", "--iterations", "5", "--out", "run"]
    done = subprocess.run(
        [command, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from chainrule.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'PIL', 'h5py', 'matplotlib', 'sklearn', 'scipy', 'safetensors', 'torch'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("LOADED []")


def test_a_reader_that_goes_away_is_no_error():
    command = f"{shlex.quote(sys.executable)} -m chainrule train --help | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize("command", ["demo", "reproduce"])
def test_ctrl_c_gives_no_half_result(chainrule, monkeypatch, command, request):
    arguments = (request.getfixturevalue("course_data"),) if command == "reproduce" else ()
    record = Session.network

    def interrupted(session):
        session.stop("interrupted")
        return record(session)

    monkeypatch.setattr(Session, "network", interrupted)
    said = chainrule(command, *arguments)
    assert (said.code, said.error.splitlines()[-1]) == (1, "chainrule: interrupted")
    assert "NOT reproduced" not in said.out
    assert not Path("runs").exists()
