"""The content of a student's page: what went well, what to fix first, then the rest. Nothing about hidden tests."""

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

MOST_PICTURES = 3  # pictures of one stage: other failures are shown in words
STYLE: str = css(CLASS)  # the style of all pictures; once per page is enough
# With these causes, a program never got as far as the test's subject.
NEVER_BEGINS = (*NOTHING_RAN, "not listening", "other port", "nobody came", "floods")
ENDS_SOON = ("crashed", "ended")  # the same, if no one connected to it
MEETINGS = ("connects", "accepts", "sends", "receives")
AFTER_THE_STEPS = "\n  Cause:    "  # in the text of a story made by parley.contract.story.tell


@dataclass
class SameCause:
    """Tests of one program that fail with the same cause. The first is shown in full.

    `picture`: SVG of the first one, or ""; `words`: {name of a test: its steps, what was expected and received}.
    """

    verdicts: list[Verdict]
    picture: str = ""
    words: dict[str, str] = field(default_factory=dict)

    @property
    def first(self) -> Verdict:
        """The test that represents all."""
        return self.verdicts[0]

    @property
    def costs(self) -> int:
        """How many points."""
        return sum(verdict.test.points for verdict in self.verdicts)

    @property
    def hint(self) -> Hint | None:
        """The hint of the first one."""
        return self.first.story.hint if self.first.story else None


@dataclass(frozen=True)
class StageFeedback:
    """One stage of a student, as far as the student may see it.

    `hidden`: there are tests that aren't shown or counted; `late`: a sentence or ""; `trouble`: tests whose verdict
    says nothing about the student; `not_here`: tests that can't run on this system; `diagnoses`: what is wrong, as far
    as it explains shown tests; `unclear`: why a person must look at it; `marks`: a person's; `facts`: sentences about
    the deadline, the attempt that counts, and what isn't in the total.
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
    """A student's page: `points` of `of` in all, without hidden ones."""

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
        """The parts with a person's mark."""
        return [part for part in self.parts if part.marks]

    @property
    def hidden(self) -> bool:
        """Whether there are hidden tests."""
        return any(part.hidden for part in self.parts)

    @property
    def trouble(self) -> list[StageFeedback]:
        """The parts that couldn't be graded, or not wholly."""
        return [part for part in self.parts if part.trouble]

    @property
    def unclear(self) -> list[StageFeedback]:
        """The parts that a person must look at."""
        return [part for part in self.parts if part.unclear]

    @property
    def first(self) -> SameCause | None:
        """The mistake to fix first, or None: the first of the first stage that was handed in and has one."""
        return next((part.mistakes[0] for part in self.parts if part.mistakes), None)

    @property
    def first_part(self) -> StageFeedback:
        """The stage of that mistake."""
        return next(part for part in self.parts if part.mistakes)

    @property
    def diagnosed_part(self) -> StageFeedback | None:
        """The first stage with a mistake, if it has a diagnosis."""
        return self.first_part if self.first and self.first_part.diagnoses else None

    @property
    def well(self) -> list[str]:
        """Sentences about what went well."""
        return [sentence for part in self.parts if (sentence := _well(part))]


def feedback(student: StudentGrades, names: Iterable[str]) -> Feedback:
    """Return the content of a student's page. `names`: the stages, in order."""
    parts = [_part(name, student.stages[name]) for name in names]
    hidden = any(part.hidden for part in parts)
    before = student.before if student.changed and not hidden else None
    nothing = all(part.state is State.MISSING for part in parts)
    points, of = (sum(part.points for part in parts), sum(part.of for part in parts))
    if not hidden:  # a course has weights for the stages
        points, of = student.points, student.of
    return Feedback(student.name, tidy(points), of, parts, before, nothing, student.notes, student.ignored)


def title_of(name: str) -> str:
    """Return a stage's name in text: Stage 1, Echo."""
    try:
        stage = stages.find(name)
    except BadInput:
        return title_of_extra(name)
    return f"Stage {stage.number}, {stage.title.partition(':')[0]}"


def title_of_extra(name: str) -> str:
    """Return an extra exercise's name in text, and any other name unchanged."""
    further, _, exercise = name.rpartition("/")
    return f"Extra exercise: {exercise}" if further == stages.FURTHER.name else name


def _part(name: str, stage: StageGrades) -> StageFeedback:
    """Return a stage without its hidden tests. No data about hidden tests leaves this function."""
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
    """Return the deadline, the attempt that counts, and what isn't in the total, as sentences."""
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
        return f"{words}: the cost isn't counted here yet."
    return f"{words}: {stage.deducted} points less."


def _well(part: StageFeedback) -> str:
    """Return a list with a sentence about what went well in a stage, or an empty list."""
    if not part.passed:
        return ""
    every = len(part.passed) + sum(len(mistake.verdicts) for mistake in part.mistakes)
    if len(part.passed) == every and not part.trouble:
        return f"{part.title}: all {every} tests passed."
    whole = [kind for kind, points in part.kinds.items() if points.earned == points.of]
    sentence = f"{part.title}: {len(part.passed)} of {every} tests passed"
    return f"{sentence}, {' and '.join(f'all of {kind}' for kind in whole)} among them." if whole else f"{sentence}."


# What failed


def _mistakes(verdicts: Iterable[Verdict]) -> list[SameCause]:
    """Return the failed tests in groups of the same cause, core tests first."""
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
    """Return a key that is equal for failed tests with (probably) the same mistake."""
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
    """Return the key of the hint for a failed test."""
    return verdict.story.hint.key if verdict.story and verdict.story.hint else verdict.test.hint


def _picture(story: Story) -> str:
    """Return the picture of a story, without the shared style."""
    drawn: str = draw(list(story.events))
    return drawn.replace(f"<style>{STYLE}</style>\n", "")


def _in_words(story: Story | None) -> str:
    """Return the steps of a story, what was expected and received, as lines, or "" if nothing ran."""
    if not story or story.nothing_ran:
        return ""
    steps, _, _ = story.text.partition(AFTER_THE_STEPS)
    return steps.removeprefix(story.sentence).strip("\n")
