"""Known mistakes of the extra exercise kick: each with the test that must catch it, its cause and its hint."""

from parley.checks.mistakes import Mistake

SERVER = "test_server.py::test_"

MISTAKES = [
    Mistake(
        name="kick-no-effect",
        program="server",
        belief="close() ends the connection, even if another thread waits in recv.",
        edits=(
            ("        conn.settimeout(PATIENCE)", "        conn.settimeout(None)"),
            (
                "        hang_up(conn)\n    else:",
                "        conn.close()\n    else:",
            ),
        ),
        test=f"{SERVER}one_has_to_leave",
        cause="silence",
        hint="end",
    ),
    Mistake(
        name="kick-only-told",
        program="server",
        belief="A client that is told to leave will leave.",
        edits=(("        hang_up(conn)\n    else:", "    else:"),),
        test=f"{SERVER}one_has_to_leave",
        cause="silence",
        hint="end",
    ),
    Mistake(
        name="kick-untold",
        program="server",
        belief="A kicked client notices that by itself.",
        edits=(
            (
                '        tell_all(f"{names.pop(conn)} has to leave. {reason}".strip())\n',
                "        kicked = outboxes.pop(conn)\n"
                '        tell_all(f"{names.pop(conn)} has to leave. {reason}".strip())\n',
            ),
            ("        # from now on nobody hears it, whatever it has still said\n", ""),
            (
                "        send(conn, outboxes.pop(conn))\n        hang_up(conn)\n    else:",
                "        send(conn, kicked)\n        hang_up(conn)\n    else:",
            ),
        ),
        test=f"{SERVER}one_has_to_leave",
        cause="end",
        hint="told",
    ),
    Mistake(
        name="others-untold",
        program="server",
        belief="Only the kicked client needs to know.",
        edits=(
            (
                '        tell_all(f"{names.pop(conn)} has to leave. {reason}".strip())',
                '        outboxes[conn].append(f"{names.pop(conn)} has to leave. {reason}\\n".encode())',
            ),
        ),
        test=f"{SERVER}one_has_to_leave",
        cause="silence",
        hint="told",
    ),
    Mistake(
        name="kick-twice",
        program="server",
        belief="Every thread that notices the end announces it.",
        edits=(
            ("{names.pop(conn)}", "{names[conn]}"),
            (
                "        send(conn, outboxes.pop(conn))\n        hang_up(conn)\n    else:",
                "        send(conn, outboxes[conn])\n        outboxes[conn].clear()\n        hang_up(conn)\n    else:",
            ),
        ),
        test=f"{SERVER}one_has_to_leave",
        cause="other bytes",
        hint="end",
    ),
    Mistake(
        name="kick-from-list-loop",
        program="server",
        belief="You can change a list while you loop over it.",
        edits=(
            (
                "    conn, reason = find(text)\n    if conn:\n",
                "    conn, reason = find(text)\n"
                "    for one in outboxes:\n"
                "        if one is conn:\n"
                "            send(one, outboxes.pop(one))\n"
                "    if conn:\n",
            ),
        ),
        test=f"{SERVER}one_has_to_leave",
        cause="traceback",
        hint="told",
    ),
    Mistake(
        name="kick-unknown",
        program="server",
        belief="The name in the command always exists.",
        edits=(
            (
                '    if conn:\n        logging.info("kicked %s: %s", names[conn], reason)\n',
                '    if text:\n        logging.info("kicked %s: %s", text, reason)\n',
            ),
        ),
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
        test=f"{SERVER}nobody_has_that_name",
        cause="silence",
        hint="spaces",
    ),
    Mistake(
        name="place-kept",
        program="server",
        belief="A kicked client's slot doesn't need to be freed.",
        edits=(
            (
                "    conn, reason = find(text)\n",
                "    global kicked\n    conn, reason = find(text)\n",
            ),
            ("MAX_LINE =", "kicked = 0\nMAX_LINE ="),
            ("len(outboxes) >= max_clients:", "len(outboxes) + kicked >= max_clients:"),
            (
                "        hang_up(conn)\n    else:",
                "        hang_up(conn)\n        kicked += 1\n    else:",
            ),
        ),
        test=f"{SERVER}its_place_is_free",
        cause="end",
        hint="place",
    ),
    Mistake(
        name="whoever-goes-is-announced",
        program="server",
        belief="A client that disconnects was never announced as gone.",
        edits=(
            (
                "    if conn in outboxes:  # it was a participant: tell the others\n"
                "        names.pop(conn)  # kick: its name counts no more\n"
                "        send(conn, outboxes.pop(conn))\n",
                "    if name:\n        names.pop(conn, None)\n        send(conn, outboxes.pop(conn, []))\n",
            ),
        ),
        test=f"{SERVER}one_who_is_lost_just_now",
        cause="other line",
        hint="once",
    ),
    Mistake(
        name="kick-not-logged",
        program="server",
        belief="The user at the console knows what happened, so no log is needed.",
        edits=(('        logging.info("kicked %s: %s", names[conn], reason)\n', ""),),
        test=f"{SERVER}the_log_says_who_was_kicked",
        cause="other print",
        hint="log",
    ),
]
