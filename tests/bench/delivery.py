"""Measures delivery: `python -m tests.bench delivery [--json FILE] [--on PLACEMENT]`.

The clock of a message starts with the transaction that enqueues it, and stops when its HTTP request has arrived at the
provider; a second one starts with the commit. Rates and latencies depend on what else the machine does, so the
processor time that a message costs delivery, PostgreSQL and the provider stands beside them: all three share the
machine. What a message costs PostgreSQL, its way into the queue included, is told of a whole burst.
"""

import json
import statistics
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import cast

import click
from rich.console import Console
from rich.progress import Progress, TaskID
from sqlalchemy.orm import Session

from authsms.delivery.bulk import enqueue_many
from authsms.foundation.db import Database
from authsms.senders.submission import Purpose
from tests.bench.delivery_report import Bulk, Burst, Latency, Report, comparison
from tests.bench.post_office import Placement, Posted, PostOffice, run_post_office

_AT_ONCE = 500
_SINGLES = 20
_SILENCE = 0.4
_LIMIT_SECONDS = 90.0
_QUEUED = 5000
_CODES = 100
_PLACEMENTS = [one.value for one in Placement]


class Bench:
    """The measurements of one placement."""

    def __init__(self, placement: Placement, office: PostOffice, progress: Progress) -> None:
        self._placement = placement
        self._office = office
        self._progress = progress

    def run(self, burst: int, mailing: int) -> Report:
        """Measure everything, one after the other."""
        quiet = [
            self.spaced("one per 20 ms", 300, 0.02),
            self.spaced("one after 0.4 s of silence", _SINGLES, _SILENCE),
            self.spaced("100 a second", 500, 0.01),
        ]
        bursts = [self.burst(burst, seconds) for seconds in (0.0, 0.2)]
        if self._placement is Placement.POSTGRESQL:  # there they may stand on several machines
            self._office.hire()
            bursts.append(self.burst(burst, 0.0))
            self._office.dismiss()
        latencies = [*quiet, self.codes_behind_notices()]
        is_own = self._placement in {Placement.SQLITE, Placement.POSTGRESQL}  # a broker has no part in it
        return Report(latencies, bursts, self.bulk(mailing) if is_own else None)

    def spaced(self, load: str, number: int, pause: float, purpose: Purpose = Purpose.AUTHENTICATION) -> Latency:
        """Post messages one after the other and return how long they took."""
        posted: dict[str, Posted] = {}
        self._progress.add_task(f"{self._placement}: {load}", total=None)
        self._progress.refresh()  # and no more: a text would wait for what is drawn meanwhile
        for index in range(number):
            text = f"code {load} {index}"
            at = time.monotonic() + pause
            posted[text] = self._office.post(text, purpose)
            time.sleep(max(at - time.monotonic(), 0))
        arrivals = self._arrivals(posted)
        times = [(arrivals[text] - when.begun) * 1000 for text, when in posted.items() if text in arrivals]
        commits = [(arrivals[text] - when.committing) * 1000 for text, when in posted.items() if text in arrivals]
        cuts, late = (statistics.quantiles(one, n=100, method="inclusive") for one in (times, commits))
        lost = len(posted) - len(times)
        return Latency(self._placement, load, cuts[49], cuts[98], max(times), late[49], late[98], lost)

    def burst(self, number: int, provider_seconds: float) -> Burst:
        """Post a heap while the provider takes so long for each, and return how fast it arrives there.

        The rate is that of the time after the last commit: the worker has the machine to itself then.
        """
        office = self._office
        office.provider.delay(burst=provider_seconds)
        before = office.spent()
        self._enqueue([f"burst {index}" for index in range(number)], Purpose.AUTHENTICATION)
        came, begun = office.provider.count(), time.monotonic()
        first_memory = last = 0.0
        task = self._progress.add_task(f"{self._placement}: burst, {provider_seconds * 1000:.0f} ms", total=number)
        while (seen := office.provider.count()) < number and time.monotonic() - begun < _LIMIT_SECONDS:
            self._progress.update(task, completed=seen, refresh=True)
            if not first_memory and seen > number / 10:
                first_memory = office.memory_bytes()
            time.sleep(0.1)
        last, memory = time.monotonic(), office.memory_bytes()
        self._progress.update(task, completed=seen)
        spent = office.spent() - before
        office.provider.delay()
        self._wait_for(number)
        office.provider.take()
        growth = memory - (first_memory or memory)
        rate = (seen - came) / (last - begun)
        delivery, database, provider = (
            seconds / seen * 1000 for seconds in (spent.delivery, spent.database, spent.provider)
        )
        return Burst(
            self._placement,
            len(office.workers),
            provider_seconds,
            seen,
            rate,
            delivery,
            database,
            provider,
            memory / 1e6,
            growth / 1e6,
        )

    def codes_behind_notices(self) -> Latency:
        """Post codes while thousands of notices wait for a provider that takes two seconds."""
        self._office.provider.delay(notice=2.0)
        self._enqueue([f"notice {index}" for index in range(_QUEUED)], Purpose.NOTICE)
        found = self.spaced(f"behind {_QUEUED} notices", _CODES, 0.05)
        self._office.provider.delay()
        return found

    def bulk(self, number: int) -> Bulk:
        """Enqueue a mailing, and return how fast that was and how long nobody else could write at the most."""
        office = self._office
        drafts = (office.draft(f"bulk {index}", Purpose.OFFER) for index in range(number))
        task = self._progress.add_task(f"{self._placement}: enqueueing a mailing", total=number)
        tell = partial(_tell, self._progress, task)
        database = _Watched(office.services.database)
        begun = time.monotonic()
        enqueue_many(cast("Database", database), office.services.outbox, drafts, tell=tell)
        return Bulk(self._placement, number, number / (time.monotonic() - begun), database.longest * 1000)

    def _enqueue(self, texts: Sequence[str], purpose: Purpose) -> None:
        services = self._office.services
        for start in self._counted(f"{self._placement}: enqueueing", range(0, len(texts), _AT_ONCE)):
            drafts = [self._office.draft(text, purpose) for text in texts[start : start + _AT_ONCE]]
            with services.database.write() as session:
                for draft in drafts:
                    services.outbox.enqueue(session, draft)

    def _arrivals(self, posted: Collection[str]) -> dict[str, float]:
        arrivals: dict[str, float] = {}
        until = time.monotonic() + 20
        while not set(posted) <= set(arrivals) and time.monotonic() < until:
            time.sleep(0.05)
            arrivals |= self._office.provider.take()
        return arrivals

    def _wait_for(self, number: int) -> None:
        until = time.monotonic() + _LIMIT_SECONDS
        while self._office.provider.count() < number and time.monotonic() < until:
            time.sleep(0.1)

    def _counted(self, name: str, steps: range) -> Iterator[int]:
        yield from self._progress.track(steps, description=name)


class _Watched:
    """A database that remembers how long its longest transaction took."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.longest = 0.0

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Run one transaction."""
        begun = time.monotonic()
        with self._database.write() as session:
            yield session
        self.longest = max(self.longest, time.monotonic() - begun)


def _tell(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the numbers there, too.")
@click.option("--on", "placements", multiple=True, type=click.Choice(_PLACEMENTS), help="Only these placements.")
@click.option("--workers", default=1, show_default=True, help="Delivery processes side by side.")
@click.option("--burst", "number", default=10_000, show_default=True, help="Messages of a burst.")
@click.option("--bulk", "mailing", default=100_000, show_default=True, help="Messages of a mailing.")
def delivery(file: Path | None, placements: tuple[str, ...], workers: int, number: int, mailing: int) -> None:
    """Measure how soon and how fast messages reach a provider, for each placement of the delivery engine."""
    console, reports = Console(), {}
    console.print(comparison())
    for name in placements or _PLACEMENTS:
        shown = Progress(console=Console(stderr=True), transient=True, auto_refresh=False)
        with shown as progress, run_post_office(Placement(name), workers) as office:
            reports[name] = Bench(Placement(name), office, progress).run(number, mailing)
        reports[name].show(console)
    if file is not None:
        file.write_text(json.dumps({name: asdict(one) for name, one in reports.items()}, indent=2), "utf-8")
