"""Seeing from the outside whether a worker lives."""

import signal
import subprocess
import sys
from pathlib import Path

from authsms.delivery.liveness import Liveness

HOLDER = """
import sys, time
from pathlib import Path
from authsms.delivery.liveness import Liveness
hold = Liveness(Path(sys.argv[1])).hold()
print(hold.owner, flush=True)
time.sleep(60)
"""


def _start_holder(folder: Path) -> tuple[subprocess.Popen[str], str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    owner = holder.stdout.readline().strip()
    holder.stdout.close()
    return holder, owner


def test_a_worker_is_alive_while_it_holds_its_lock(tmp_path: Path):
    """Seen from its own process and from any other of the machine."""
    with Liveness(tmp_path).hold() as hold:
        assert Liveness(tmp_path).is_dead(hold.owner) is False


def test_a_worker_that_let_go_is_dead(tmp_path: Path):
    """What it left behind may be taken."""
    with Liveness(tmp_path).hold() as hold:
        pass

    assert Liveness(tmp_path).is_dead(hold.owner) is True


def test_a_killed_worker_is_dead_at_once(tmp_path: Path):
    """The kernel frees the lock, whatever the process was doing."""
    holder, owner = _start_holder(tmp_path)
    alive = Liveness(tmp_path).is_dead(owner)
    holder.kill()
    holder.wait()

    assert [False, True] == [alive, Liveness(tmp_path).is_dead(owner)]


def test_a_stopped_worker_is_not_dead(tmp_path: Path):
    """It may go on in the middle of an attempt; only its lease ends that."""
    holder, owner = _start_holder(tmp_path)
    holder.send_signal(signal.SIGSTOP)
    dead = Liveness(tmp_path).is_dead(owner)
    holder.kill()
    holder.wait()

    assert dead is False


def test_a_worker_elsewhere_cannot_be_judged(tmp_path: Path):
    """Another machine has another folder."""
    with Liveness(tmp_path / "there").hold() as hold:
        assert Liveness(tmp_path / "here").is_dead(hold.owner) is None


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path):
    """Names come from the database."""
    liveness = Liveness(tmp_path)
    with liveness.hold() as hold:
        place = hold.owner.partition(".")[0]

        assert liveness.is_dead(f"{place}.../../etc/passwd") is None


def test_tidying_removes_the_files_of_the_dead_only(tmp_path: Path):
    """A file that vanished under a living worker would declare it dead."""
    liveness = Liveness(tmp_path)
    holder, owner = _start_holder(tmp_path)
    with liveness.hold() as hold:
        holder.kill()
        holder.wait()
        liveness.tidy()

        assert [f"{hold.owner.partition('.')[2]}.lock"] == [file.name for file in tmp_path.glob("*.lock")]
        assert [False, True] == [liveness.is_dead(hold.owner), liveness.is_dead(owner)]
