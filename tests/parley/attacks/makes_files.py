"""Makes empty files without an end.

Verdict: failed
Reason: it made more than 1000 files
"""

import contextlib
import os
import threading

for folder in (".", "/tmp", "/dev/shm"):
    for number in range(1000):
        with contextlib.suppress(OSError):
            os.mkdir(os.path.join(folder, str(number)))
threading.Event().wait()
