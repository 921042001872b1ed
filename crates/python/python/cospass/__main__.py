"""``python -m cospass``: the command."""

import sys

from .command import main

sys.exit(main(["cospass", *sys.argv[1:]]))
