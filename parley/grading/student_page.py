"""What a student's page says: what went well, what to mend first, then the rest. Nothing of hidden tests is in it."""

from dataclasses import dataclass, field

from parley import stages
from parley.checks.plugin import COSTS_NOTHING, GRADER, KINDS, NOT_HERE, NOT_RUN, PASSED, total
from parley.contract.record import events_from
from parley.contract.story import NOTHING_RAN
from parley.drawing.picture import CLASS, css, draw
from parley.grading.scores import GRADED, MISSING, NOT_BEGUN, NOT_GRADED

MOST_PICTURES = 3  # of one stage: what fails besides is told in words
STYLE = css(CLASS)  # of all pictures; once in a page is enough
# Whatever the test is about, a program of which this is true has not got there.
NEVER_BEGINS = (*NOTHING_RAN, "not listening", "other port", "nobody came", "floods")
ENDS_SOON = ("crashed", "ended")  # the same, if nobody has met it
MEETINGS = ("connects", "accepts", "sends", "receives")
AFTER_THE_STEPS = "\n  Cause:    "  # in the text of a story, which parley.contract.story.tell has made


@dataclass
class Mistake:
    """Tests of one program that fail by the same cause, the first of them told in full.

    `picture`: SVG of the first one, or ""; `words`: {test: its steps, what was expected and what came}.
    """

    tests: list[dict]
    picture: str = ""
    words: dict[str, str] = field(default_factory=dict)

    @property
    def first(self):
        """The test that stands for all."""
        return self.tests[0]

    @property
    def costs(self):
        """How many points."""
        return sum(test["points"] for test in self.tests)

    @property
    def hint(self):
        """The hint as a dict, or None."""
        return (self.first["story"] or {}).get("hint")


@dataclass
class Part:
    """One stage of a student, as far as the student may see it.

    `kinds`: {kind: (earned, of)}; `hidden`: there are tests that are not shown and not counted; `late`: a sentence or
    ""; `trouble`: tests without a verdict that says something about the student; `not_here`: tests that cannot be run
    on this system.
    """

    name: str
    title: str
    state: str
    points: int
    of: int
    kinds: dict[str, tuple[int, int]]
    hidden: bool
    late: str
    passed: list[dict]
    mistakes: list[Mistake]
    trouble: list[dict]
    not_here: list[dict]


@dataclass
class Feedback:
    """All that is on a student's page."""

    name: str
    parts: list[Part]
    before: int | None
    nothing: bool
    notes: list[str]
    ignored: list[str]

    @property
    def points(self):
        """In all."""
        return sum(part.points for part in self.parts)

    @property
    def of(self):
        """What all of it is worth."""
        return sum(part.of for part in self.parts)

    @property
    def hidden(self):
        """Whether there are hidden tests."""
        return any(part.hidden for part in self.parts)

    @property
    def trouble(self):
        """The parts that could not be graded, or not wholly."""
        return [part for part in self.parts if part.trouble]

    @property
    def first(self):
        """The mistake to mend first, or None: the first of the first stage that was handed in and has one."""
        return next((part.mistakes[0] for part in self.parts if part.mistakes), None)

    @property
    def first_part(self):
        """The stage of that mistake."""
        return next(part for part in self.parts if part.mistakes)

    @property
    def well(self):
        """Sentences about what went well."""
        return [sentence for part in self.parts if (sentence := _well(part))]


def feedback(one, names):
    """The Feedback for a student as grades.json has it. `names`: the stages, in order."""
    parts = [_part(name, one["stages"][name]) for name in names]
    hidden = any(part.hidden for part in parts)
    before = None if hidden or before_is_now(one) else one["before"]
    return Feedback(
        one["name"], parts, before, all(part.state == MISSING for part in parts), one["notes"], one["ignored"]
    )


def before_is_now(one):
    """Whether there is nothing to say about the points of the last run."""
    return one["before"] is None or one["before"] == one["points"]


def title_of(name):
    """A stage as one speaks of it: Stage 1, Echo."""
    try:
        stage = stages.find(name)
    except ValueError:
        return name
    return f"Stage {stage.number}, {stage.title.partition(':')[0]}"


def _part(name, stage):
    """A stage as far as it is not hidden: what is made of hidden tests does not leave this function."""
    tests = [test for test in stage["tests"] if not test["hidden"]]
    hidden = len(tests) < len(stage["tests"])
    counted = [test for test in tests if test["verdict"] not in COSTS_NOTHING]
    earned = sum(test["earned"] for test in counted)
    trouble = [test for test in tests if test["verdict"] in (GRADER, NOT_RUN)]
    missing = stage["state"] == MISSING
    wrong = [test for test in counted if test["verdict"] not in (PASSED, NOT_RUN)]
    begun = any(test["verdict"] != NOT_BEGUN for test in tests)
    return Part(
        name=name,
        title=title_of(name),
        state=MISSING if missing else NOT_GRADED if trouble else GRADED if begun else NOT_BEGUN,
        points=earned if hidden else stage["points"],
        of=sum(test["points"] for test in counted),
        kinds=total(tests),
        hidden=hidden,
        late=_late(stage, hidden),
        passed=[test for test in tests if test["verdict"] == PASSED],
        mistakes=[] if missing else _mistakes(wrong),
        trouble=trouble,
        not_here=[test for test in tests if test["verdict"] == NOT_HERE],
    )


def _late(stage, hidden):
    days = stage["late_days"]
    if not days:
        return ""
    words = "1 day late" if days == 1 else f"{days} days late"
    if hidden:
        return f"{words}: what that costs is not counted here yet."
    return f"{words}: {stage['deducted']} points less."


def _well(part):
    """What went well in a stage, as a sentence, or nothing."""
    if not part.passed:
        return ""
    every = len(part.passed) + sum(len(mistake.tests) for mistake in part.mistakes)
    if len(part.passed) == every and not part.trouble:
        return f"{part.title}: all {every} tests have passed."
    whole = [kind for kind, (earned, of) in part.kinds.items() if earned == of]
    sentence = f"{part.title}: {len(part.passed)} of {every} tests have passed"
    return f"{sentence}, {' and '.join(f'all of {kind}' for kind in whole)} among them." if whole else f"{sentence}."


# What failed


def _mistakes(tests):
    """The failed tests in groups of the same cause; what is core comes first."""
    groups = {}
    for test in sorted(tests, key=lambda test: KINDS.index(test["kind"])):
        groups.setdefault(_likely(test), []).append(test)
    mistakes = [Mistake(group) for group in groups.values()]
    for mistake in [each for each in mistakes if _has_a_picture(each.first)][:MOST_PICTURES]:
        mistake.picture = _picture(mistake.first["story"])
    for mistake in mistakes:
        mistake.words = {test["test"]: words_of(test["story"]) for test in mistake.tests}
    return mistakes


def _likely(test):
    """Failed tests for which this is equal fail by the same mistake, as far as one can tell."""
    program, story = test["test"].partition("::")[0], test["story"]
    if not story:
        return program, test["verdict"], test["reason"]
    cause = story["cause"]["key"]
    if cause in NEVER_BEGINS:
        return program, cause, ""
    if cause in ENDS_SOON and not any(event["what"] in MEETINGS for event in story["record"]["events"]):
        return program, story["cause"]["sentence"], ""
    return program, cause, hint_of(test)


def hint_of(test):
    """The key of the hint that belongs to how a test failed."""
    hint = (test["story"] or {}).get("hint")
    return hint["key"] if hint else test["hint"]


def _has_a_picture(test):
    story = test["story"]
    return bool(story) and story["cause"]["key"] not in NOTHING_RAN


def _picture(story):
    """The picture of a story, without the style that all of them share."""
    return draw(events_from(story["record"])).replace(f"<style>{STYLE}</style>\n", "")


def words_of(story):
    """The steps of a story, what was expected and what came, as lines; "" where nothing has run."""
    if not story or story["cause"]["key"] in NOTHING_RAN:
        return ""
    steps, _, _ = story["text"].partition(AFTER_THE_STEPS)
    return steps.removeprefix(story["sentence"]).strip("\n")
