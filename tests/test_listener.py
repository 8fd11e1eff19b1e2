"""The address that ``serve`` listens on."""

from __future__ import annotations

import socket

import pytest
from serving import free_port

from reader.cli import main
from reader.commands.serve import _display_address
from reader.errors import CannotListen, CannotListenAt, UnknownHost
from reader.server.listener import open_listener, queued_connections, refuse_new_connections
from reader.server.supervisor import Supervisor


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_may_be_in_brackets(host):
    port = free_port()
    with open_listener(host, port) as listener, socket.create_connection(("::1", port)):
        assert listener.family == socket.AF_INET6
    assert _display_address(host, port) == f"http://[::1]:{port}/"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("::", "http://localhost:8000/"),
        ("127.0.0.1", "http://localhost:8000/"),
        ("192.0.2.1", "http://192.0.2.1:8000/"),
        ("2001:db8::1", "http://[2001:db8::1]:8000/"),
        ("unix:/run/reader.sock", "unix:/run/reader.sock"),
    ],
)
def test_the_address_shown_can_be_opened_in_a_browser(host, shown):
    assert _display_address(host, 8000) == shown


def test_every_address_of_ipv6_is_every_address_of_ipv4_too():
    port = free_port()
    with open_listener("::", port), socket.create_connection(("127.0.0.1", port)):
        pass


def test_a_socket_file_that_nobody_listens_on_is_replaced_and_no_other_file(tmp_path):
    path = tmp_path / "reader.sock"
    host = f"unix:{path}"
    open_listener(host, 1).close()  # as a server that was killed leaves it
    with open_listener(host, 1) as listener:
        assert path.stat().st_mode & 0o777 == 0o666
        with pytest.raises(CannotListenAt, match="in use"):
            open_listener(host, 1)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            refuse_new_connections(listener)
            assert not path.exists()
            assert queued_connections(listener) == 1
            for _ in ("who asked whether anybody listens", "the client"):
                listener.accept()[0].close()
            assert queued_connections(listener) == 0
    path.write_text("an article")
    with pytest.raises(CannotListenAt, match="in use"):
        open_listener(host, 1)
    assert path.read_text() == "an article"
    with pytest.raises(CannotListenAt, match="No such file"):
        open_listener(f"unix:{tmp_path}/none/reader.sock", 1)
    with pytest.raises(CannotListenAt, match="too long"):
        open_listener(f"unix:{tmp_path}/{'x' * 120}", 1)


def test_a_socket_file_that_is_deleted_while_its_server_runs_is_there_again(tmp_path, caplog):
    path = tmp_path / "run" / "reader.sock"
    path.parent.mkdir()
    listener = open_listener(f"unix:{path}", 1)
    supervisor = Supervisor(listener, 1, dict, list)
    assert not supervisor._reopen_socket()
    path.unlink()
    path.parent.rmdir()
    assert not supervisor._reopen_socket()
    assert not supervisor._reopen_socket()
    path.parent.mkdir()
    assert supervisor._reopen_socket()
    assert not supervisor._reopen_socket()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    assert [record.message.partition(";")[0].split()[-1] for record in caplog.records] == ["directory", "deleted"]
    supervisor._listener.close()


@pytest.mark.parametrize("host", ["no such host", "a..b", "x" * 70, "a\0b", "[::1"])
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
