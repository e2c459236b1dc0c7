"""The tool's exceptions, all under one base. The command line turns only these into one sentence."""


class ParleyError(Exception):
    """An expected error. Its text is one sentence for the user."""


class BadInput(ParleyError, ValueError):
    """An argument, file or program of the user can't be used. The sentence says what to do instead."""


class CannotDerive(BadInput):
    """A program from which no other version can be derived. `line`: counted from 1; `reason`: a sentence."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class NotRecorded(BadInput):
    """This edition has neither the programs of a run nor a recording of it."""


class Refused(BadInput):
    """Why a submission, or a part of it, isn't read: the end of a sentence that begins with its name."""


class NotYet(ParleyError):
    """What is wrong with a student's answer to a task of a lesson, in one or two sentences."""


class Unusable(BadInput):
    """Why a function can't be tried: a sentence."""


class NotHere(ParleyError):
    """Something can't be tested on this system. The sentence says what."""


class SceneOver(ParleyError):
    """Another thread ended the scene, for example after Ctrl+C: no more actors can join."""


class GraderError(ParleyError):
    """A grader error. It says nothing about the student, and costs no points."""


class Leftover(GraderError):
    """A process that a scene started couldn't be killed."""


class CannotGrade(GraderError):
    """Nothing can be graded on this machine, or not in the requested way."""


class NoSandbox(CannotGrade):
    """Programs can't be isolated here. `reason` and `remedy`: a sentence each."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason} {remedy}".strip())
        self.reason = reason
        self.remedy = remedy


class TooLong(BadInput):
    """A source that only its own process may parse, within the limits of a program."""


class Exhausted(ParleyError):
    """A job's process was made to use too much of something."""


class TakesTooLong(BaseException):
    """An examination took too long. (No `except Exception` catches this.)"""
