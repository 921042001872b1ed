"""A large download whose URL ends five times on the way: it goes on with fresh ones, and no byte comes twice."""

import os
import tempfile

from command import COSPASS, MIB, SIZE, BUCKET, Endpoint, Meanwhile, noise, place, renewing, run, same

ENDS = 5
PART = 8 * MIB
# Slow enough that each end falls into the transfer.
PACE = ["--part-size", PART, "--limit-rate", SIZE // 8]
SENT = "cospass_sent_bytes_total"


def main():
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder, "--no-sync") as served:
        original, copy = os.path.join(folder, "original"), os.path.join(folder, "copy")
        noise(original, SIZE)
        target = f"cos://{BUCKET}/large"
        run(served, "put", original, target, "-q", *place())
        fresh = f"exec {COSPASS} presign GET {target} {' '.join(place())} --expires 60 --now $now"
        script, asked = renewing(folder, served, fresh)

        url = os.popen(script).read().strip()
        before = served.metric(SENT)
        with Ending(served, ENDS):
            run(served, "download", url, copy, "--renew-command", script, *PACE, credentials=False)
        sent = served.metric(SENT) - before
        renewals = asked() - 1
        assert renewals >= ENDS, f"a fresh URL was asked for {renewals} times"
        assert same(original, copy), "the copy has other bytes"
        assert 0 <= sent - SIZE <= PART, f"{sent - SIZE} bytes came twice"

        # Without anything fresh it ends where the URL does, and a fresh one goes on.
        os.remove(copy)
        url = os.popen(script).read().strip()
        with Ending(served, 1):
            told = run(served, "download", url, copy, *PACE, credentials=False, code=4)
        assert "expired" in told.stderr, told.stderr
        assert not os.path.exists(copy), "half a file has the name of a whole one"
        before = served.metric(SENT)
        run(served, "download", os.popen(script).read().strip(), copy, *PACE, credentials=False)
        assert same(original, copy), "the copy has other bytes"
        rest = served.metric(SENT) - before
        assert rest < SIZE * 3 // 4, f"{rest} bytes came again"
    return f"{SIZE >> 20} MiB, {ENDS} ends, {renewals} fresh URLs, {sent - SIZE:.0f} bytes sent twice"


class Ending(Meanwhile):
    """The clock passes the end of every URL so many times while the object is sent once."""

    def __init__(self, served, times):
        start = served.metric(SENT)
        self.served, self.due = served, [start + SIZE * number // (times + 1) for number in range(1, times + 1)]
        super().__init__(self.watch)

    def watch(self):
        if self.due and self.served.metric(SENT) >= self.due[0]:
            self.due.pop(0)
            self.served.advance(3600)

    def __exit__(self, *error):
        super().__exit__(*error)
        assert error[0] or not self.due, f"{len(self.due)} ends did not come"
