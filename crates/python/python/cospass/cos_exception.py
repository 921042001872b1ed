"""The official package's module of this name."""

from .exceptions import CosClientError, CosException, CosServiceError

__all__ = ["CosClientError", "CosException", "CosServiceError"]
