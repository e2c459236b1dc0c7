"""Known mistakes of the extra exercise password: each with the test that must catch it, its cause and its hint."""

from parley.checks.mistakes import Mistake

SERVER = "test_server.py::test_"

MISTAKES = [
    Mistake(
        name="password-newline",
        program="server",
        belief="The password arrives with the newline that the user typed.",
        edits=(("text == PASSWORD:", 'f"{text}\\n" == PASSWORD:'),),
        test=f"{SERVER}first_the_password",
        cause="silence",
        hint="first",
    ),
    Mistake(
        name="password-with-cr",
        program="server",
        belief="Every line ends with \\n, never with \\r\\n.",
        edits=(('yield line.removesuffix(b"\\r")', "yield line"),),
        test=f"{SERVER}all_in_one_piece",
        cause="silence",
        hint="line",
    ),
    Mistake(
        name="one-recv-one-password",
        program="server",
        belief="One recv returns the password and nothing else.",
        edits=(
            (
                "    try:\n        for text in receive_lines(conn):",
                "    try:\n"
                "        if PASSWORD and conn.recv(1024).decode().strip() == PASSWORD:\n"
                "            admitted = True\n"
                '            messages.put(("answer", conn, "That is right. What is your name?"))\n'
                "        for text in receive_lines(conn):",
            ),
        ),
        test=f"{SERVER}all_in_one_piece",
        cause="silence",
        hint="line",
    ),
    Mistake(
        name="three-tries-then-in",
        program="server",
        belief="After the last try, the client is in.",
        edits=(
            (
                "                if not admitted and not tries:\n                    break\n",
                "                admitted = admitted or not tries\n",
            ),
        ),
        test=f"{SERVER}three_wrong_tries",
        cause="silence",
        hint="three",
    ),
    Mistake(
        name="password-for-ever",
        program="server",
        belief="A client that guesses will give up.",
        edits=(("                tries -= 1\n", ""),),
        test=f"{SERVER}three_wrong_tries",
        cause="silence",
        hint="three",
    ),
    Mistake(
        name="part-of-password",
        program="server",
        belief="A password that starts with the right letters is right.",
        edits=(("text == PASSWORD:", "PASSWORD.startswith(text):"),),
        test=f"{SERVER}three_wrong_tries",
        cause="silence",
        hint="three",
    ),
    Mistake(
        name="tries-of-all",
        program="server",
        belief="One counter is enough for all clients.",
        edits=(
            ("MAX_LINE =", "wrong = []\nMAX_LINE ="),
            (
                "                tries -= 1\n",
                "                wrong.append(text)\n                tries = max(0, 3 - len(wrong))\n",
            ),
        ),
        test=f"{SERVER}three_wrong_tries",
        cause="end",
        hint="three",
    ),
    Mistake(
        name="outside-listens",
        program="server",
        belief="Every connected client can receive the chat.",
        edits=(
            (
                '    send(conn, [f"{text}\\n".encode()])\n',
                '    send(conn, [f"{text}\\n".encode()])\n    outboxes.setdefault(conn, [])\n',
            ),
        ),
        test=f"{SERVER}who_is_outside_hears_nothing",
        cause="other line",
        hint="outside",
    ),
    Mistake(
        name="guess-not-logged",
        program="server",
        belief="A client that can't get in doesn't matter.",
        edits=(('    logging.warning("%s port %s gave a wrong password", *address)\n', ""),),
        test=f"{SERVER}the_log_says_who_gave_a_wrong_password",
        cause="silent log",
        hint="log",
    ),
]
