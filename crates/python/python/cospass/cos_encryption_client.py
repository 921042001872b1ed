"""The official package's module of this name: what is in it is not offered, and says so."""

from typing import Any

from .offered import no_name


def __getattr__(name: str) -> Any:
    return no_name(__name__, name)
