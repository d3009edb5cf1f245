"""A web server on loopback that answers what a test tells it to, well or badly.

Standard library only, a thread a connection. A route is an `Answer` or a
function from the request to one; `requests` records everything that was asked.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: its path with query, its headers (names in lower case), when it came, what was sent with it."""

    path: str
    headers: Mapping[str, str]
    at: float
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        stall_s: How long the server is silent before the headers.
        hold_s: How long it is silent between headers and body.
        drip_s: Pause after each of the body's first bytes, or 0.
        declared_length: A Content-Length that is not the body's.
        reset_after: Break the connection after so many bytes of the body.
        raw: Bytes to send instead of an HTTP answer.
    """

    body: bytes | str = b""
    status: int = 200
    type: str | None = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    stall_s: float = 0
    hold_s: float = 0
    drip_s: float = 0
    declared_length: int | None = None
    reset_after: int | None = None
    raw: bytes | None = None

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


Route = Answer | Callable[[Asked], Answer]


class LoopbackSite:
    """The server; a context manager. Paths without a route are 404."""

    def __init__(self, routes: Mapping[str, Route] | None = None, *, address: str = "127.0.0.1") -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.requests: list[Asked] = []
        self._stopping = threading.Event()
        self._server = _Server((address, 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.requests]

    def __enter__(self) -> LoopbackSite:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer_to(self, asked: Asked) -> Answer:
        self.requests.append(asked)
        route = self.routes.get(asked.path) or self.routes.get(urlsplit(asked.path).path) or self.routes.get("*")
        if route is None:
            return Answer("nothing here", 404)
        return route if isinstance(route, Answer) else route(asked)

    def wait(self, seconds: float) -> None:
        """Be silent, but not longer than the server lives."""
        self._stopping.wait(seconds)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


def _handler_of(site: LoopbackSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            answer = site.answer_to(Asked(self.path, headers, time.monotonic(), self.command, body))
            site.wait(answer.stall_s)
            try:
                self._send(answer)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 - http.server's name

        def _send(self, answer: Answer) -> None:
            body = answer.content
            if answer.raw is not None:
                self.wfile.write(answer.raw)
                self.close_connection = True
                return
            self.send_response(answer.status)
            if answer.type is not None:
                self.send_header("Content-Type", answer.type)
            self.send_header("Content-Length", str(answer.declared_length or len(body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            site.wait(answer.hold_s)
            if answer.drip_s:
                for position in range(len(body)):
                    self.wfile.write(body[position : position + 1])
                    self.wfile.flush()
                    site.wait(answer.drip_s)
            elif answer.reset_after is not None:
                self.wfile.write(body[: answer.reset_after])
                self.wfile.flush()
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                self.connection.close()
                self.close_connection = True
            else:
                self.wfile.write(body)
            if answer.declared_length not in (None, len(body)):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler
