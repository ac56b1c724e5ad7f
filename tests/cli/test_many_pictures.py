"""A folder of pictures answered to a file, sorted into folders, and undone, on the command line."""

import csv
import os
from pathlib import Path

from chainrule.jobs import answering


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())


def test_a_folder_is_sorted_and_sorted_back(chainrule, trained, fruit):
    options = ("fruit/test", "--sort-into", "sorted", "--sure", 0)
    dry = chainrule("predict", trained, *options, "--dry-run")
    assert dry.code == 0, dry.error
    assert "Nothing was copied (--dry-run)." in dry.out
    assert not Path("sorted").exists()
    said = chainrule("predict", trained, *options)
    assert said.code == 0, said.error
    assert "Copied 6 pictures into sorted." in said.out
    assert "Undo:     chainrule undo sorted/copies-1.csv\n" in said.out
    # Those are unsure that are unlike the training data.
    unsure = [name for name in files("sorted") if name.startswith("unsure/")]
    assert 0 < len(unsure) < 6
    assert len(files("sorted")) == 7
    found = chainrule("predict", trained, *options, "--json").json
    assert (found["copied"], found["there"], found["undo"]) == (0, 6, "")
    assert found["folders"].get("unsure", 0) == len(unsure) == found["unlike"]
    sure = chainrule("predict", trained, "fruit/test", "--sort-into", "s", "--sure", 1, "--json")
    assert sure.json["folders"] == {"unsure": 6}
    Path("sorted", unsure[0]).write_bytes(b"edited")
    undone = chainrule("undo", "sorted/copies-1.csv", "s/copies-1.csv")
    assert undone.code == 2
    assert undone.out == "Removed 11 copies.\n"
    assert f"sorted/{unsure[0]}: it and its original differ now" in undone.error
    assert files("sorted") == ["copies-1.csv", unsure[0]]
    assert not Path("s").exists()


def test_answers_in_a_file_are_counted_and_gone_on_with(chainrule, trained, fruit, monkeypatch):
    Path("fruit/test/none.txt").write_text("no picture")
    for k in range(20):
        os.link("fruit/test/lime/lime1.png", f"fruit/test/{k}.png")
    monkeypatch.setattr(answering, "BLOCK", 10)
    answer, left = answering.predictions, [1]

    def stop(*arguments):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return answer(*arguments)

    monkeypatch.setattr(answering, "predictions", stop)
    said = chainrule("predict", trained, "fruit/test", "--out", "a.csv")
    assert said.code == 1
    assert "Interrupted 10 of 27 are done. The same command goes on" in said.out
    monkeypatch.setattr(answering, "predictions", answer)
    said = chainrule("predict", trained, "fruit/test", "--out", "a.csv")
    assert said.code == 2
    assert said.error == (
        "chainrule: fruit/test/none.txt: no picture format that Pillow knows (.txt).\n"
    )
    assert "Wrote a.csv: all 27." in said.out
    assert "23" in said.out
    with open("a.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 27
    assert [row["file"] for row in table if row["problem"]] == ["fruit/test/none.txt"]
    assert sum(row["class"] == "lime" for row in table) == 23


def test_options_that_say_nothing_are_refused(chainrule, trained, fruit):
    for options, words in {
        ("--dry-run",): "--sort-into FOLDER beside it",
        ("--sure", 0.5): "--sort-into FOLDER beside it",
        ("--sort-into", "s", "--sure", 2): "0 <= a probability <= 1",
        ("--sort-into", "fruit/test"): "a folder for copies",
        ("--sort-into", "fruit/test/lime/lime0.png", "--dry-run"): "got a file, fruit",
    }.items():
        said = chainrule("predict", trained, "fruit/test", *options)
        assert (said.code, said.out) == (2, "")
        assert words in said.error
    assert "a list of copies" in chainrule("undo").error
    assert not Path("s").exists()
