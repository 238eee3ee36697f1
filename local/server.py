"""The HTTP server: loopback only, and with lanes of its own for what must never wait.

Handlers take their turn behind one lock. A delivery holds that lock while it talks to a fake ESP
on this same server, so the ESPs and `/_local` have threads that no handler can occupy.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask, ThreadedTaskDispatcher

from local.wire import Answer, Call, read_call, send

HOST = "127.0.0.1"
LANES = {"/_esp/": 2, "/_local/": 4}
HANDLER_THREADS = 8
MAX_READ_BYTES = 64 * 1024 * 1024
"""Beyond API Gateway's 10 MB we still read, so that the client gets to see its 413."""


class Lanes(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Hands each request to the threads of its lane."""

    def __init__(self) -> None:
        super().__init__()
        self.set_thread_count(HANDLER_THREADS)
        self._lanes = {prefix: ThreadedTaskDispatcher() for prefix in LANES}
        for prefix, lane in self._lanes.items():
            lane.set_thread_count(LANES[prefix])

    def add_task(self, task: Any) -> None:
        path = getattr(task.requests[0], "path", "") or ""
        for prefix, lane in self._lanes.items():
            if path.startswith(prefix):
                lane.add_task(task)
                return
        super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 1) -> bool:  # noqa: FBT001, FBT002
        for lane in self._lanes.values():
            lane.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))


class _JsonErrors(ErrorTask):  # type: ignore[misc]
    """What the server itself refuses, in the shape of every other error."""

    def execute(self) -> None:
        error = self.request.error
        body = json.dumps({"message": error.reason}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _JsonErrors


class Server:
    """Serves `answer` on 127.0.0.1 from `start` until `stop`."""

    def __init__(self, answer: Callable[[Call], Answer], port: int) -> None:
        logging.getLogger("waitress").setLevel(logging.ERROR)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            return send(answer(read_call(environ)), start_response)

        self._lanes = Lanes()
        self._server: Any = create_server(
            application,
            _dispatcher=self._lanes,
            host=HOST,
            port=port,
            ident=None,
            backlog=1024,
            connection_limit=4000,
            asyncore_use_poll=True,
            max_request_header_size=10_240,
            max_request_body_size=MAX_READ_BYTES,
            inbuf_overflow=16 * 1024 * 1024,
        )
        self._server.channel_class = _Channel
        self.port = int(self._server.effective_port)
        self._is_stopping = False
        self._thread = threading.Thread(target=self._loop, name="http", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, let running requests end for a second, close everything."""
        self._is_stopping = True
        if self._thread.is_alive():
            self._server.pull_trigger()
            self._thread.join(timeout=2)
        self._lanes.shutdown()
        wasyncore.close_all(self._server._map, ignore_all=True)  # noqa: SLF001

    def _loop(self) -> None:
        while not self._is_stopping:
            wasyncore.loop(timeout=30, use_poll=True, map=self._server._map, count=1)  # noqa: SLF001
