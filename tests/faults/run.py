"""Runs the suites of faults, all of them or those that are named, and says of each what it saw.

COSPASS is the binary under test; ROUNDS and SEED are those of `killed`. It ends with 1 if one failed; a suite that cannot be
run here is told as "not run", which is not a success.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from outcome import run  # noqa: E402

SUITES = ["killed", "full", "failing", "aborting", "slow", "starved"]

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:] or SUITES))
