"""Runs the suites of faults, all of them or those that are named, and says of each what it saw.

COSPASS is the binary under test; ROUNDS and SEED are those of `killed`. It ends with 1 if one failed; a suite that cannot be
run here is told as "not run", which is not a success.
"""

import importlib
import sys
import time
import traceback

from outcome import NotRun

SUITES = ["killed", "full", "failing", "aborting", "slow", "starved"]


def main():
    outcomes = {}
    for name in sys.argv[1:] or SUITES:
        started = time.monotonic()
        try:
            told = importlib.import_module(name).main()
            outcome = "held"
        except NotRun as reason:
            outcome, told = "not run", reason
        except Exception as error:  # noqa: BLE001 - whatever it was, the others are run
            traceback.print_exc()
            outcome, told = "FAILED", error
        outcomes[name] = outcome
        print(f"{name:9} {outcome:8} {time.monotonic() - started:6.1f} s  {told}", flush=True)
    return 1 if "FAILED" in outcomes.values() else 0


if __name__ == "__main__":
    sys.exit(main())
