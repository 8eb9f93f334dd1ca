"""A tiny HTTP server for unmodified clients: it hands each request to a function and sends the reply back."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from bitting.domain.request import Reply, Request

ROOT = Path(__file__).parents[2]
CLIENT_PYTHON = ROOT / ".venv-clients" / "bin" / "python"


@contextlib.contextmanager
def serving(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Serve `answer` on a free port of the loopback while the block runs; gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = tuple(
                (name.lower().encode(), value.strip().encode("latin-1")) for name, value in self.headers.items()
            )
            reply = answer(Request(self.command.encode(), self.path.encode(), headers, body, peer=0))
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name.decode(), value.decode())
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = take  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_client(script: str, *arguments: str) -> Any:
    """Run a module of tests/dialects/clients in the clients' environment; gives the JSON that it prints."""
    finished = subprocess.run(
        [CLIENT_PYTHON, "-m", f"tests.dialects.clients.{script}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
