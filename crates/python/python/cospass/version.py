"""The official package's module of this name; the version is this package's."""

from ._cospass import __version__

__all__ = ["__version__"]
