"""Known mistakes of the extra exercise unique: each with the test that must catch it, its cause and its hint."""

from parley.checks.mistakes import Mistake

SERVER = "test_server.py::test_"

MISTAKES = [
    Mistake(
        name="rename-collides",
        program="server",
        belief="A name with a 2 after it is always free.",
        edits=(
            (
                "    with naming:\n"
                "        free = name\n"
                "        number = 2\n"
                "        while free in taken:\n"
                '            free = f"{name}{number}"\n'
                "            number += 1\n",
                '    with naming:\n        free = f"{name}2" if name in taken else name\n',
            ),
        ),
        test=f"{SERVER}a_name_in_use_gets_a_number",
        cause="silence",
        hint="number",
    ),
    Mistake(
        name="count-of-names",
        program="server",
        belief="The number of clients with that name is the next free number.",
        edits=(
            (
                "        free = name\n"
                "        number = 2\n"
                "        while free in taken:\n"
                '            free = f"{name}{number}"\n'
                "            number += 1\n",
                "        number = sum(one.startswith(name) for one in taken)\n"
                '        free = f"{name}{number + 1}" if number else name\n',
            ),
        ),
        test=f"{SERVER}which_names_are_free",
        cause="silence",
        hint="free",
    ),
    Mistake(
        name="rename-untold",
        program="server",
        belief="Only the others need to know the new name.",
        edits=(
            (
                "        name = unused(name)  # unique: perhaps with a number\n"
                '        messages.put(("joined", conn, name))\n',
                '        messages.put(("joined", conn, name))\n        name = unused(name)\n',
            ),
        ),
        test=f"{SERVER}a_name_in_use_gets_a_number",
        cause="silence",
        hint="number",
    ),
    Mistake(
        name="old-name-spoken",
        program="server",
        belief="A client keeps the name that it sent.",
        edits=(
            (
                '        messages.put(("joined", conn, name))\n        return name\n',
                '        messages.put(("joined", conn, name))\n        return text.strip()\n',
            ),
        ),
        test=f"{SERVER}a_name_in_use_gets_a_number",
        cause="other bytes",
        hint="told",
    ),
    Mistake(
        name="name-never-free",
        program="server",
        belief="A name is never used again.",
        edits=(
            (
                "    with naming:  # unique: its name is free again\n        taken.discard(name)\n",
                "",
            ),
        ),
        test=f"{SERVER}which_names_are_free",
        cause="silence",
        hint="free",
    ),
    Mistake(
        name="check-then-act-name",
        program="server",
        belief="Checking for a free name and taking it is one step.",
        edits=(
            (
                "    with naming:\n"
                "        free = name\n"
                "        number = 2\n"
                "        while free in taken:\n"
                '            free = f"{name}{number}"\n'
                "            number += 1\n"
                "        taken.add(free)\n",
                "    free = name\n"
                "    number = 2\n"
                "    while free in taken:\n"
                '        free = f"{name}{number}"\n'
                "        number += 1\n"
                "    taken.add(free)\n",
            ),
        ),
        test=f"{SERVER}all_want_the_same_name",
        cause="other line",
        hint="same-moment",
    ),
    Mistake(
        name="lost-name-kept",
        program="server",
        belief="Every client that leaves sends {quit}.",
        edits=(
            (
                "    with naming:  # unique: its name is free again\n        taken.discard(name)\n",
                "",
            ),
            (
                "                break\n            if not name:",
                "                taken.discard(name)\n                break\n            if not name:",
            ),
        ),
        test=f"{SERVER}the_name_of_one_who_is_lost",
        cause="silence",
        hint="free",
    ),
    Mistake(
        name="change-not-logged",
        program="server",
        belief="The client knows its new name, so no log is needed.",
        edits=(('        logging.info("%s is taken: %s instead", name, free)\n', "        pass\n"),),
        test=f"{SERVER}the_log_says_which_name_was_changed",
        cause="other print",
        hint="log",
    ),
]
