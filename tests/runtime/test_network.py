"""Ports: the wanted one, the next free one, any."""

from __future__ import annotations

import socket

from config.runtime import network


def listen() -> tuple[socket.socket, int]:
    taken = socket.socket()
    taken.bind((network.LOOPBACK, 0))
    taken.listen()
    return taken, int(taken.getsockname()[1])


def test_a_free_port_is_taken_as_wanted() -> None:
    port = network.any_free()
    assert network.is_free(port)
    assert network.choose(port) == port
    assert not network.answers(port)


def test_a_taken_port_falls_back_to_a_free_one() -> None:
    taken, port = listen()
    with taken:
        assert network.answers(port)
        assert not network.is_free(port)
        assert network.choose(port) != port
        near = network.choose(port, tries=20)
        assert near != port
        assert network.is_free(near)


def test_without_a_wish_any_free_port_is_given() -> None:
    assert network.is_free(network.choose(None))
