"""Known mistakes of the extra exercise alone: each with the test that must catch it, its cause and its hint."""

from parley.checks.mistakes import Mistake

SERVER = "test_server.py::test_"

MISTAKES = [
    Mistake(
        name="alone-notice",
        program="server",
        belief="A client is alone when some list of clients is empty.",
        edits=(("    if len(outboxes) == 1:", "    if not outboxes:"),),
        test=f"{SERVER}the_first_one_is_told",
        cause="other line",
        hint="first",
    ),
    Mistake(
        name="alone-for-everybody",
        program="server",
        belief="A new client never has company.",
        edits=(("    if len(outboxes) == 1:", "    if outboxes:"),),
        test=f"{SERVER}the_first_one_is_told",
        cause="other line",
        hint="first",
    ),
    Mistake(
        name="alone-once",
        program="server",
        belief="Only the very first client is ever alone.",
        edits=(
            ("def on_joined(conn, name):", "def on_joined(conn, name, first=[True]):"),
            ("    if len(outboxes) == 1:", "    if first and first.pop():"),
        ),
        test=f"{SERVER}alone_again",
        cause="other line",
        hint="again",
    ),
    Mistake(
        name="ghosts-count",
        program="server",
        belief="Every connected client is in the chat.",
        edits=(
            (
                "    if len(outboxes) == 1:",
                '    if sum("receive" in thread.name for thread in threading.enumerate()) == 1:',
            ),
        ),
        test=f"{SERVER}visitors_do_not_count",
        cause="other line",
        hint="first",
    ),
    Mistake(
        name="lost-ones-count",
        program="server",
        belief="Every client that leaves sends {quit}.",
        edits=(
            ('    name = ""  # not', '    name = text = ""  # not'),
            (
                "    if len(outboxes) == 1:",
                "    people.add(name)\n    if len(people) == 1:",
            ),
            ("MAX_LINE =", "people = set()\nMAX_LINE ="),
            (
                "                break\n            if not name:",
                "                people.discard(name)\n                break\n            if not name:",
            ),
        ),
        test=f"{SERVER}who_is_lost_does_not_count",
        cause="other line",
        hint="again",
    ),
]
