"""Alerting rules that name no metric, label or word that is not there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from authsms.audit.vocabulary import Author
from authsms.delivery.breaker import Breaker
from authsms.delivery.caps import Cap, CapScope, Period
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.states import MessageState
from authsms.foundation import metrics
from authsms.protocols.operations import DATABASE_UP
from authsms.senders.submission import Purpose

TWILIO = f'kind = "twilio"\naccount_sid = "AC{"0" * 32}"\nauth_token = "secret"\nsender_phone = "+14155550100"\n'
SELECTOR = re.compile(r"(authsms_\w+)(?:\{(\w+)=~?\"([^\"]+)\"\})?")
WORDS: Mapping[tuple[str, str], frozenset[str]] = {
    ("authsms_queue_age_seconds", "purpose"): frozenset(Purpose),
    ("authsms_queue_overdue_seconds", "purpose"): frozenset(Purpose),
    ("authsms_breaker_state", "state"): frozenset(Breaker),
    ("authsms_attempts_total", "end"): frozenset(AttemptEnd),
    ("authsms_messages_total", "state"): frozenset(MessageState),
    ("authsms_webhooks_total", "outcome"): frozenset({"taken", "refused"}),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule, as far as these tests look at it."""

    name: str
    expression: str
    annotations: str


@pytest.fixture
def rules(shell) -> list[Rule]:
    texts = shell.printed("alerts").split("- alert: ")[1:]
    return [
        Rule(
            text.partition("\n")[0],
            re.sub(r"\s+", " ", text.partition("expr:")[2].partition("labels:")[0].partition("for:")[0]),
            text.partition("annotations:")[2],
        )
        for text in texts
    ]


@pytest.fixture
def exposed(shell) -> dict[str, set[str]]:
    """Names of the metrics of a server with one sender service and one cap, with their labels."""
    shell.run("sender", "set", "main", shell.file("main.toml", TWILIO))
    services = shell.services()
    services.gate.spending.save(Cap("", CapScope.ALL, "", Period.DAY, most_texts=100), Author())
    metrics.ATTEMPTS.labels("main", "accepted").inc()
    metrics.MESSAGES.labels("main", "delivered").inc()
    metrics.WEBHOOKS.labels("main", "taken").inc()
    metrics.DELIVERY_SECONDS.labels("main").observe(1)
    metrics.DELIVERED_SECONDS.labels("main").observe(1)
    text = metrics.exposition([*services.readings(), metrics.Reading(DATABASE_UP, 1)]).decode()
    services.close()
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(authsms_\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def test_every_rule_is_about_metrics_that_exist(rules, exposed):
    """One that names another is silent for ever."""
    assert len(rules) > 10
    for rule in rules:
        selectors = SELECTOR.findall(rule.expression)
        assert selectors, rule
        for metric, label, words in selectors:
            assert metric in exposed, rule
            assert not label or label in exposed[metric], rule
            assert not label or set(words.split("|")) <= WORDS[metric, label], rule


def test_every_rule_groups_and_speaks_of_labels_that_exist(rules, exposed):
    """A label that is gone by then would be an empty place in the sentence."""
    for rule in rules:
        labels = set.intersection(*(exposed[metric] for metric, _, _ in SELECTOR.findall(rule.expression)))
        kept = {label for group in re.findall(r"by \(([^)]*)\)", rule.expression) for label in group.split(", ")}

        assert kept <= labels, rule
        assert set(re.findall(r"\$labels\.(\w+)", rule.annotations)) <= kept, rule
        assert rule.expression.count("(") == rule.expression.count(")"), rule
