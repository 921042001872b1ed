"""The command ``cospass``: the program of that name, run by the extension."""

import signal
import sys
from typing import List, Optional

from . import _cospass


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the command to its end.

    :param arguments: its name and what follows; those of this process by default.
    :return: the exit code; ``cospass --help`` says what each means.
    """
    # Python's own handler would wait for Python code to run, of which there is none.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _cospass.run_command(sys.argv if arguments is None else arguments)
