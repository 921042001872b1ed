"""How suites end: each is run whatever becomes of the others, and one that cannot be run here is told as such."""

import importlib
import time
import traceback


class NotRun(Exception):
    """What a suite says when it cannot be run here: that is no success."""


def run(names):
    """Runs the suites of those names, says what each saw, and returns 1 if one failed."""
    outcomes = {}
    for name in names:
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
        print(f"{name:13} {outcome:8} {time.monotonic() - started:6.1f} s  {told}", flush=True)
    return 1 if "FAILED" in outcomes.values() else 0
