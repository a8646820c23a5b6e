"""A socket between a recorder and its PostgreSQL that can break at a chosen moment."""

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

SOCKET_NAME = ".s.PGSQL.5432"


class Proxy:
    """Passes everything on, until told to break."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = make_conninfo(dsn, host=str(folder), port=5432)
        self.cut_next_answer = threading.Event()
        self.refusing = threading.Event()
        self.cuts = 0
        self._upstream = conninfo_to_dict(dsn)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / SOCKET_NAME))
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        pumps: list[threading.Thread] = []
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.refusing.is_set():
                    client.close()
                    continue
                pumps.append(threading.Thread(target=self._serve, args=(client,)))
                pumps[-1].start()
        for pump in pumps:
            pump.join()

    def _serve(self, client: socket.socket) -> None:
        with client, self._connect() as server:
            back = threading.Thread(target=self._answers, args=(server, client))
            back.start()
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    server.sendall(data)
            _hang_up(server)
            back.join()

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        """In autocommit the answer to an append comes after its commit: dropped here, it is a lost acknowledgement."""
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self.cut_next_answer.is_set():
                    self.cut_next_answer.clear()
                    self.cuts += 1
                    break
                client.sendall(data)
        _hang_up(client)

    def _connect(self) -> socket.socket:
        host, port = str(self._upstream["host"]), int(self._upstream.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxied(dsn: str) -> Iterator[Proxy]:
    with tempfile.TemporaryDirectory(prefix="jk") as folder:
        proxy = Proxy(dsn, Path(folder))
        try:
            yield proxy
        finally:
            proxy.close()
