"""Goes on as an ordinary user, where root runs the tests: as_a_user.py WORDS... starts Python with these words.

That user can read Python and Parley also where a home hides them.
"""

import os
import sys

from parley.isolation import namespaces

USER = namespaces.USERS[0]

namespaces.new_mounts()
namespaces.call("mount", b"none", b"/", None, namespaces.MS_REC | namespaces.MS_PRIVATE, None)
namespaces._open_homes()
os.setgroups([])
os.setresgid(USER, USER, USER)
os.setresuid(USER, USER, USER)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
