"""The official package's module of this name."""

from .client import CosS3Client
from .config import CosConfig
from .exceptions import CosClientError, CosServiceError
from .sending import logger

__all__ = ["CosClientError", "CosConfig", "CosS3Client", "CosServiceError", "logger"]
