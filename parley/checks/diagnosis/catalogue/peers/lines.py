"""Stage 4: faults in how the stream is taken apart into lines, and in what a line may have in it."""

from __future__ import annotations

from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.bytes_of_a_line import long_text_cut
from parley.checks.diagnosis.catalogue.all_stages.shared import ENDED
from parley.checks.diagnosis.catalogue.all_stages.waiting import word_is_command
from parley.checks.diagnosis.catalogue.conversation import (
    BYTES,
    CRLF,
    DECODE_IN_THE_MIDDLE,
    DECODE_STRICT,
    LIMIT_MISSED,
    LIMIT_OF_ALL,
    LINES,
    LONE_CR,
    LONGEST,
    NO_LINE_LIMIT,
    NO_NOTICE,
    NOTICE_IN_THE_LOG,
    ONE_FILE_FOR_BOTH,
    RECV_IS_A_MESSAGE,
    STRIPS_TEXT,
    limit_missed,
    limit_of_all,
    lone_cr,
    no_notice,
    only_blanks_are_lost,
    two_cr,
    writes_what_it_reads,
)
from parley.checks.diagnosis.catalogue.peers.shared import (
    CLOSES,
    ERRORS,
    IDEA,
    LOG_OF_END,
    RECEIVER,
    SAID,
    SCREEN,
    SENDER,
    TOGETHER,
    after_a_message,
    goes_on_after,
)
from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, as_seen, as_step, as_steps, in_tests, like, seen
from parley.checks.diagnosis.slips import line_wants_newline
from parley.checks.diagnosis.syntax import line_of_blank
from parley.checks.diagnosis.threads import flag_before_queue
from parley.contract.record import quoted


def _empty_line(case: Case) -> Found | None:
    """A line with nothing in it, or nothing but spaces, is typed or arrives: it isn't passed on, or ends something."""
    for failure in case.failed("test_the_text_stays_as_it_is"):
        said = [event.data for event in failure.events if event.what == "sends"]
        wanted = failure.expected if isinstance(failure.expected, bytes) else b""
        typed = wanted.endswith(b"\n") and not wanted.strip()
        arrived = said[-1:] in ([b"\n"], [b" \n"]) and str(failure.expected).endswith('contains "Anna:"')
        if not (typed or arrived) or failure.exception or not isinstance(failure.received, bytes | None):
            continue
        empty = (wanted if typed else said[-1]) == b"\n"
        if typed and not empty and failure.received and b"/close" not in failure.received:
            continue  # something of it came
        over = failure.cause in ("ended", "end", "reset") or b"/close" in (failure.received or b"")
        does = "the chat ends" if over else "it isn't sent" if typed else "it isn't shown"
        which = "an empty line" if empty else "a line of nothing but spaces"
        blank = 0 if empty else line_of_blank(case.source)
        text = case.written(blank)
        details = {"which": which, "what": "is typed" if typed else "arrives", "does": does}
        return seen([failure], *as_steps(as_step(failure), text), **details, asks=EMPTY if empty else BLANK)
    return None


EMPTY = (
    "What is the value of your line when it is empty, and how does it differ from the end of the stream, or of the "
    "keyboard?"
)
BLANK = "Which line of yours asks whether a line has more than spaces in it?"


def _close_word_inside(case: Case) -> Found | None:
    """It ended at a line that is only like the word."""
    failures = case.failed("test_only_close_closes", causes=("ended", "end", "other bytes", "crashed", "reset"))
    said = [event for failure in failures for event in failure.given]
    line = said[-1].data.decode(errors="replace").strip("\r\n").rpartition("\n")[2] if said else ""
    if "close" not in line.lower() and word_is_command(case):
        return None
    return seen(failures, line=f'"{line}"' if line else "that only contains the word /close")


def _recv_is_a_message(case: Case) -> Found | None:
    failures = case.failed("test_many_lines_at_once", "test_a_line_in_pieces", causes=(*SCREEN, "unwanted print"))
    failures = [failure for failure in failures if not _only_a_letter_is_cut(failure)]
    if case.fact("at_once", came=True):
        failures = [failure for failure in failures if not _cut_among_many(failure)]
    failures += [failure for failure in case.failed("test_a_line_in_pieces", causes=ENDED) if _in_parts(failure)]
    if not failures or case.fact("shown", how="nothing") or not case.fact("shown", number=2):
        return None
    if _lost_with_the_name(case) or _last_line_only(case) or _no_newline_shown(case) or long_text_cut(case):
        return None
    if writes_what_it_reads(case) and ".recv" not in case.source:
        return None
    if case.fact("at_once", came=False):
        return seen(failures, "Two lines that arrived one by one were shown. Two that arrived together weren't.")
    if failures[0].fits("test_many_lines_at_once"):
        step = "A name and lines arrived in one chunk, and the lines after the name were lost."
    else:
        step = "A line that arrived in several chunks wasn't shown as one line."
    return seen(failures, step)


def _keyboard_in_chunks(case: Case) -> Found | None:
    """A long line was typed, and it came in several lines: all of its bytes, and newlines between them."""
    if long_text_cut(case):
        return None
    for failure in case.failed("test_a_line_in_pieces", causes=["other bytes"]):
        wanted, came = failure.expected, failure.received
        if isinstance(wanted, bytes) and len(wanted) > 1000 and isinstance(came, bytes) and b"\n" in came:
            at = came.index(b"\n")
            if wanted.startswith(came[:at].rstrip(HOLE)) and at + 1 < len(wanted):
                step = (
                    f"A line of {len(wanted):,} bytes was typed. It was sent in parts, the first one of {at:,} bytes."
                )
                return seen([failure], step)
    return None


TOO_LONG = "test_a_line_without_end"


def _no_limit(case: Case) -> Found | None:
    """A message that is too long doesn't end the chat, and nothing looks how long it is."""
    if _limit_missed(case):
        return None
    failures = case.failed(TOO_LONG, causes=("goes on", "silence"))
    return seen([failure for failure in failures if not _is_in_a_long_name(failure)])


def _limit_missed(case: Case) -> Found | None:
    """A message that is too long doesn't end the chat, although something looks how long it is."""
    named = [failure for failure in case.failed(TOO_LONG) if _is_in_a_long_name(failure)]
    return limit_missed(case.but_for(named), TOO_LONG)


def _name_without_limit(case: Case) -> Found | None:
    """A message that is too long has ended the chat, and a name of that length doesn't."""
    failures = [
        failure for failure in case.failed(TOO_LONG, causes=("goes on", "silence")) if _is_in_a_long_name(failure)
    ]
    step = f"A message of more than {LONGEST:,} bytes ended the chat. Then a name of that length came."
    return seen(failures, step, *map(as_step, failures[:1]))


def _is_in_a_long_name(failure: Failure) -> bool:
    """Whether the line that is too long is the first one of who sent it, and someone else's message was so before."""
    said = [event for event in failure.given if event.what == "sends"]
    last = [event.data for event in said if event.who == said[-1].who]
    return len(last) < len(said) and len(b"".join(last).split(b"\n")[0]) > LONGEST


HOLE = "\N{REPLACEMENT CHARACTER}".encode()  # what stands in the place of bytes that are no letter


def _explains_chunks(case: Case, found: Found, failure: Failure) -> bool:
    """Also that /close isn't noticed in a chunk that has another line in it: all of that was sent at once."""
    pieces = [event.data for event in failure.events if event.what == "receives"]
    together = any(piece.startswith(b"/close\n") and len(piece) > len(b"/close\n") for piece in pieces)
    return failure in found.failures or (failure.fits("test_the_user_closes") and together)


def _only_a_letter_is_cut(failure: Failure) -> bool:
    """Whether a line that came byte by byte was shown as one line, with other signs for its letter of many bytes."""
    lines = failure.shown().decode(errors="replace").splitlines()
    return any("one by one " in line and "\N{REPLACEMENT CHARACTER}" in line for line in lines)


def _cut_among_many(failure: Failure) -> bool:
    """Whether of many lines that came in one chunk a letter was lost, where a call returned half of its bytes."""
    lost = "\N{REPLACEMENT CHARACTER}".encode() in failure.shown() or failure.exception == "UnicodeDecodeError"
    return failure.fits("test_many_lines_at_once") and lost


def _in_parts(failure: Failure) -> bool:
    """Whether the letters of a line that came byte by byte were shown as so many lines."""
    return b": o\n" in failure.shown() and b": n\n" in failure.shown()


def _cut_at_other_signs(case: Case) -> Found | None:
    """A line with characters that only look like newlines was shown up to the first one."""
    for failure in case.failed("test_the_text_stays_as_it_is", causes=(*SCREEN, "unwanted print")):
        came = failure.received if isinstance(failure.received, str) else ""
        if "page 2" in str(failure.expected) and came.endswith('page 1"'):
            return seen([failure], f"Wanted: {failure.expected!s}", f"Shown: {came}")
    return None


def _explains_recv(case: Case, found: Found, failure: Failure) -> bool:
    """What needs whole lines; where it also goes on after the other's /close, that has another reason."""
    if failure.fits("test_many_lines_at_once"):
        return failure.cause in (*SCREEN, "unwanted print")
    pieces = failure.fits("test_a_line_in_pieces", "test_a_letter_in_two_pieces")
    names = ("test_line_ends_of_other_systems", "test_a_line_without_end", "test_the_*_closes", *LOG_OF_END)
    later = failure.fits(*names) and not failure.fits("test_the_user_closes", "test_only_close_closes")
    return failure in found.failures or pieces or (later and not goes_on_after(case))


def _last_line_only(case: Case) -> Found | None:
    """Of two lines that came together the second one is shown, and the first one never."""
    if not case.fact("at_once", some=True, first=False):
        return None
    step = f'"{TOGETHER[0]}" and "{TOGETHER[1]}" arrived together. Only "{TOGETHER[1]}" was shown.'
    return Found({}, (step,))


def _no_newline_shown(case: Case) -> Found | None:
    """Two lines that came one after the other are shown in the same line of the screen."""
    second = case.fact("shown", number=2)
    if not second or SAID[0] not in str(second["line"]):
        return None
    return Found({}, (f'"{SAID[0]}" and "{SAID[1]}" arrived one by one. Shown: "{second["line"]}".',))


def _lost_with_the_name(case: Case) -> Found | None:
    """Lines that come together are shown, and so are parts of a line; only what comes with the name is lost."""
    failures = case.failed("test_many_lines_at_once", "test_line_ends_of_other_systems", causes=SCREEN)
    failures = [failure for failure in failures if not _cut_among_many(failure)]
    if not any(failure.fits("test_many_lines_at_once") for failure in failures):
        return None
    if not case.fact("at_once", came=True) or case.failed("test_a_line_in_pieces", causes=SCREEN):
        return None
    if writes_what_it_reads(case):
        return None
    step = "A name and lines arrived in one chunk, and the lines after the name were lost. Later ones were shown."
    return seen(failures, step)


def _one_file_for_both(case: Case) -> Found | None:
    """What was read ahead is lost, and the file that reads also writes."""
    failures = case.failed("test_many_lines_at_once", "test_both_speak_at_any_time", causes=SCREEN)
    if not failures or not writes_what_it_reads(case):
        return None
    return seen(failures, "Lines arrived in one chunk while something was sent, and some of them were lost.")


def _decode_strict(case: Case) -> Found | None:
    """Bytes that are no text stop it wherever they stand."""
    causes = ("ended", "traceback", "crashed", "silent screen", "end", "other status", "goes on")
    failures = case.failed("test_bytes_that_are_no_text", causes=causes)
    return seen([failure for failure in failures if not _is_in_a_name(failure)])


def _name_strict(case: Case) -> Found | None:
    """It has shown a line whose bytes are no text, and leaves when they stand in a name."""
    failures = case.failed("test_bytes_that_are_no_text", causes=(*ENDED, "ended", "end", "silent screen"))
    left = "An earlier message had bytes that aren't UTF-8, and the chat went on. Then a name had one."
    return seen([failure for failure in failures if _is_in_a_name(failure)], left)


def _is_in_a_name(failure: Failure) -> bool:
    """Whether the bytes that are no text came with the other's name, and not with a message."""
    said = [event.data for event in failure.events if event.what == "sends"]
    return bool(said) and said[-1].startswith(b"Andr\xe9")


def _lost_before_close(case: Case) -> Found | None:
    """It ends at /close, as it should, but what came before it in the same chunk isn't shown."""
    failures = case.failed("test_the_client_closes", "test_the_server_closes", causes=(*SCREEN, "ended", "end"))
    failures = [failure for failure in failures if "in time" in str(failure.expected) and not failure.exception]
    if not case.fact("at_once", came=True) or goes_on_after(case, CLOSES):
        return None
    step = "A line and /close came in one chunk. The chat ended, and the line was never shown."
    return seen([failure for failure in failures if b"in time" not in failure.shown()], step)


def _last_words_lost(case: Case) -> Found | None:
    """Half a line was typed before the end of input, and /close comes without it."""
    for failure in case.failed("test_the_end_of_the_keyboard"):
        typed = failure.typed
        wanted, came = failure.expected, failure.received
        if not typed or wanted != typed[-1] + b"\n" or came not in (b"/close\n", b"", None):
            continue
        step = f"{quoted(typed[-1])} was typed, and the input ended after it. /close came without it."
        flag, asks = flag_before_queue(case.source), line_wants_newline(case.source)
        line = flag or asks
        text = case.written(line)
        why = "it isn't sent"
        if flag:
            why = f"line {flag} looks at a flag, and leaves the lines that still wait in the queue"
        elif asks:
            why = f"line {asks} takes only what has a newline for a line"
        return seen([failure], *as_steps(step, text), why=why, asks=IN_THE_QUEUE if flag else LAST_PART)
    return None


IN_THE_QUEUE = (
    "Someone types a line and leaves right after it. Where is the line when your flag is set? How could the end wait "
    "in the same queue, behind it?"
)
LAST_PART = "Someone types a few words and presses Ctrl+D without Enter. What does your reading return for them?"


def _if_it_shows(decides: Decides) -> Decides:
    """Decided only where what arrives is shown at all: otherwise such a test has seen something else."""

    def shows(case: Case) -> Found | None:
        return decides(case) if any(fact["how"] != "nothing" for fact in case.facts("shown", number=2)) else None

    return shows


def _cut_letter(case: Case) -> Found | None:
    """A letter was cut, which Python says, and nothing was shown any more."""
    words = "unexpected end of data"
    for fact in case.facts("raises", exception="UnicodeDecodeError"):
        if words in str(fact["message"]) and case.fact("shown", number=2, how="nothing"):
            raised = f"Line {fact['line']} of {case.program}.py raises UnicodeDecodeError: {fact['message']}"
            return Found({}, (raised, f'That was at the line "{SAID[1]}"; nothing was shown after that.'))
    failures = case.failed("test_a_letter_in_two_pieces")
    failures = [failure for failure in failures if not isinstance(failure.expected, bytes)]  # the names have crossed
    return _if_it_shows(lambda case: seen(failures))(case)


def _cut_typed_letter(case: Case) -> Found | None:
    """A long line was typed, and it came with other signs for the two bytes of one of its letters."""
    chunks = _keyboard_in_chunks(case)  # which end lines, too
    for failure in case.failed("test_a_line_in_pieces", "test_many_lines_at_once", causes=("other bytes",)):
        wanted, came = failure.expected, failure.received
        typed = bool(failure.given) and failure.given[-1].what == "types" and not chunks
        if typed and isinstance(wanted, bytes) and isinstance(came, bytes) and HOLE in came and HOLE not in wanted:
            at = came.index(HOLE)
            step = f"A line of {len(wanted):,} bytes was typed. A letter at byte {at:,} of it was cut in two."
            return seen([failure], *as_steps(step if wanted.startswith(came[:at]) else as_step(failure)))
    return None


def _explains_cut_letter(case: Case, found: Found, failure: Failure) -> bool:
    """If the examination has seen it, all that follows from it."""
    raised = failure.exception == "UnicodeDecodeError"
    follows = not found.failures and (raised or after_a_message(case, found, failure))
    cut = _only_a_letter_is_cut(failure) or _cut_among_many(failure)
    return failure in found.failures or cut or follows or failure.fits("test_bytes_that_are_no_text")


def _crlf(case: Case) -> Found | None:
    """The \\r right before the newline stays in a line, a name or /close."""
    failures = case.failed("test_line_ends_of_other_systems", causes=SCREEN)
    return seen([failure for failure in failures if not two_cr(failure)])


def _no_notice(case: Case) -> Found | None:
    """It ends after /close as it should, and tells its user nothing."""
    return None if goes_on_after(case) else no_notice(case)


FAULTS = [
    replace(
        RECV_IS_A_MESSAGE,
        decides=_recv_is_a_message,
        explains=_explains_recv,
        mistakes=("recv-is-message", "torn-message", "buffer-kept", "long-message-cut"),
    ),
    Fault(
        slug="empty-line",
        life=Life.NEXT,
        decides=_empty_line,
        sentence="When {which} {what}, {does}. It is a line like any other.",
        question="{asks} What happens to it then?",
        read=SENDER,
    ),
    replace(NO_NOTICE, decides=_no_notice, read=RECEIVER),
    replace(NOTICE_IN_THE_LOG, read=RECEIVER),
    Fault(
        slug="reads-on-after-close",
        life=Life.LEAVE,
        decides=in_tests("test_the_client_closes", "test_the_server_closes", causes=("unwanted print", "unwanted")),
        sentence="Your {program} still shows what comes after /close: this line ends the chat, and nothing after it "
        "counts.",
        question="/close and another line arrive in one chunk. Your loop has found /close: what does it do with the "
        "line after it?",
        read=RECEIVER,
    ),
    Fault(
        slug="cut-at-other-signs",
        life=Life.TAKE,
        decides=_cut_at_other_signs,
        rare=True,
        sentence="Your {program} cuts lines where no newline is: splitlines() and universal newlines also cut at "
        "characters such as \\f and \\x85.",
        question="Which call of yours cuts what arrives into lines, and at which characters does it cut? Which single "
        "byte ends a line here?",
        read=LINES,
    ),
    Fault(
        slug="keyboard-in-chunks",
        life=Life.TAKE,
        decides=_keyboard_in_chunks,
        explains=_explains_chunks,
        sentence="Your {program} takes what one read of the keyboard returns for one line: a long line comes in parts, "
        "and short ones come together.",
        question="How much does your call that reads the keyboard return when someone pastes a long text, and how "
        "much when they paste three short lines? What did you do about that where you receive?",
        read=SENDER,
    ),
    Fault(
        slug="last-line-only",
        life=Life.TAKE,
        decides=_last_line_only,
        explains=_explains_recv,
        sentence="If several lines arrive at almost the same time, your {program} shows only the last one: each of "
        "them takes the place of the one before.",
        question="Two lines have arrived and neither is shown yet. Where is each of them? How many lines does that "
        "place hold, and what holds more?",
        read=RECEIVER,
    ),
    Fault(
        slug="no-newline-shown",
        life=Life.ANSWER,
        decides=_no_newline_shown,
        explains=like(causes=(*SCREEN, "unwanted print")),
        sentence="Your {program} shows all messages in one line of the screen: nothing ends the line after a message.",
        question="What does the screen look like after two messages? What did you cut from the end of each line when "
        "it arrived, and who puts it back?",
        read=RECEIVER,
    ),
    replace(
        ONE_FILE_FOR_BOTH,
        decides=_one_file_for_both,
        explains=like("test_many_lines_at_once", "test_both_speak_*", "test_line_ends_of_*", "test_a_line_in_pieces"),
    ),
    Fault(
        slug="lost-with-the-name",
        life=Life.TAKE,
        decides=_lost_with_the_name,
        sentence="What arrives together with the name is lost: the line of your {program} that reads the name has "
        "already taken more, and what reads on doesn't get it.",
        question="A name and the first message arrive in one chunk. Which of your variables has the message when the "
        "name is known, and does the loop that shows messages ever look there?",
        read=RECEIVER,
        mistakes=("first-recv-eats-next", "first-recv-eats-next-client"),
    ),
    replace(
        DECODE_IN_THE_MIDDLE,
        decides=_cut_letter,
        explains=_explains_cut_letter,
        mistakes=("utf8-split", "errors-ignore"),
    ),
    replace(
        DECODE_IN_THE_MIDDLE,
        decides=_cut_typed_letter,
        explains=as_seen,
        sentence="Your {program} decodes each chunk that it reads from the keyboard, but a chunk may end in the middle "
        "of a letter.",
        read=SENDER,
        mistakes=(),
    ),
    replace(
        DECODE_STRICT,
        rare=True,
        decides=_decode_strict,
        mistakes=("invalid-bytes-kill", "thread-death-unseen"),
    ),
    Fault(
        slug="name-strict",
        life=Life.GREET,
        rare=True,
        decides=_name_strict,
        sentence="A name with bytes that aren't UTF-8 ends the chat, although your {program} replaces such bytes in a "
        "message.",
        question="Which lines of your {program} run for the first line that arrives, and which for all the others? "
        "Which of them decides what becomes of a byte that isn't text?",
        read=BYTES,
        mistakes=("strict-name",),
    ),
    Fault(
        slug="lost-before-close",
        life=Life.NOTICE,
        decides=_lost_before_close,
        sentence="A line that arrives just before /close is lost: your {program} ends the chat without showing it.",
        question="A line and /close arrive in one chunk. In which order does your {program} look at them, and what "
        "still has to happen to the line when it finds /close?",
        read=RECEIVER,
        mistakes=("close-before-the-rest",),
    ),
    replace(LIMIT_OF_ALL, decides=lambda case: limit_of_all(case, "test_a_line_in_pieces")),
    replace(LONE_CR, decides=lambda case: lone_cr(case, "test_the_text_stays_as_it_is", "test_line_ends_of_*")),
    replace(
        STRIPS_TEXT,
        decides=only_blanks_are_lost,
        mistakes=("strip-takes-more",),
    ),
    replace(
        CRLF,
        decides=_if_it_shows(_crlf),
        mistakes=("crlf",),
    ),
    replace(
        NO_LINE_LIMIT,
        decides=_if_it_shows(_no_limit),
        read=ERRORS,
        mistakes=("endless-line",),
    ),
    replace(LIMIT_MISSED, decides=_if_it_shows(_limit_missed), read=ERRORS),
    Fault(
        slug="name-without-limit",
        life=Life.GREET,
        decides=_name_without_limit,
        sentence="Your {program} has a limit for messages, but not for the name: the first line that arrives may be as "
        "long as it likes.",
        question="Which line of yours reads the name, and which one reads the messages? Which of the two looks at how "
        "long its line is?",
        read=ERRORS,
    ),
    Fault(
        slug="last-words-lost",
        life=Life.LEAVE,
        decides=_last_words_lost,
        sentence="What its user types right before the end of input, your {program} loses: {why}.",
        question="{asks} Which line of yours sends these last words?",
        read=SENDER,
    ),
    Fault(
        slug="bold-always",
        life=Life.ANSWER,
        decides=in_tests("test_both_tell_their_names", causes=("unwanted print",)),
        sentence="Your {program} shows the name in bold even if its output isn't a terminal: then the text "
        "contains the codes for bold.",
        question="Who reads what you print if it goes into a file? How can your {program} know whether its screen is a "
        "terminal?",
        read=RECEIVER,
        mistakes=("bold-always",),
    ),
    Fault(
        slug="close-word-inside",
        life=Life.NEXT,
        decides=_close_word_inside,
        sentence="The line {line} ends the chat; only the line /close should.",
        question="Anna says: {line}. What exactly do you compare with the word, and what have you done to her line "
        "before?",
        read=SENDER,
        mistakes=("close-anyhow", "close-stripped"),
    ),
    Fault(
        slug="control-word-in-the-text",
        life=Life.NEXT,
        decides=_if_it_shows(
            in_tests("test_only_close_closes", causes=("silent screen", "other print", "too much", "unwanted"))
        ),
        sentence="A word that your programs say to each other is taken out of the chat: if typed, it isn't heard.",
        question="Which words does your {program} treat in a special way? What happens if a person types one of them?",
        read=IDEA,
        mistakes=("in-band-control-word",),
    ),
]
