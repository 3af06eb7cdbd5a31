"""The wheel: what is in it, and that it works where nothing but the wheel is ours."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from authsms.foundation.settings import Settings

ROOT = Path(__file__).parent.parent
# One process builds the wheel, once.
pytestmark = [pytest.mark.xdist_group("packaging"), pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Installation:
    """The wheel, and an environment that holds it and, by a path file, the libraries of the one running the tests."""

    wheel: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> str:
        """Return what a program of the environment prints; it starts in the environment's folder."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("AUTHSMS_", "PYTHON"))}
        command = [str(self.folder / "bin" / program), *arguments]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False, timeout=300
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel, installed into an empty environment."""
    dist = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", dist], cwd=ROOT, check=True)
    (wheel,) = dist.glob("*.whl")
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    libraries = folder / "lib" / version / "site-packages" / "libraries.pth"
    libraries.write_text(sysconfig.get_path("purelib"))
    return Installation(wheel, folder)


@pytest.fixture(scope="module")
def contents(installation: Installation) -> set[str]:
    """Names of all files in the wheel."""
    with zipfile.ZipFile(installation.wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    ("folder", "inside", "pattern"),
    [
        ("authsms", "authsms", "**/*.py"),
        ("plugins", "", "*.*"),
        ("templates", "authsms/templates", "**/*.*"),
        ("authsms/static", "authsms/static", "**/*.*"),
        ("authsms/migrations", "authsms/migrations", "**/*.py"),
        ("authsms/translations", "authsms/translations", "**/*.mo"),
    ],
)
def test_the_wheel_holds_every_file(contents: set[str], folder: str, inside: str, pattern: str) -> None:
    """Top-level folders move into the package; what set-up fetched or compiled comes along although git ignores it."""
    place = ROOT / folder
    files = [file for file in place.glob(pattern) if file.is_file() and "__pycache__" not in file.parts]
    expected = {(Path(inside) / file.relative_to(place)).as_posix() for file in files}

    assert expected
    assert set() == expected - contents


def test_the_wheel_holds_nothing_else(contents: set[str]) -> None:
    """Neither tests nor an instance with its keys may be shipped."""
    tops = {name.split("/")[0] for name in contents}
    plugins = {file.name for file in (ROOT / "plugins").glob("*.*")}

    assert {"authsms", "authsms-0.1.0.dist-info"} | plugins == tops
    assert "authsms/static/vendor/htmx.min.js" in contents
    assert "authsms/alerts.example.yaml" in contents
    assert "authsms-0.1.0.dist-info/licenses/LICENSE" in contents


def test_the_command_is_installed(installation: Installation) -> None:
    """An administrator starts everything with it."""
    assert "Usage: authsms" in installation.run("authsms", "--help")


def test_everything_is_imported_from_the_wheel(installation: Installation) -> None:
    """Else the other tests here would judge the source tree."""
    program = """
import importlib.metadata, json, authsms
points = importlib.metadata.entry_points(group="authsms")
print(json.dumps({"authsms": authsms.__file__, **{point.name: point.load().__file__ for point in points}}))
"""
    files = json.loads(installation.run("python", "-c", program))

    assert {"authsms", *Settings.model_fields["plugins"].default} == set(files)
    assert all(Path(file).is_relative_to(installation.folder) for file in files.values())


def test_a_login_works_from_the_wheel(installation: Installation) -> None:
    """Templates, plugins, migrations and translations are found in the layout of the wheel too."""
    installation.run("authsms", "demo", "--once")
