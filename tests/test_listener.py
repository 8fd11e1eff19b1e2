"""The address that ``serve`` listens on."""

from __future__ import annotations

import socket

import pytest
from serving import free_port

from reader.cli import main
from reader.commands.serve import _shown
from reader.errors import CannotListen, UnknownHost
from reader.server.listener import open_listener


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_may_be_in_brackets(host):
    port = free_port()
    with open_listener(host, port) as listener, socket.create_connection(("::1", port)):
        assert listener.family == socket.AF_INET6
    assert _shown(host) == "[::1]"


@pytest.mark.parametrize(
    ("host", "shown"), [("::", "localhost"), ("127.0.0.1", "localhost"), ("192.0.2.1", "192.0.2.1")]
)
def test_the_address_shown_can_be_opened_in_a_browser(host, shown):
    assert _shown(host) == shown


@pytest.mark.parametrize("host", ["no such host", "a..b", "x" * 70, "a\0b", "[::1", "unix:/run/reader.sock"])
def test_a_host_that_is_none_is_refused_with_the_option(host, runner, settings):
    places = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    answer = runner.invoke(main, ["serve", "--host", host, "--port", str(free_port())], env=places)
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: --host ")
    assert "is no name or address of this machine; write one such as" in answer.output


def test_a_port_in_use_is_told():
    with open_listener("127.0.0.1", port := free_port()), pytest.raises(CannotListen, match="in use"):
        open_listener("127.0.0.1", port)


def test_an_unknown_host_is_an_error_of_its_own():
    with pytest.raises(UnknownHost):
        open_listener("no such host", 1)
