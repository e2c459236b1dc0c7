"""Ends with the status that a killed program has in a shell.

Verdict: failed
Reason: had already exited
"""

import os

os._exit(137)
