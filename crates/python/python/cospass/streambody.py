"""The official package's module of this name."""

from .body import StreamBody

__all__ = ["StreamBody"]
