"""Known mistakes of the extra exercise consent: each with the test that must catch it, its cause and its hint."""

from parley.checks.mistakes import Mistake

SERVER = "test_server.py::test_"

MISTAKES = [
    Mistake(
        name="talk-at-once",
        program="server",
        belief="A client that is asked always says yes.",
        edits=(
            (
                "    asked[other] = conn\n",
                "    talks[conn], talks[other] = other, conn\n",
            ),
        ),
        test=f"{SERVER}two_talk_in_private",
        cause="other bytes",
        hint="yes",
    ),
    Mistake(
        name="ask-all",
        program="server",
        belief="Everyone can see the question.",
        edits=(
            (
                '    tell(other, f"{question} Answer',
                '    tell_all(f"{question} Answer',
            ),
        ),
        test=f"{SERVER}two_talk_in_private",
        cause="other bytes",
        hint="yes",
    ),
    Mistake(
        name="ask-unknown",
        program="server",
        belief="The client that is asked is connected.",
        edits=(("    if other is None or other is conn", "    if other is conn"),),
        test=f"{SERVER}who_cannot_be_asked",
        cause="traceback",
        hint="busy",
    ),
    Mistake(
        name="talk-one-way",
        program="server",
        belief="If a client can talk to me, I can talk to it.",
        edits=(
            (
                "        talks[asker], talks[conn] = conn, asker\n",
                "        talks[asker] = conn\n",
            ),
        ),
        test=f"{SERVER}two_talk_in_private",
        cause="other bytes",
        hint="private",
    ),
    Mistake(
        name="private-is-public",
        program="server",
        belief="A private message is a public one with a label.",
        edits=(('    tell(talks[conn], f"(private) {text}")', '    tell_all(f"(private) {text}")'),),
        test=f"{SERVER}two_talk_in_private",
        cause="other line",
        hint="private",
    ),
    Mistake(
        name="any-yes",
        program="server",
        belief='A line that contains "yes" is an agreement.',
        edits=(('    if text == f"{names[conn]}: yes":', '    if "yes" in text.lower():'),),
        test=f"{SERVER}anything_else_is_no",
        cause="other bytes",
        hint="yes",
    ),
    Mistake(
        name="answer-to-all",
        program="server",
        belief="Every line goes to everyone.",
        edits=(
            (
                "    asker = asked.pop(conn)\n",
                "    asker = asked.pop(conn)\n    tell_all(text, author=conn)\n",
            ),
        ),
        test=f"{SERVER}anything_else_is_no",
        cause="other bytes",
        hint="yes",
    ),
    Mistake(
        name="question-stays",
        program="server",
        belief="A question stays open until the answer is yes.",
        edits=(("    asker = asked.pop(conn)\n", "    asker = asked[conn]\n"),),
        test=f"{SERVER}anything_else_is_no",
        cause="other bytes",
        hint="yes",
    ),
    Mistake(
        name="half-an-end",
        program="server",
        belief="When one client leaves the private talk, there's nothing more to do.",
        edits=(("    talks.pop(other, None)\n", ""),),
        test=f"{SERVER}the_talk_ends",
        cause="other bytes",
        hint="end",
    ),
    Mistake(
        name="end-by-word-only",
        program="server",
        belief="A private talk ends only with a command.",
        edits=(("        part(conn)  # consent: without it there is no private talk\n", ""),),
        test=f"{SERVER}the_talk_ends",
        cause="traceback",
        hint="end",
    ),
    Mistake(
        name="ask-the-busy",
        program="server",
        belief="You can ask any client at any time.",
        edits=((" or is_busy(other) or is_busy(conn):", ":"),),
        test=f"{SERVER}who_cannot_be_asked",
        cause="silence",
        hint="busy",
    ),
    Mistake(
        name="lost-asker",
        program="server",
        belief="A client that asked waits for the answer.",
        edits=(
            (
                "    for answerer, asker in list(asked.items()):\n"
                "        if asker is conn:\n"
                "            asked.pop(answerer)\n",
                "",
            ),
        ),
        test=f"{SERVER}one_of_the_two_is_lost",
        cause="traceback",
        hint="end",
    ),
    Mistake(
        name="talk-not-logged",
        program="server",
        belief="A private talk needs no log.",
        edits=(('        logging.info("%s and %s talk in private", names[asker], names[conn])\n', ""),),
        test=f"{SERVER}the_log_says_who_talks",
        cause="other print",
        hint="log",
    ),
    Mistake(
        name="ask-as-said",
        program="server",
        belief="Every line contains text.",
        edits=(('            elif text.startswith("/ask "):', '            elif text.startswith("/ask: "):'),),
        test=f"{SERVER}two_talk_in_private",
        cause="other line",
        hint="ask",
    ),
]
