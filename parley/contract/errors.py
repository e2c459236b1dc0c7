"""The exceptions of the tool, all under one base. The command line turns these, and no others, into one sentence."""


class ParleyError(Exception):
    """Something that was foreseen; its text is one sentence for whoever typed the command."""


class BadInput(ParleyError, ValueError):
    """What the user gave cannot be used: an argument, a file or a program; the sentence says what to do instead."""


class CannotDerive(BadInput):
    """A program from which no other version can be made: `line`, counted from 1, and `reason`, a sentence."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class NotRecorded(BadInput):
    """This edition has neither the programs of a run nor a recording of it."""


class Refused(BadInput):
    """Why a submission, or a part of it, is not read: the end of a sentence that begins with its name."""


class NotYet(ParleyError):
    """What is wrong with a student's answer to a task of a lesson, in one or two sentences."""


class Unusable(BadInput):
    """Why a function cannot be tried: a sentence."""


class NotHere(ParleyError):
    """Something cannot be tested on this system; the sentence says what."""


class SceneOver(ParleyError):
    """The scene was ended by another thread, for example after Ctrl+C: no one can come in any more."""


class GraderError(ParleyError):
    """Grader error's own. It says nothing about the student, and costs no one a point."""


class Leftover(GraderError):
    """A process that a scene started could not be ended."""


class CannotGrade(GraderError):
    """Nothing can be graded on this machine, or not in the way that was asked for."""


class NoSandbox(CannotGrade):
    """Programs cannot be isolated here: `reason` and `remedy`, a sentence each."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason} {remedy}".strip())
        self.reason = reason
        self.remedy = remedy


class TooLong(BadInput):
    """A source that only its own process may parse, within the limits of a program."""


class Exhausted(ParleyError):
    """The process that does a job was led to take too much of something."""


class TakesTooLong(BaseException):
    """An examination is over its time. (Whoever goes on after any Exception does not go on after this.)"""
