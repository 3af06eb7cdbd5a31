"""Connections are kept, never shared, bounded in number, and replaced when they die."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.identity.ldap.connection import SilentServerError, UnusableAnswerError
from authsms.identity.ldap.pool import ConnectionPool, Servers, ServiceAccountRefusedError
from authsms.identity.ldap.settings import ServerAddress

FIRST, SECOND = (ServerAddress(f"{name}.test", 636, tls_at_once=True) for name in ("first", "second"))


class Stopwatch:
    """The time that the pool sees; it goes on when told to."""

    def __init__(self):
        self.seconds = 1000.0

    def monotonic(self):
        """Return how late it is."""
        return self.seconds


class Connection:
    """As much of a connection as the pool uses."""

    def __init__(self, server, now):
        self.server = server
        self.opened_at = self.used_at = now
        self.closed = False
        self.stale = False
        self.users = 0

    def is_stale(self):
        """Whether the server has hung up."""
        return self.stale

    def close(self):
        """Note that it was closed."""
        self.closed = True


class Network:
    """Opens connections, unless a server is down."""

    def __init__(self, watch):
        self.watch = watch
        self.opened = []
        self.down = {}

    def connect(self, server):
        """Open a connection or fail as told."""
        self.opened.append(server)
        if server in self.down:
            raise self.down[server]
        return Connection(server, self.watch.seconds)


@pytest.fixture
def watch(monkeypatch):
    """How long a server that failed is left alone does not depend on how busy the machine is."""
    made = Stopwatch()
    monkeypatch.setattr("authsms.identity.ldap.pool.time", made)
    return made


@pytest.fixture
def network(watch):
    return Network(watch)


def pool_of(network, *servers, size=4, patience=0.2):
    return ConnectionPool(Servers(servers or (FIRST, SECOND)), network.connect, size=size, patience=patience)


def test_a_connection_is_used_again(network):
    pool = pool_of(network)

    assert pool.run(lambda one: one) is pool.run(lambda one: one)
    assert network.opened == [FIRST]


def test_a_connection_has_one_user_at_a_time(network):
    pool = pool_of(network, size=3, patience=60)

    def work(one):
        one.users += 1
        assert one.users == 1
        time.sleep(0.001)
        one.users -= 1

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: pool.run(work), range(200)))

    assert len(network.opened) <= 3


def test_a_full_pool_turns_callers_away_in_time(network):
    """F-18: the bulkhead."""
    pool = pool_of(network, size=1)
    entered, leave = threading.Event(), threading.Event()

    def work(_):
        entered.set()
        leave.wait(60)

    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(pool.run, work)
        assert entered.wait(30)
        started = time.monotonic()
        with pytest.raises(DirectoryUnavailableError, match="slow"):
            pool.run(lambda one: one)
        assert time.monotonic() - started < 30
        leave.set()
        busy.result()


def test_a_connection_the_server_has_closed_is_replaced_before_use(network):
    pool = pool_of(network)
    old = pool.run(lambda one: one)
    old.stale = True

    assert pool.run(lambda one: one) is not old
    assert old.closed


def test_work_that_dies_on_a_kept_connection_is_done_once_more(network):
    pool = pool_of(network)
    old = pool.run(lambda one: one)

    def work(one):
        if one is old:
            raise DirectoryUnavailableError("broken pipe")
        return one.server

    assert pool.run(work) == FIRST
    assert network.opened == [FIRST, FIRST]


def test_a_silent_server_is_not_asked_again_at_once(network):
    pool = pool_of(network)
    old = pool.run(lambda one: one)

    def work(one):
        if one is old:
            raise SilentServerError("no answer in time")
        return one.server

    assert pool.run(work) == SECOND


def test_an_unusable_answer_is_the_callers_and_not_the_servers_fault(network):
    pool = pool_of(network)

    def work(_):
        raise UnusableAnswerError("too large")

    for _ in range(3):
        with pytest.raises(UnusableAnswerError):
            pool.run(work)
        assert pool.run(lambda one: one.server) == FIRST


def test_a_server_that_is_down_is_left_alone_for_a_while(network):
    pool = pool_of(network)
    network.down[FIRST] = DirectoryUnavailableError("refused")
    for _ in range(3):
        assert pool.run(lambda one: one.server) == SECOND

    assert network.opened.count(FIRST) == 1


def test_a_server_that_is_back_is_used_again(network, watch):
    pool = pool_of(network, FIRST)
    network.down[FIRST] = DirectoryUnavailableError("refused")
    with pytest.raises(DirectoryUnavailableError):
        pool.run(lambda one: one)
    network.down.clear()
    with pytest.raises(DirectoryUnavailableError):
        pool.run(lambda one: one)
    watch.seconds += 0.55

    assert pool.run(lambda one: one.server) == FIRST


def test_a_refused_service_account_is_left_alone_for_long(network, watch):
    pool = pool_of(network, FIRST)
    network.down[FIRST] = ServiceAccountRefusedError("invalid credentials")
    for _ in range(2):
        with pytest.raises(DirectoryUnavailableError):
            pool.run(lambda one: one)
        watch.seconds += 50

    assert network.opened == [FIRST]


@pytest.mark.parametrize("away", [FIRST, SECOND])
def test_a_refused_service_account_is_not_told_as_a_server_that_is_away(network, away):
    """The administrator must look at the account, not at the network; another server may be down as well."""
    network.down[FIRST] = network.down[SECOND] = ServiceAccountRefusedError("invalid credentials")
    network.down[away] = DirectoryUnavailableError("no answer")

    with pytest.raises(ServiceAccountRefusedError, match="refused the service account"):
        pool_of(network).run(lambda one: one)


def test_one_caller_at_a_time_tries_a_server_that_was_down(watch):
    """A black hole costs a connect time-out; not for everybody at once."""
    servers = Servers((FIRST,))
    servers.failed(FIRST, DirectoryUnavailableError("refused"))
    watch.seconds += 0.55
    first = servers.candidates()
    assert next(first) == FIRST
    started = time.monotonic()

    assert list(servers.candidates()) == []
    assert 0.4 < time.monotonic() - started < 30
    first.close()
    assert list(servers.candidates()) == [FIRST]


def test_one_outage_met_by_many_callers_counts_once(watch):
    """Eight time-outs at the same moment must not make the server wait for a minute."""
    servers = Servers((FIRST,))
    for _ in range(8):
        servers.failed(FIRST, DirectoryUnavailableError("no answer in time"))
    watch.seconds += 0.55

    assert list(servers.candidates()) == [FIRST]


def test_a_forked_process_does_not_talk_on_its_parents_connections(network, monkeypatch):
    """ATK-11: the parent would get answers about the child's people."""
    pool = pool_of(network)
    parents = pool.run(lambda one: one)
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert pool.run(lambda one: one) is not parents
    assert not parents.closed


def test_an_error_of_ours_closes_the_connection(network):
    """What state it is in is unknown; the next caller must not inherit it."""
    pool = pool_of(network)
    seen = []

    def work(one):
        seen.append(one)
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        pool.run(work)

    assert seen[0].closed
    assert pool.run(lambda one: one) is not seen[0]


def test_a_closed_pool_keeps_nothing_but_still_works(network):
    pool = pool_of(network)
    kept = pool.run(lambda one: one)
    pool.close()

    assert kept.closed
    assert pool.run(lambda one: one).closed
