"""Listens, but not on the port that it was told.

Verdict: failed
Reason: instead of port
"""

import sys

from honest import serve

sys.argv[2] = str(int(sys.argv[2]) + 1)
serve()
