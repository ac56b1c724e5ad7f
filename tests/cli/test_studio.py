"""`chainrule studio` as a process."""

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from chainrule.cli import main

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_beside_an_open_page(tmp_path, number):
    command = [sys.executable, "-m", "chainrule.cli", "studio", "--no-browser", "--port", "0"]
    command += ["--folder", str(tmp_path / "runs")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as studio:
        line = studio.stdout.readline()
        address = re.search(r"http://\S+", line)[0]
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        opener = urllib.request.build_opener(jar)
        opener.open(address).read()
        with opener.open(f"{address.partition('/?')[0]}/api/events") as events:
            assert events.readline() == b": here\n"
            studio.send_signal(number)
            assert events.read() == b"\n"
        said, wrong = studio.communicate(timeout=60)
    assert studio.returncode == 0
    assert wrong == ""
    assert said.startswith("For another browser: http://localhost:")


def test_bad_arguments_are_one_line(tmp_path, capsys):
    for arguments in (["none.csv"], ["--port", "70000"], ["--runs", "0"]):
        with pytest.raises(SystemExit, match="2"):
            main(["studio", "--no-browser", "--folder", str(tmp_path / "r"), *arguments])
        assert len(capsys.readouterr().err.strip().splitlines()) <= 3
    assert not (tmp_path / "r").exists()
