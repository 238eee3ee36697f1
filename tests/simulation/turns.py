"""One at a time: tasks that give up their turn where they would call AWS.

Handlers share nothing but AWS, so the orders of their calls are all the interleavings there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet


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
        self.stack = greenlet(self._run)

    def _run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:
            self.error = error
        self.is_done = True


class Turns:
    """Hands the turn to tasks and back."""

    def __init__(self) -> None:
        self.current: Task | None = None
        self._home = getcurrent()

    def start(self, work: Callable[[], Any]) -> Task:
        """A task that has not begun: `resume` it."""
        return Task(work)

    def resume(self, task: Task) -> None:
        """Let `task` go on until it pauses or is done."""
        self.current = task
        task.stack.switch()
        self.current = None

    def pause(self) -> None:
        """Called by the task that has the turn: give it up, return when resumed."""
        task = self.current
        if task is None:
            return
        self._home.switch()
        if task.is_killed:
            raise Killed

    def kill(self, task: Task) -> None:
        """Unwind a task that is paused."""
        if task.stack:  # begun, and not done
            task.is_killed = True
            self.resume(task)
