"""One thread at a time: tasks that give up their turn where they would call AWS.

Handlers share nothing but AWS, so the orders of their calls are all the interleavings there are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """The run is over: unwind a task that will never be resumed."""


class Task:
    """Work that runs while it has the turn; `result` or `error` once `is_done`."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_done = False
        self.is_killed = False
        self.worker: _Worker | None = None

    def run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:
            self.error = error
        self.is_done = True


class Turns:
    """Hands the turn to tasks and back. Threads are used again by later tasks."""

    def __init__(self) -> None:
        self.current: Task | None = None
        self._back = _locked()
        self._idle: list[_Worker] = []
        self._all: list[_Worker] = []

    def start(self, work: Callable[[], Any]) -> Task:
        """A task that has not begun: `resume` it."""
        return Task(work)

    def resume(self, task: Task) -> None:
        """Let `task` go on until it pauses or is done."""
        if task.worker is None:
            task.worker = self._idle.pop() if self._idle else self._hire()
            task.worker.task = task
        self.current = task
        task.worker.go.release()
        self._back.acquire()
        self.current = None
        if task.is_done and task.worker is not None:
            self._idle.append(task.worker)
            task.worker = None

    def pause(self) -> None:
        """Called by the task that has the turn: give it up, return when resumed."""
        task = self.current
        if task is None:
            return
        assert task.worker is not None
        self._back.release()
        task.worker.go.acquire()
        if task.is_killed:
            raise Killed

    def kill(self, task: Task) -> None:
        """Unwind a task that is paused."""
        if task.worker is not None and not task.is_done:
            task.is_killed = True
            self.resume(task)

    def close(self) -> None:
        for worker in self._all:
            worker.task = None
            worker.go.release()
            worker.thread.join()
        self._all, self._idle = [], []

    def _hire(self) -> _Worker:
        worker = _Worker(self._back)
        self._all.append(worker)
        return worker


class _Worker:
    def __init__(self, back: threading.Lock) -> None:
        self.go = _locked()
        self.task: Task | None = None
        self._back = back
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while True:
            self.go.acquire()
            if self.task is None:
                return
            self.task.run()
            self._back.release()


def _locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock
