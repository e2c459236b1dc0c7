"""Mistakes that are the same in every stage."""

from parley.checks.mistakes import Mistake


def main_not_called(server_test, client_test):
    """The server and the client whose last line, the call of main, is missing; the names of the tests that catch it."""
    edits = (("\nmain()  # run the program\n", ""),)
    both = {"belief": "What is defined is executed.", "cause": "ended", "edits": edits}
    server = Mistake("main-not-called", "server", test=f"test_server.py::{server_test}", hint="listens", **both)
    client = Mistake("main-not-called-client", "client", test=f"test_client.py::{client_test}", hint="connects", **both)
    return server, client
