"""One description of each call, which two clients carry out: one that waits, and one on asyncio.

A call is a generator. It yields what has to be waited for and is sent what came of it:

- a function that begins a request and returns its ``Pending``,
- ``Work``: something that takes a while on this machine, such as a checksum,
- ``Several``: calls that run side by side,
- ``Loop``: the loop of asyncio that it runs on.
"""

import asyncio
import concurrent.futures
import functools
import inspect
from dataclasses import dataclass
from queue import SimpleQueue
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Coroutine,
    Dict,
    Generator,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
    TypeVar,
    get_args,
)

from ._cospass import Pending
from .exceptions import CosClientError

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

Steps = Generator[Any, Any, T]


@dataclass(frozen=True)
class Work:
    """What blocks for a while."""

    work: Callable[[], Any]


@dataclass(frozen=True)
class Loop:
    """What is yielded for the running loop; a client that waits has none."""

    #: Why a call needs one.
    reason: str


@dataclass(frozen=True)
class Several:
    """Calls of which so many run at once; the first that fails ends the others."""

    calls: Iterable[Steps[Any]]
    at_once: int


def run(steps: Steps[T]) -> T:
    """Carries a call out, waiting for each of its steps."""
    came: Any = None
    error: Optional[BaseException] = None
    try:
        while True:
            step = steps.send(came) if error is None else steps.throw(error)
            came, error = None, None
            try:
                came = _wait(step)
            except BaseException as raised:
                error = raised
    except StopIteration as stop:
        done: T = stop.value
        return done


def _wait(step: Any) -> Any:
    if isinstance(step, Work):
        return step.work()
    if isinstance(step, Several):
        return _wait_for_several(step)
    if isinstance(step, Loop):
        raise CosClientError(f"{step.reason}: use AsyncCosS3Client")
    return step().wait()


def _wait_for_several(several: Several) -> None:
    waiting: Iterator[Steps[Any]] = iter(several.calls)
    running: Dict[int, Tuple[Steps[Any], Pending]] = {}
    over: "SimpleQueue[int]" = SimpleQueue()

    def advance(number: int, steps: Steps[Any], outcome: Callable[[], Any]) -> None:
        """Goes on with a call until it has to be waited for again, or is over."""
        try:
            while True:
                try:
                    came = outcome()
                except Exception as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(came)
                if isinstance(step, Loop):
                    outcome = functools.partial(_wait, step)
                elif isinstance(step, Work):
                    outcome = step.work
                else:
                    break
            pending = step()
        except StopIteration:
            return
        running[number] = steps, pending
        pending.notify(lambda: over.put(number))

    number = 0
    try:
        while True:
            while len(running) < several.at_once:
                steps = next(waiting, None)
                if steps is None:
                    break
                number += 1
                advance(number, steps, lambda: None)
            if not running:
                return
            done = over.get()
            steps, pending = running.pop(done)
            advance(done, steps, pending.result)
    finally:
        for steps, pending in running.values():
            pending.cancel()
        for _ in range(len(running)):
            over.get()
        for steps, _ in running.values():
            steps.close()


async def run_async(steps: Steps[T]) -> T:
    """Carries a call out on asyncio; the end of the task ends what is under way."""
    came: Any = None
    error: Optional[BaseException] = None
    try:
        while True:
            step = steps.send(came) if error is None else steps.throw(error)
            came, error = None, None
            try:
                came = await _await(step)
            except BaseException as raised:
                error = raised
    except StopIteration as stop:
        done: T = stop.value
        return done


def by_waiting(call: "Callable[P, Steps[T]]") -> "Callable[P, T]":
    """A call that is carried out by waiting for each of its steps."""

    @functools.wraps(call)
    def waiting(*arguments: "P.args", **keywords: "P.kwargs") -> T:
        return run(call(*arguments, **keywords))

    return _as_called(waiting, call)


def on_asyncio(call: "Callable[P, Steps[T]]") -> "Callable[P, Coroutine[Any, Any, T]]":
    """A call that is carried out on asyncio."""

    @functools.wraps(call)
    async def awaiting(*arguments: "P.args", **keywords: "P.kwargs") -> T:
        return await run_async(call(*arguments, **keywords))

    return _as_called(awaiting, call)


def _as_called(function: F, call: Callable[..., Any]) -> F:
    """With the signature that callers see: it returns what the steps end in."""
    signature = inspect.signature(call)
    returned = get_args(signature.return_annotation)
    if len(returned) == 3:  # Of a `Generator`.
        signature = signature.replace(return_annotation=returned[2])
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {**call.__annotations__, "return": signature.return_annotation}
    return function


async def _await(step: Any) -> Any:
    if isinstance(step, Work):
        return await asyncio.get_running_loop().run_in_executor(None, step.work)
    if isinstance(step, Several):
        return await _await_several(step)
    if isinstance(step, Loop):
        return asyncio.get_running_loop()
    return await awaited(step())


async def awaited(pending: Pending) -> Any:
    """The result of what is under way on other threads."""
    loop = asyncio.get_running_loop()
    done: "asyncio.Future[None]" = loop.create_future()

    def settle() -> None:
        if not done.done():
            done.set_result(None)

    def over() -> None:
        try:
            loop.call_soon_threadsafe(settle)
        except RuntimeError:
            pass  # The loop is closed: nobody waits.

    pending.notify(over)
    try:
        await done
    except asyncio.CancelledError:
        pending.cancel()
        raise
    return pending.result()


async def _await_several(several: Several) -> None:
    waiting = iter(several.calls)

    async def worker() -> None:
        for steps in waiting:
            await run_async(steps)

    workers: List["asyncio.Task[None]"] = [
        asyncio.ensure_future(worker()) for _ in range(several.at_once)
    ]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


class Pieces:
    """An iterator of asyncio, asked for from another thread than that of its loop."""

    def __init__(self, pieces: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._pieces, self._loop = pieces, loop
        self._coming: "Optional[concurrent.futures.Future[Any]]" = None
        self._is_over = False

    def __iter__(self) -> "Pieces":
        return self

    def __next__(self) -> Any:
        if self._is_over:
            raise StopIteration
        self._coming = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
        came = self._coming.result()
        if not came:
            self._is_over = True
            raise StopIteration
        return came[0]

    async def _next(self) -> Tuple[Any, ...]:
        try:
            return (await self._pieces.__anext__(),)
        except StopAsyncIteration:
            return ()

    def close(self) -> None:
        """Nobody asks any more."""
        self._is_over = True
        if self._coming is not None:
            self._coming.cancel()
