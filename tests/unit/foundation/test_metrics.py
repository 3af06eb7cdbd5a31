"""What is counted."""

import os
from pathlib import Path

import pytest

from authsms.foundation import metrics, metrics_folder


def test_a_shared_folder_begins_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Process ids come back; their old counts must not."""
    monkeypatch.setenv(metrics_folder.FOLDER_VARIABLE, "elsewhere")
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"old")
    metrics_folder.share_folder(folder)

    assert list(folder.iterdir()) == []
    assert os.environ[metrics_folder.FOLDER_VARIABLE] == str(folder)


def test_no_label_can_name_a_person() -> None:
    """Closed sets only; a new label has to be thought about here."""
    named = (
        metrics.LOGONS,
        metrics.CODES,
        metrics.MESSAGES,
        metrics.TOKENS,
        metrics.WEBHOOKS,
        metrics.REQUEST_SECONDS,
        metrics.DELIVERY_SECONDS,
    )
    labels = {label for metric in named for label in metric._labelnames}

    assert labels <= {"result", "event", "outcome", "service", "state", "method", "route", "status"}
