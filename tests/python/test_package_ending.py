"""A process that ends while it sends: threads of its own do not end it otherwise."""

import subprocess
import sys

import pytest

BEGINNING = """
import asyncio, threading, time
import cospass
from cospass.testing import BUCKET, LocalCos

local = LocalCos()

def slowly(pieces=100000):
    for _ in range(pieces):
        time.sleep(0.0001)
        yield b"x" * 1000

class Reader:
    def read(self, size=-1):
        time.sleep(0.0001)
        return b"x" * 1000
"""

PROGRAMS = {
    "generator": """
threading.Thread(target=lambda: local.client().put_object(BUCKET, slowly(), "key"), daemon=True).start()
time.sleep(0.2)
""",
    "reader": """
threading.Thread(target=lambda: local.client().put_object(BUCKET, Reader(), "key"), daemon=True).start()
time.sleep(0.2)
""",
    "asyncio": """
async def main():
    client = cospass.AsyncCosS3Client(cospass.CosConfig(**local.settings))
    for number in range(20):
        asyncio.ensure_future(client.put_object(BUCKET, slowly(), str(number)))
    await asyncio.sleep(0.2)

asyncio.run(main())
""",
    "a signature at the end": """
class Late:
    client = local.client(now=None)

    def __del__(self):
        assert "q-signature=" in self.client.get_presigned_url(BUCKET, "key")

cospass.late = Late()
del Late
""",
    "nothing": """
local.client().put_object(BUCKET, slowly(10), "key")
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_as_it_wants_to(name):
    program = BEGINNING + PROGRAMS[name] + 'print("over", flush=True)\n'
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in running:
        told, error = process.communicate(timeout=60)
        assert (process.returncode, told) == (0, "over\n"), error
