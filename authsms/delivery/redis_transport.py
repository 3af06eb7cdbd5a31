"""Celery's way to Redis, mended: an acknowledgement that does not arrive holds up no thread.

kombu counts a message as unacknowledged until Redis has heard of it, logs an error of the acknowledgement, and goes on.
When Redis dies while every thread is about to acknowledge, the consumer therefore holds as many messages as it may for
ever: it never reads again, and so never finds its connection broken.
"""

from typing import Any

from kombu.transport import redis
from typing_extensions import override


class _Deliveries(redis.QoS):  # type: ignore[misc]  # kombu has no types
    """What was handed out; done is done, whether Redis knows it or not."""

    @override
    def ack(self, delivery_tag: Any) -> None:
        try:
            super().ack(delivery_tag)
        except BaseException:
            self._quick_ack(delivery_tag)
            raise


class _Channel(redis.Channel):  # type: ignore[misc]  # as above
    QoS = _Deliveries


class RedisTransport(redis.Transport):  # type: ignore[misc]  # as above
    """kombu's transport, with those deliveries."""

    Channel = _Channel
