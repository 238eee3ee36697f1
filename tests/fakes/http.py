"""HTTP answered by a function, every request kept."""

from __future__ import annotations

from collections.abc import Callable

from millrace.activation import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]


def accepts_everything(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=202, body=b'{"data": {"id": "job1"}}')


class MemoryHttp:
    """`Http`; an answer may also raise what the adapter would."""

    def __init__(self, answer: Answer = accepts_everything) -> None:
        self.answer = answer
        self.requests: list[HttpRequest] = []
        self.private: list[bool] = []

    def send(self, request: HttpRequest, *, may_be_private: bool = False) -> HttpResponse:
        self.requests.append(request)
        self.private.append(may_be_private)
        return self.answer(request)
