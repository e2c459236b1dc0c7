"""Known mistakes of the extra exercise whisper: each with the test that must catch it, its cause and its hint."""

from parley.checks.mistakes import Mistake

SERVER = "test_server.py::test_"

MISTAKES = [
    Mistake(
        name="whisper-to-all",
        program="server",
        belief="The other clients won't read a whisper.",
        edits=(
            (
                '        tell(conn, f"(to you alone) {words}")',
                '        tell_all(f"(to {names[conn]} alone) {words}")',
            ),
        ),
        test=f"{SERVER}one_hears_it",
        cause="other line",
        hint="one",
    ),
    Mistake(
        name="pm-unknown",
        program="server",
        belief="The name in a whisper always exists.",
        edits=(("    if conn and words:", "    if words:"),),
        test=f"{SERVER}nobody_has_that_name",
        cause="traceback",
        hint="nobody",
    ),
    Mistake(
        name="name-kept",
        program="server",
        belief="A name belongs to its connection forever.",
        edits=(("        names.pop(conn)  # whisper: its name counts no more\n", ""),),
        test=f"{SERVER}nobody_has_that_name",
        cause="traceback",
        hint="nobody",
    ),
    Mistake(
        name="name-is-one-word",
        program="server",
        belief="A name is one word.",
        edits=(
            (
                '        begins = f"{text} ".startswith(f"{name} ")\n',
                '        begins = name == text.split(" ")[0]\n',
            ),
        ),
        test=f"{SERVER}names_with_spaces",
        cause="silence",
        hint="spaces",
    ),
    Mistake(
        name="first-name-fits",
        program="server",
        belief="The first name that fits is the right one.",
        edits=(
            (
                "        if begins and len(name) > len(known):",
                "        if begins and not found:",
            ),
        ),
        test=f"{SERVER}names_with_spaces",
        cause="silence",
        hint="spaces",
    ),
    Mistake(
        name="console-splits",
        program="server",
        belief="The user at the console types the whole command.",
        edits=(
            (
                '        if line.startswith("/to "):',
                '        if line.startswith("/to"):\n            _, name, words = line.split(" ", 2)',
            ),
        ),
        test=f"{SERVER}nobody_has_that_name",
        cause="ended",
        hint="nobody",
    ),
    Mistake(
        name="whisper-not-logged",
        program="server",
        belief="A whisper leaves no trace.",
        edits=(('        logging.info("a word to %s", names[conn])\n', ""),),
        test=f"{SERVER}the_log_says_to_whom",
        cause="other print",
        hint="log",
    ),
]
