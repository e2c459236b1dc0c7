"""Mistakes that are the same in several stages."""

import sys

from parley.checks.mistakes import Mistake


def main_not_called(server_test, client_test):
    """The server and the client whose last line, the call of main, is missing; the names of the tests that catch it."""
    edits = (("\nmain()  # run the program\n", ""),)
    both = {"belief": "A function runs because it is defined.", "cause": "ended", "edits": edits}
    server = Mistake("main-not-called", "server", test=f"test_server.py::{server_test}", hint="listens", **both)
    client = Mistake("main-not-called-client", "client", test=f"test_client.py::{client_test}", hint="connects", **both)
    return server, client


def drops_repeated(loop, line, **how):
    """A program that drops a line that came before. `loop`: the line of full that goes over all lines, `line`: the name
    that it gives to one of them; `how`: what else the Mistake is made of.
    """
    margin = loop[: len(loop) - len(loop.lstrip())]
    skips = f"{margin}    if {line} in seen:\n{margin}        continue\n{margin}    seen.add({line})\n"
    return Mistake(
        name="drops-repeated",
        belief="A line that arrives twice was sent twice by mistake.",
        edits=((loop, f"{margin}seen = set()\n{loop}{skips}"),),
        **how,
    )


def ctrl_c_too_early(call, **how):
    """A client that expects Ctrl+C only once it's connected. `call`: what it does then; `how`: what else the Mistake is
    made of.
    """
    handler = '    except KeyboardInterrupt:  # Ctrl+C: exit quietly\n        logging.info("stopped by Ctrl+C")\n'
    within = f"try:\n                {call}\n            except KeyboardInterrupt:\n                return"
    return Mistake(
        name="ctrl-c-too-early-client",
        program="client",
        belief="No one presses Ctrl+C before there's a connection.",
        cause="crashed",
        hint="ctrl-c",
        edits=((handler, ""), (f"            {call}\n", f"            {within}\n")),
        **how,
    )


def bytes_vanish(program, **how):
    """A program that leaves out bytes that aren't UTF-8; `how`: what else the Mistake is made of."""
    line = 'for line in lines:\n            yield line.removesuffix(b"\\r").decode(errors="replace")'
    return Mistake(
        name="errors-ignore-invalid" if program == "server" else "errors-ignore-invalid-client",
        program=program,
        belief="Bytes that are no text are nothing.",
        edits=((line, line.replace("replace", "ignore")),),
        hint="bytes",
        **how,
    )


def daemon_in_input(**how):
    """A daemon thread that waits in input() when its program ends; `how`: what else the Mistake is made of."""
    version = "{}.{}".format(*sys.version_info)
    not_seen = f"Up to Python 3.13 this program stopped with an error. This is Python {version}: here it ends in peace."
    return Mistake(
        name="daemon-in-input",
        belief="A daemon thread that waits in input() does no harm.",
        cause="crashed",
        not_seen_here=not_seen if sys.version_info >= (3, 14) else "",
        **how,
    )
