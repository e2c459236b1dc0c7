"""The cost of late work: days after a deadline, and the points that they subtract."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from parley.contract.errors import BadInput

DAY = timedelta(days=1)


@dataclass(frozen=True)
class LateRule:
    """The cost of a late day. `per_day`: a share ("10%") of the points earned, or points ("5"), or "" for nothing.

    `grace_minutes`: this much later is still in time; `at_most_days`: later work earns nothing (0: no limit).
    """

    per_day: str = ""
    grace_minutes: int = 0
    at_most_days: int = 0

    def __post_init__(self) -> None:
        """Raise BadInput if `per_day` isn't a cost."""
        self._of_a_day()

    def days(self, deadline: datetime | None, when: datetime | None) -> int:
        """Return how many days late, where each started day counts. 0 without a deadline or a known time."""
        if deadline is None or when is None or self.in_time(deadline, when):
            return 0
        return math.ceil((when.astimezone(timezone.utc) - deadline.astimezone(timezone.utc)) / DAY)

    def in_time(self, deadline: datetime, when: datetime) -> bool:
        """Whether this is not late."""
        grace = timedelta(minutes=self.grace_minutes)
        return when.astimezone(timezone.utc) <= deadline.astimezone(timezone.utc) + grace

    def cost(self, earned: float, days: int) -> float:
        """Return the cost of late days in whole points, rounded in the student's favor, at most the earned points."""
        if self.at_most_days and days > self.at_most_days:
            return earned
        share, of_a_day = self._of_a_day()
        return min(earned, math.floor(days * of_a_day * (Fraction(earned) / 100 if share else 1)))

    def told(self, days: int) -> str:
        """Return why this many days cost what they cost, as the end of a sentence."""
        if self.at_most_days and days > self.at_most_days:
            return f"more than {self.at_most_days} days late earns nothing"
        if not self.per_day:
            return "late days cost nothing"
        share, of_a_day = self._of_a_day()
        what = f"{float(of_a_day):g}% of the points" if share else f"{float(of_a_day):g} points"
        return f"each day costs {what}"

    def _of_a_day(self) -> tuple[bool, Fraction]:
        """Return whether a day costs a share, and the percent or the points."""
        number = re.fullmatch(r"(\d+(?:\.\d+)?)(\s*%)?", self.per_day or "0")
        if not number:
            raise BadInput(f"A late day costs points or a share, such as 5 or 10%, not {self.per_day!r}.")
        return bool(number[2]), Fraction(number[1])
