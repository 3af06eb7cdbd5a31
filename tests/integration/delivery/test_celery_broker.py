"""The way to a broker: certificates count, and nothing but JSON travels."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis as RedisClient

from authsms.delivery.carriage import Lane
from authsms.delivery.celery_broker import CeleryPublisher
from authsms.foundation.errors import BrokerUnavailableError
from authsms.foundation.sections import DeliverySettings
from tests.parts.certificates import Authority
from tests.parts.processes import free_port
from tests.parts.redis_server import Redis, run_redis


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A certificate authority of one's own."""
    return Authority(tmp_path)


@pytest.fixture
def guarded(authority: Authority) -> Iterator[Redis]:
    """A Redis server that speaks TLS only."""
    with run_redis(authority.issue("redis")) as server:
        yield server


def _publish(address: str, ca_file: Path | None = None) -> None:
    publisher = CeleryPublisher(DeliverySettings.model_validate({"broker": address, "ca_file": ca_file}))
    try:
        publisher.publish(["01a1fd37"], Lane.URGENT)
    finally:
        publisher.close()


def test_a_broker_whose_certificate_is_trusted_takes_an_id_as_json(guarded: Redis, authority: Authority):
    """One id, and no word of who is to read what."""
    _publish(guarded.url, authority.file)
    client = RedisClient(port=guarded.port, ssl=True, ssl_ca_certs=str(authority.file))
    letter = json.loads(client.lrange(Lane.URGENT.value, 0, 0)[0])
    client.close()

    assert "application/json" == letter["content-type"]
    assert "authsms.deliver" == letter["headers"]["task"]
    assert "('01a1fd37',)" == letter["headers"]["argsrepr"]


def test_a_broker_with_a_strange_certificate_is_refused(guarded: Redis):
    """Neither library looks at certificates unless it is told to."""
    with pytest.raises(BrokerUnavailableError):
        _publish(guarded.url)


@pytest.mark.parametrize("kind", ["amqp", "redis"])
def test_a_broker_that_is_not_there_is_an_error_that_says_so(kind: str):
    """The relay goes by it."""
    with pytest.raises(BrokerUnavailableError):
        _publish(f"{kind}://127.0.0.1:{free_port()}//")
