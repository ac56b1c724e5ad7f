"""What a release is checked by: wheel and sdist are built, installed each for itself, and run.

    python -m tools.release [--tag v0.1.0] [--out dist]

Needs the package `build`. Fails with one line if the versions differ, a file of the
package is missing from the wheel, the wheel is larger than 3 MB, or what is installed does not run
away from its source.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST = 3_000_000  # bytes of the wheel
VERSIONS = {
    "src/chainrule/_version.py": r'__version__ = "(.+)"',
    "CHANGELOG.md": r"^## (\S+)",
    "CITATION.cff": r"^version: (\S+)",
}


def version(tag: str | None) -> str:
    """The version, where all places agree on it."""
    found = {
        name: re.search(pattern, (ROOT / name).read_text("utf-8"), re.MULTILINE)[1]
        for name, pattern in VERSIONS.items()
    } | ({"the tag": tag.removeprefix("v")} if tag else {})
    if len(set(found.values())) != 1:
        sys.exit("release: " + ", ".join(f"{value} in {name}" for name, value in found.items()))
    return found["CHANGELOG.md"]


def check_wheel(wheel: Path) -> None:
    if wheel.stat().st_size > LARGEST:
        sys.exit(f"release: {wheel.name} has {wheel.stat().st_size:,} bytes, more than {LARGEST:,}")
    listed = subprocess.check_output(["git", "ls-files", "chainrule"], cwd=ROOT / "src", text=True)
    names = zipfile.ZipFile(wheel).namelist()
    if missing := sorted(set(listed.splitlines()) - set(names)):
        sys.exit(f"release: {wheel.name} lacks {', '.join(missing[:5])}")


def check_installed(archive: Path, expected: str, folder: Path) -> None:
    """Installs an archive where its source is not, and runs what a newcomer runs first."""
    venv.create(folder / "venv", with_pip=True)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([scripts / "python", "-m", "pip", "install", "-q", archive], check=True)
    said = subprocess.check_output([scripts / "chainrule", "--version"], cwd=folder, text=True)
    if said.strip() != f"chainrule {expected}":
        sys.exit(f"release: {archive.name} installed says {said.strip()}")
    subprocess.run(
        [scripts / "chainrule", "demo", "--json"], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tag")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    expected = version(given.tag)
    with tempfile.TemporaryDirectory() as built:
        subprocess.run(
            [sys.executable, "-m", "build", "-o", built, ROOT],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (wheel,) = Path(built).glob("*.whl")
        check_wheel(wheel)
        given.out.mkdir(exist_ok=True)
        for archive in sorted(Path(built).iterdir()):
            with tempfile.TemporaryDirectory() as folder:
                check_installed(archive, expected, Path(folder))
            print(shutil.move(archive, given.out / archive.name))


if __name__ == "__main__":
    main()
