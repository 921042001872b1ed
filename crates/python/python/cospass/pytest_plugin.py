"""The fixture ``cos``, which pytest finds without being told."""

from typing import Iterator

import pytest

from .testing import LocalCos


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """An endpoint of this test's own, with one empty bucket."""
    with LocalCos() as local:
        yield local
