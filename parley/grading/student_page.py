"""What a student's page says: what went well, what to mend first, then the rest. Nothing of hidden tests is in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from parley import stages
from parley.contract.diagnosis import Diagnosis, still_true
from parley.contract.errors import BadInput
from parley.contract.story import NOTHING_RAN, Hint, Story
from parley.contract.verdict import Kind, Outcome, Points, Verdict, points_by_kind
from parley.drawing.picture import CLASS, draw
from parley.drawing.svg import css
from parley.grading.grades import StageGrades, State, StudentGrades, tidy
from parley.grading.marks import Mark

MOST_PICTURES = 3  # of one stage: what fails besides is told in words
STYLE: str = css(CLASS)  # of all pictures; once in a page is enough
# Whatever the test is about, a program of which this is true has not got there.
NEVER_BEGINS = (*NOTHING_RAN, "not listening", "other port", "nobody came", "floods")
ENDS_SOON = ("crashed", "ended")  # the same, if no one has met it
MEETINGS = ("connects", "accepts", "sends", "receives")
AFTER_THE_STEPS = "\n  Cause:    "  # in the text of a story, which parley.contract.story.tell has made


@dataclass
class SameCause:
    """Tests of one program that fail by the same cause, the first of them told in full.

    `picture`: SVG of the first one, or ""; `words`: {name of a test: its steps, what was expected and what came}.
    """

    verdicts: list[Verdict]
    picture: str = ""
    words: dict[str, str] = field(default_factory=dict)

    @property
    def first(self) -> Verdict:
        """The test that stands for all."""
        return self.verdicts[0]

    @property
    def costs(self) -> int:
        """How many points."""
        return sum(verdict.test.points for verdict in self.verdicts)

    @property
    def hint(self) -> Hint | None:
        """The hint that the first one gives."""
        return self.first.story.hint if self.first.story else None


@dataclass(frozen=True)
class StageFeedback:
    """One stage of a student, as far as the student may see it.

    `hidden`: there are tests that are not shown and not counted; `late`: a sentence or ""; `trouble`: tests without a
    verdict that says something about the student; `not_here`: tests that cannot be run on this system; `diagnoses`:
    what is wrong, as far as it explains tests that are shown; `unclear`: why a person has to look at it; `marks`: a
    person's word; `facts`: sentences about the deadline, the attempt that counts, and what is not in the total.
    """

    name: str
    title: str
    state: State
    points: float
    of: float
    kinds: Mapping[Kind, Points]
    hidden: bool
    late: str
    passed: list[Verdict]
    mistakes: list[SameCause]
    trouble: list[Verdict]
    not_here: list[Verdict]
    diagnoses: list[Diagnosis]
    unclear: str = ""
    marks: Sequence[Mark] = ()
    facts: Sequence[str] = ()


@dataclass(frozen=True)
class Feedback:
    """All that is on a student's page: `points` of `of` in all, as far as they are not hidden."""

    name: str
    points: float
    of: float
    parts: list[StageFeedback]
    before: float | None
    nothing: bool
    notes: Sequence[str]
    ignored: Sequence[str]

    @property
    def marked(self) -> list[StageFeedback]:
        """The parts of which a person has said something."""
        return [part for part in self.parts if part.marks]

    @property
    def hidden(self) -> bool:
        """Whether there are hidden tests."""
        return any(part.hidden for part in self.parts)

    @property
    def trouble(self) -> list[StageFeedback]:
        """The parts that could not be graded, or not wholly."""
        return [part for part in self.parts if part.trouble]

    @property
    def unclear(self) -> list[StageFeedback]:
        """The parts that a person has to look at."""
        return [part for part in self.parts if part.unclear]

    @property
    def first(self) -> SameCause | None:
        """The mistake to mend first, or None: the first of the first stage that was handed in and has one."""
        return next((part.mistakes[0] for part in self.parts if part.mistakes), None)

    @property
    def first_part(self) -> StageFeedback:
        """The stage of that mistake."""
        return next(part for part in self.parts if part.mistakes)

    @property
    def diagnosed_part(self) -> StageFeedback | None:
        """The stage of what is wrong in the first place: the first one that has a mistake, if someone knows why."""
        return self.first_part if self.first and self.first_part.diagnoses else None

    @property
    def well(self) -> list[str]:
        """Sentences about what went well."""
        return [sentence for part in self.parts if (sentence := _well(part))]


def feedback(student: StudentGrades, names: Iterable[str]) -> Feedback:
    """What a student's page says. `names`: the stages, in order."""
    parts = [_part(name, student.stages[name]) for name in names]
    hidden = any(part.hidden for part in parts)
    before = student.before if student.changed and not hidden else None
    nothing = all(part.state is State.MISSING for part in parts)
    points, of = (sum(part.points for part in parts), sum(part.of for part in parts))
    if not hidden:  # a course weighs the stages
        points, of = student.points, student.of
    return Feedback(student.name, tidy(points), of, parts, before, nothing, student.notes, student.ignored)


def title_of(name: str) -> str:
    """A stage as one speaks of it: Stage 1, Echo."""
    try:
        stage = stages.find(name)
    except BadInput:
        return title_of_extra(name)
    return f"Stage {stage.number}, {stage.title.partition(':')[0]}"


def title_of_extra(name: str) -> str:
    """An extra exercise as one speaks of it; any other name as it is."""
    further, _, exercise = name.rpartition("/")
    return f"Extra exercise: {exercise}" if further == stages.FURTHER.name else name


def _part(name: str, stage: StageGrades) -> StageFeedback:
    """A stage as far as it is not hidden: what is made of hidden tests does not leave this function."""
    verdicts = [grade.verdict for grade in stage.tests if not grade.hidden]
    hidden = len(verdicts) < len(stage.tests)
    shown = [grade for grade in stage.tests if not grade.hidden]
    names = {grade.test.name for grade in shown}
    decided = stage.unclear or stage.state is State.GRADED
    trouble = [] if decided else [verdict for verdict in verdicts if not verdict.outcome.is_known]
    begun = any(verdict.outcome is not Outcome.NOT_BEGUN for verdict in verdicts)
    state = State.NOT_GRADED if trouble else State.GRADED if begun else State.NOT_BEGUN
    missing = stage.state is State.MISSING
    wrong = [verdict for verdict in verdicts if verdict.lost and verdict.outcome.is_known and not missing]
    return StageFeedback(
        name=name,
        title=title_of(name),
        state=State.NEEDS_A_LOOK if stage.unclear else State.MISSING if missing else state,
        unclear=stage.unclear,
        points=tidy(sum(grade.points for grade in shown)) if hidden else stage.points,
        of=sum(grade.test.points for grade in shown if grade.counts),
        kinds=points_by_kind(verdicts),
        hidden=hidden,
        late=_late(stage, hidden),
        passed=[verdict for verdict in verdicts if verdict.passed],
        mistakes=_mistakes(wrong),
        trouble=trouble,
        not_here=[verdict for verdict in verdicts if verdict.outcome is Outcome.NOT_HERE],
        diagnoses=still_true(stage.diagnoses, wrong),
        marks=[mark for mark in stage.marks if not mark.test or mark.test in names],
        facts=_facts(stage),
    )


def _facts(stage: StageGrades) -> list[str]:
    """The deadline, the attempt that counts, and what is not in the total, as sentences."""
    until = stage.open_until
    facts = [stage.timing, stage.taken, f"You have time until {until:%Y-%m-%d %H:%M}." if until else ""]
    facts += [f"This test doesn't count in your course: {sentence}" for sentence in stage.not_counted]
    if stage.dropped:
        facts.append("This stage has the smallest share of its points and doesn't count in the total.")
    elif stage.weight is not None:
        facts.append(f"It counts {stage.weight:g} in the total.")
    return [fact for fact in facts if fact]


def _late(stage: StageGrades, hidden: bool) -> str:
    days = stage.late_days
    if not days:
        return ""
    words = "1 day late" if days == 1 else f"{days} days late"
    if hidden:
        return f"{words}: what that costs isn't counted here yet."
    return f"{words}: {stage.deducted} points less."


def _well(part: StageFeedback) -> str:
    """What went well in a stage, as a sentence, or nothing."""
    if not part.passed:
        return ""
    every = len(part.passed) + sum(len(mistake.verdicts) for mistake in part.mistakes)
    if len(part.passed) == every and not part.trouble:
        return f"{part.title}: all {every} tests have passed."
    whole = [kind for kind, points in part.kinds.items() if points.earned == points.of]
    sentence = f"{part.title}: {len(part.passed)} of {every} tests have passed"
    return f"{sentence}, {' and '.join(f'all of {kind}' for kind in whole)} among them." if whole else f"{sentence}."


# What failed


def _mistakes(verdicts: Iterable[Verdict]) -> list[SameCause]:
    """The failed tests in groups of the same cause; what is core comes first."""
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in sorted(verdicts, key=lambda verdict: list(Kind).index(verdict.test.kind)):
        groups.setdefault(_likely(verdict), []).append(verdict)
    mistakes = [SameCause(group) for group in groups.values()]
    drawn = 0
    for mistake in mistakes:
        story = mistake.first.story
        if story and not story.nothing_ran and drawn < MOST_PICTURES:
            drawn += 1
            mistake.picture = _picture(story)
        mistake.words = {verdict.test.name: _in_words(verdict.story) for verdict in mistake.verdicts}
    return mistakes


def _likely(verdict: Verdict) -> tuple[str, str, str]:
    """Failed tests for which this is equal fail by the same mistake, as far as one can tell."""
    page, story = verdict.test.page, verdict.story
    if not story:
        return page, str(verdict.outcome), verdict.reason
    cause = story.cause
    if cause.key in NEVER_BEGINS:
        return page, cause.key, ""
    if cause.key in ENDS_SOON and not any(event.what in MEETINGS for event in story.events):
        return page, cause.sentence, ""
    return page, cause.key, hint_of(verdict)


def hint_of(verdict: Verdict) -> str:
    """The key of the hint that belongs to how a test failed."""
    return verdict.story.hint.key if verdict.story and verdict.story.hint else verdict.test.hint


def _picture(story: Story) -> str:
    """The picture of a story, without the style that all of them share."""
    drawn: str = draw(list(story.events))
    return drawn.replace(f"<style>{STYLE}</style>\n", "")


def _in_words(story: Story | None) -> str:
    """The steps of a story, what was expected and what came, as lines; "" where nothing has run."""
    if not story or story.nothing_ran:
        return ""
    steps, _, _ = story.text.partition(AFTER_THE_STEPS)
    return steps.removeprefix(story.sentence).strip("\n")
