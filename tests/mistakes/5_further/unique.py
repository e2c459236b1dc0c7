"""Known mistakes of the extra exercise unique: each with the test that must catch it, its cause and its hint."""

from parley.checks.mistakes import Mistake

SERVER = "test_server.py::test_"

MISTAKES = [
    Mistake(
        name="rename-collides",
        program="server",
        belief="A name with a 2 behind it is free.",
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
        belief="How many have that name is the number that is free.",
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
        belief="It is enough if the others know the new name.",
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
        belief="The name that was given is the name.",
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
        belief="A name is given once.",
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
        belief="To look whether a name is free and to take it is one step.",
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
        belief="Those who leave say so.",
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
        belief="Who has been told knows, and that is enough.",
        edits=(('        logging.info("%s is taken: %s instead", name, free)\n', "        pass\n"),),
        test=f"{SERVER}the_log_says_which_name_was_changed",
        cause="other print",
        hint="log",
    ),
]
