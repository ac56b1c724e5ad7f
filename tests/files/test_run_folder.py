"""A folder of results: it takes a free name, begins whole or not at all, and leaves nothing."""

import pytest

from chainrule.errors import InputError, ModelFileError
from chainrule.files.run_folder import Folder


def test_numbers_that_are_taken_are_passed_over(tmp_path):
    (tmp_path / "runs" / "cats-1").mkdir(parents=True)
    folders = [Folder.next_free("cats", tmp_path / "runs") for _ in range(2)]
    for folder in folders:
        folder.create({"command": "train"})
    assert [folder.path.name for folder in folders] == ["cats-2", "cats-3"]
    assert folders[1].read_settings() == {"command": "train"}
    assert folders[1].begun


def test_nothing_is_overwritten_but_what_a_killed_writer_left(tmp_path):
    folder = Folder(tmp_path / "run")
    folder.path.mkdir()
    (folder.path / ".settings.json.x.part").touch()
    folder.create({})
    assert [path.name for path in folder.path.iterdir()] == ["settings.json"]
    with pytest.raises(InputError, match="Nothing is overwritten: choose another --out, or go on"):
        folder.refuse_existing(", or go on")


def test_what_was_made_for_it_goes_with_it(tmp_path):
    folder = Folder(tmp_path / "a" / "b" / "run")
    folder.create({})
    folder.remove()
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="not JSON compliant"):
        folder.create({"cost": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"), [("{", "a damaged file"), ("[]", "another JSON value"), (None, "No such")]
)
def test_settings_that_cannot_be_read(tmp_path, text, message):
    if text is not None:
        (tmp_path / "settings.json").write_text(text)
    with pytest.raises(ModelFileError, match=message):
        Folder(tmp_path).read_settings()
