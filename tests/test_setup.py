"""What `.ci/setup-debian.sh` does for a browser where a release has the small one, the large one, or none."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "setup-debian.sh"
SMALL, LARGE = "chromium-headless-shell", "chromium"
REAL = ("cat", "env", "grep", "mktemp", "sed", "sh", "tail", "tr")
APT_CACHE = 'for last; do :; done; case " $PACKAGES " in *" $last "*) echo "Package: $last" ;; *) exit 100 ;; esac'
APT_GET = """
echo "$*" >>"$CALLS"
case $* in *install*) ;; *) exit 0 ;; esac
for one; do case $one in chromium*) : >"$BIN/$one" && /bin/chmod 755 "$BIN/$one" ;; esac; done
"""


def setup(folder: Path, packages: str, installed: str) -> tuple[int, str, list[str]]:
    """Run the script on a machine of its own; return its status, what it says, and what it had installed."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name in REAL:
        if not (programs / name).exists():
            (programs / name).symlink_to(shutil.which(name) or name)
    idle = dict.fromkeys(("chmod", "rm", "tee", "debconf-set-selections", *installed.split()), "exit 0")
    for name, lines in {**idle, "id": "echo 0", "apt-cache": APT_CACHE, "apt-get": APT_GET}.items():
        (programs / name).write_text(f"#!/bin/sh\n{lines}\n")
        (programs / name).chmod(0o755)
    calls = folder / "calls"
    calls.write_text("")
    names = {"PATH": str(programs), "BIN": str(programs), "CALLS": str(calls), "PACKAGES": packages}
    done = subprocess.run(
        ["/bin/sh", SCRIPT, SMALL], env={**names, "TMPDIR": str(folder)}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr, [line for line in calls.read_text().split() if line.startswith(LARGE)]


@pytest.mark.parametrize(
    ("packages", "installed", "expected"),
    [
        (f"{SMALL} {LARGE}", "", [SMALL]),
        (LARGE, "", [LARGE]),
        (f"{SMALL} {LARGE}", LARGE, [SMALL]),
        (LARGE, LARGE, []),
        ("", LARGE, []),
    ],
    ids=["both", "no-small-one", "better-one", "no-better-one", "no-packages"],
)
def test_the_small_browser_is_preferred_and_the_large_one_will_do(tmp_path, packages, installed, expected):
    """The second time there is nothing to do."""
    first, second = setup(tmp_path, packages, installed), setup(tmp_path, packages, "")

    assert (0, expected) == (first[0], first[2])
    assert (0, []) == (second[0], second[2])


def test_where_there_is_neither_the_script_says_so(tmp_path):
    """Rather than apt, in its own words, about one of them."""
    status, said, installed = setup(tmp_path, "", "")

    assert (1, []) == (status, installed)
    assert f"neither {SMALL} nor {LARGE}" in said
