"""The instance folder holds keys, names and sealed texts."""

import stat

import pytest

from authsms.foundation.folders import make_private


@pytest.mark.parametrize("before", [None, 0o755, 0o777, 0o700])
def test_a_folder_is_for_its_owner_only(tmp_path, before):
    """A new one, and one that was unpacked with the source."""
    folder = tmp_path / "above" / "instance"
    if before is not None:
        folder.mkdir(parents=True)
        folder.chmod(before)
    make_private(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
