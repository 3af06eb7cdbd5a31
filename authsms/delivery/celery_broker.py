"""Celery as the carrier of message ids, over RabbitMQ or Redis; imported only where a broker is set.

Celery brings connections that mend themselves, a pool of threads, acknowledgement and prefetching. It is given one id
at a time, as JSON, and keeps no results: what becomes of a message stands in the table, and repeats are decided there.
Ids are not written to the broker's disk, for the relay sends anew whatever is lost. An id is acknowledged when it has
been worked on, so that a consumer is never handed more than it has threads.

Redis tells nobody of a consumer that has died: an id that it held comes back only after the visibility time-out. The
message need not wait for that, because its lock shows that its owner is dead.
"""

import logging
import ssl
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from celery import Celery, signals
from kombu import Connection, Queue
from kombu.exceptions import OperationalError
from typing_extensions import override

from authsms.delivery.carriage import Lane
from authsms.foundation.errors import BrokerUnavailableError
from authsms.foundation.logs import register_secret
from authsms.foundation.sections import DeliverySettings

_TASK: Final = "authsms.deliver"
_CONNECT_SECONDS: Final = 3
_ANSWER_SECONDS: Final = 5
_VISIBLE_AGAIN_SECONDS: Final = 60


class _Connection(Connection):  # type: ignore[misc]  # kombu has no types
    """Looks for a lost broker every other second; kombu's own pauses grow to half a minute."""

    @override
    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:
        pauses = {"interval_start": 0.2, "interval_step": 0.4, "interval_max": 2}
        return super().ensure_connection(*arguments, **{**options, **pauses})

    @override
    def get_transport_cls(self) -> Any:
        kind = super().get_transport_cls()
        if kind.driver_type != "redis":
            return kind
        from authsms.delivery.redis_transport import RedisTransport  # noqa: PLC0415 - RabbitMQ needs no Redis client

        return RedisTransport


class CeleryPublisher:
    """Gives ids to the broker over one connection, which is made anew after it has broken."""

    def __init__(self, settings: DeliverySettings) -> None:
        self._app = _app(settings)
        self._connection: Any = None
        self._producer: Any = None

    def publish(self, message_ids: Sequence[str], lane: Lane) -> None:
        """Give ids to the broker; it has them when this returns.

        Raises:
            BrokerUnavailableError: It may have some of them, or none, or may have lost all it had.
        """
        try:
            if self._producer is None:
                self._connection = self._app.connection_for_write()
                self._producer = self._app.amqp.Producer(self._connection)
            for message_id in message_ids:
                self._app.send_task(_TASK, (message_id,), queue=lane.value, producer=self._producer, retry=False)
        except Exception as error:
            is_expected = isinstance(error, (OperationalError, OSError, *self._connection_errors()))
            self.close()
            if not is_expected:
                raise
            raise BrokerUnavailableError("The broker does not take messages.") from error

    def close(self) -> None:
        """Give back the connection."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.release()

    def _connection_errors(self) -> tuple[type[Exception], ...]:
        if self._connection is None:
            return ()
        return (*self._connection.connection_errors, *self._connection.channel_errors)


def consume(settings: DeliverySettings, lanes: Sequence[Lane], threads: int, deliver: Callable[[str], None]) -> None:
    """Call *deliver* with each id that the broker brings, in *threads* threads, until SIGTERM.

    Those under way are finished first. It belongs into the main thread: Celery handles the signals. A broker that is
    away is waited for.
    """
    app = _app(settings)
    app.task(name=_TASK)(deliver)
    # Celery would turn the log inside out, and say twice per message what the table says already.
    signals.setup_logging.connect(_leave_the_log_alone)
    logging.getLogger("celery").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You're running the worker with superuser privileges")
        worker = app.Worker(
            pool_cls="threads",
            concurrency=threads,
            queues=[lane.value for lane in lanes],
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
    worker.start()


def _leave_the_log_alone(**_facts: object) -> None:
    """Answer Celery's question whether somebody has set up the log."""


def _app(settings: DeliverySettings) -> Any:
    address = settings.broker.get_secret_value()
    register_secret(address)
    register_secret(unquote(urlsplit(address).password or ""))
    app = Celery("authsms", broker=address, set_as_current=False)
    app.amqp.Connection = _Connection
    app.conf.update(
        accept_content=["json"],
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=_CONNECT_SECONDS,
        broker_heartbeat=10,
        broker_pool_limit=None,
        broker_transport_options=_transport_options(address),
        broker_use_ssl=_tls(settings),
        task_acks_late=True,
        task_create_missing_queues=False,
        task_default_delivery_mode="transient",
        task_default_queue=Lane.PATIENT.value,
        task_ignore_result=True,
        task_queues=[Queue(lane.value, routing_key=lane.value) for lane in Lane],
        task_serializer="json",
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
    )
    return app


def _transport_options(address: str) -> dict[str, object]:
    if address.startswith("amqp"):
        times = {"read_timeout": _ANSWER_SECONDS, "write_timeout": _ANSWER_SECONDS}
        return {"confirm_publish": True, "connect_timeout": _CONNECT_SECONDS, **times}
    times = {"socket_timeout": _ANSWER_SECONDS, "socket_connect_timeout": _CONNECT_SECONDS}
    return {"visibility_timeout": _VISIBLE_AGAIN_SECONDS, "socket_keepalive": True, **times}


def _tls(settings: DeliverySettings) -> dict[str, object] | None:
    """Return what makes the broker's certificate count; neither library looks at it unless told to."""
    parts = urlsplit(settings.broker.get_secret_value())
    file = str(settings.ca_file) if settings.ca_file else None
    if parts.scheme == "amqps":
        return {"server_hostname": parts.hostname, "context": {"cafile": file}}
    if parts.scheme == "rediss":
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": file, "ssl_check_hostname": True}
    return None
