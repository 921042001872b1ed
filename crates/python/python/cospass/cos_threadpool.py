"""``SimpleThreadPool``, which the documentation uploads folders with."""

import logging
import queue
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple

logger = logging.getLogger("cospass.client")

Task = Optional[Tuple[Callable[..., Any], Tuple[Any, ...], Dict[str, Any]]]


class _Worker(threading.Thread):
    def __init__(self, tasks: "queue.Queue[Task]") -> None:
        super().__init__()
        self._tasks = tasks
        self._done, self._failed = 0, 0
        self._results: List[Any] = []

    def run(self) -> None:
        while True:
            task = self._tasks.get()
            if task is None:
                return
            function, arguments, keywords = task
            try:
                self._results.append(function(*arguments, **keywords))
                self._done += 1
            except Exception as error:
                logger.error("%s", error)
                self._failed += 1
                told = getattr(error, "_message", None) or getattr(error, "message", None)
                self._results.append(told or "meet some exception")
            finally:
                self._tasks.task_done()

    def result(self) -> Tuple[int, int, List[Any]]:
        return self._done, self._failed, self._results


class SimpleThreadPool:
    """Runs functions on several threads.

    :param num_threads: how many threads.
    :param num_queue: how many tasks wait at most; 0 is any number.
    """

    def __init__(self, num_threads: int = 5, num_queue: int = 0) -> None:
        self._count = num_threads
        self._tasks: "queue.Queue[Task]" = queue.Queue(num_queue)
        self._lock = threading.Lock()
        self._workers: List[_Worker] = []
        self._is_active, self._is_over = False, False

    def add_task(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Has it run as soon as a thread is free; waits where too many tasks wait."""
        with self._lock:
            if not self._is_active:
                self._is_active = True
                self._workers = [_Worker(self._tasks) for _ in range(self._count)]
                for worker in self._workers:
                    worker.start()
        self._tasks.put((func, args, kwargs))

    def wait_completion(self) -> None:
        """Waits until all tasks are over, and ends the threads."""
        self._tasks.join()
        with self._lock:
            if self._is_active:
                for _ in self._workers:
                    self._tasks.put(None)
                for worker in self._workers:
                    worker.join()
            self._is_active, self._is_over = False, True

    def get_result(self) -> Dict[str, Any]:
        """``success_all``, and as ``detail`` of each thread how many tasks succeeded and failed, and what they returned or said.

        :raises RuntimeError: before ``wait_completion``.
        """
        if not self._is_over:
            raise RuntimeError("the tasks are not over: call wait_completion before")
        detail = [worker.result() for worker in self._workers]
        return {"success_all": all(failed == 0 for _, failed, _ in detail), "detail": detail}
