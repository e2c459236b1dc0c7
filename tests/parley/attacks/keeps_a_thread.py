"""Has a thread that goes on after the end of the program.

Test: test_ctrl_c
Verdict: failed
Reason: still running
"""

import contextlib
import threading

from honest import serve

threading.Thread(target=threading.Event().wait).start()
with contextlib.suppress(KeyboardInterrupt):
    serve()
