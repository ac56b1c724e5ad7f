"""The page's libraries are what npm has, but for what they import by; nothing asks elsewhere."""

import hashlib
import json
from importlib.resources import files

import pytest

import chainrule

STATIC = files(chainrule) / "studio" / "static"
VENDOR = STATIC / "vendor"
FACTS = json.loads((VENDOR / "VENDOR.json").read_text("utf-8"))
KEPT = {one["file"]: one for package in FACTS for one in package["files"]}


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", KEPT)
def test_a_file_is_kept_as_published_but_for_its_imports(name):
    data, said = (VENDOR / name).read_bytes(), KEPT[name]
    assert digest(data) == said["sha256"]
    for old, new in said["replaced"].items():
        data = data.replace(new.encode(), old.encode())
    assert digest(data) == said["published"]["sha256"]


def test_nothing_else_lies_there_and_each_package_has_its_license():
    assert {one.name for one in VENDOR.iterdir()} == {*KEPT, "VENDOR.json"}
    for package in FACTS:
        assert any(one["file"].endswith("-LICENSE") for one in package["files"])


def test_no_file_of_the_page_is_large():
    """All of it in the wheel is well under what a page needs to be quick."""
    sizes = [
        len(one.read_bytes())
        for folder in (VENDOR, STATIC)
        for one in folder.iterdir()
        if one.is_file()
    ]
    assert sum(sizes) < 400_000
