"""How the commands of delivery speak: durations, findings, and columns of a table."""

from collections.abc import Sequence
from datetime import timedelta

from authsms.administration.alarm_rules import AlarmKind, Finding
from authsms.delivery.durations import Times

_SOME_SECONDS = 10
_MINUTE, _HOUR = 60, 3600
_FINDINGS = {
    AlarmKind.NO_DELIVERY: "No delivery process is alive: start `authsms serve` or `authsms worker`.",
    AlarmKind.OLD_QUEUE: "{due} messages for {subject} are due, the first for {seconds} seconds: see the services.",
    AlarmKind.SERVICE_FAILING: "{subject} is failing: `authsms messages tail --service {subject}` shows the answers.",
    AlarmKind.SERVICE_DEMOTED: "{subject} is tried after the others in {countries}: {reason}.",
    AlarmKind.SERVICE_PAUSED: "{subject} has been paused since {since}: `authsms sender resume {subject}`.",
    AlarmKind.PURPOSE_PAUSED: "{subject} has been paused since {since}: `authsms messages resume {subject}`.",
    AlarmKind.WEBHOOK_SILENT: "{subject} has reported nothing for {hours} hours, and took {accepted} messages.",
}


def span(duration: timedelta | None) -> str:
    """Return a duration in the unit that fits it; a dash for none."""
    if duration is None:
        return "-"
    seconds = duration.total_seconds()
    if seconds < _SOME_SECONDS:
        return f"{seconds:.2f} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.0f} h"


def times(measured: Times | None) -> tuple[str, str]:
    """Return median and 95th hundredth; dashes for nothing measured."""
    return (span(measured.median), span(measured.nearly_all)) if measured else ("-", "-")


def finding_words(finding: Finding) -> str:
    """Return what is wrong and what to do about it, in one sentence."""
    pattern = _FINDINGS.get(finding.kind, f"{finding.kind.value}: {{subject}}")
    return pattern.format_map({**finding.facts, "subject": finding.subject})


def aligned(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the lines of a table: the first column to the left, the others to the right."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(_set(row, widths)).rstrip() for row in cells]


def _set(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = widths
    return [row[0].ljust(first), *(cell.rjust(width) for cell, width in zip(row[1:], others, strict=True))]
