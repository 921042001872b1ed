"""Runs the suites of long transfers, all of them or those that are named, and says of each what it saw.

COSPASS is the binary under test; SIZE is the size of the large object in bytes, 1 GiB unless told.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from outcome import run  # noqa: E402

SUITES = ["expiring", "killed_upload", "foreign", "local_disk", "many"]

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:] or SUITES))
