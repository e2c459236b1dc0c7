"""A server whose log has a line in which no exception's name ends.

Verdict: failed
Earns: 1_echo 50
"""

import sys

sys.stderr.write("Traceback (most recent call last):\n" + "a" * 400_000 + "!\n")
sys.exit(1)
