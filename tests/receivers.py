"""Real servers for the channels' tests: they note what they got, and answer as they are told."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say to a request: a status with a body, nothing for a while, or a dropped line."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drop: bool = False


class HttpReceiver:
    """A service on 127.0.0.1. `answers` are used up one by one, the last one stays."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Answer] = lambda got: Answer()
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                where = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(self.command, where.path, parse_qs(where.query), headers, body)
                receiver.got.append(got)
                self._say(receiver.answer(got))

            do_GET = do_POST

            def _say(self, answer: Answer) -> None:
                if answer.hang:
                    receiver.released.wait(30)
                if answer.hang or answer.drop:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                body = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {"content-length": str(len(body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def always(self, status: int = 200, body: Any = None, **more: Any) -> None:
        """The same answer to everything."""
        self.answer = lambda got: Answer(status, body, **more)

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    """A service for the length of a test."""
    receiver = HttpReceiver()
    try:
        yield receiver
    finally:
        receiver.close()


@dataclass
class Mailed:
    """One mail as the server got it."""

    sender: str
    to: list[str]
    content: bytes


class MailReceiver:
    """An SMTP server on 127.0.0.1; `reply` is what it says to each recipient."""

    def __init__(self) -> None:
        self.got: list[Mailed] = []
        self.reply = "250 OK"
        self.data_reply = "250 OK"
        self.hang = False
        self.drop = False
        self.released = threading.Event()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=port)
        self._controller.start()
        self.address = f"smtp://127.0.0.1:{port}"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.drop:
            server.transport.abort()
        if self.hang:
            await server.loop.run_in_executor(None, self.released.wait, 30)
        if self.reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(Mailed(envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.data_reply

    def close(self) -> None:
        self.released.set()
        self._controller.stop()


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    """A mail server for the length of a test."""
    receiver = MailReceiver()
    try:
        yield receiver
    finally:
        receiver.close()
