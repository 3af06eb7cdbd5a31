"""What is counted."""

import os
from pathlib import Path

import pytest

from authsms.delivery import gauges
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
        metrics.DELIVERED_SECONDS,
        metrics.ATTEMPTS,
    )
    measured = (one for one in vars(gauges).values() if isinstance(one, metrics.Measure))
    labels = {label for metric in named for label in metric._labelnames} | {
        label for measure in measured for label in measure.labels
    }
    counted = {"result", "event", "outcome", "service", "state", "end", "method", "route", "status"}

    assert labels == counted | {"purpose", "scope", "name", "period"}


def test_readings_of_one_measure_stand_together() -> None:
    """As Prometheus wants them, whatever the order they come in."""
    age, alive = metrics.Measure("test_age_seconds", "Age.", ("purpose",)), metrics.Measure("test_alive", "Alive.")
    readings = [metrics.Reading(age, 2.5, ("notice",)), metrics.Reading(alive, 1), metrics.Reading(age, 0, ("offer",))]
    text = metrics.exposition(readings).decode()

    assert text.endswith(
        "# HELP test_age_seconds Age.\n# TYPE test_age_seconds gauge\n"
        'test_age_seconds{purpose="notice"} 2.5\ntest_age_seconds{purpose="offer"} 0.0\n'
        "# HELP test_alive Alive.\n# TYPE test_alive gauge\ntest_alive 1.0\n"
    )
