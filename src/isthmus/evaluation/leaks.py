"""Ways in which a test tells more than it should: twins, times, popularity, the same event on both sides.

A protocol that leaks is not wrong by itself; whoever reads its figures must know. Every evaluation looks, and
says what it found in plain words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_array

from isthmus.errors import SettingsError
from isthmus.evaluation.split import Cases, Split, entries
from isthmus.evaluation.twins import Twins, find_twins, without_twins
from isthmus.schema import NO_TIME, IntArray

__all__ = ["Finding", "LeakSettings", "Leaks", "check_leaks", "join_leaks"]

Check = Literal["twins", "others' future", "own future", "popularity", "duplicates"]


@dataclass(frozen=True)
class LeakSettings:
    """From which share on a finding is a warning."""

    twins: float = 0.01
    """Of test rows, with a twin in the person's history."""
    future: float = 0.01
    """Of pairs of a test row and an event known before it, the event being the later one."""
    popularity: float = 0.5
    """Of test rows, carried by the most popular items."""
    head: float = 0.01
    """Which share of the target's items, by people in training, is the most popular."""

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (self.twins, self.future, self.popularity, self.head)):
            raise SettingsError(f"{self} is out of range.", "All are shares between 0 and 1.")


@dataclass(frozen=True)
class Finding:
    """What one check found: `share` of `of`, nan where nothing could be checked."""

    check: Check
    share: float
    of: int
    warning: bool
    about: Mapping[str, object] = field(default_factory=dict)
    """What the words name besides: how many items are the head, and of which platform."""

    @property
    def says(self) -> str:
        """In plain English."""
        return self.tell("en")

    def tell(self, language: Literal["en", "zh"]) -> str:
        """What was found, in plain words of this language."""
        words = _SAYS[language]
        said = words[self.check].format(**self.about)
        if self.of == 0:
            return said + words["nothing"]
        return said + words["found"].format(share=100 * self.share, of=self.of)


@dataclass(frozen=True)
class Leaks:
    """What all checks found, each once."""

    findings: tuple[Finding, ...]

    def __getitem__(self, check: Check) -> Finding:
        return next(finding for finding in self.findings if finding.check == check)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Those that a reader of the figures must know."""
        return tuple(finding for finding in self.findings if finding.warning)

    @property
    def facts(self) -> Mapping[str, Mapping[str, Any]]:
        """For reports: share, number and words of each check, in English and (`says_zh`) in Chinese."""
        return {
            one.check: {
                "share": one.share,
                "of": one.of,
                "warning": one.warning,
                "says": one.says,
                "says_zh": one.tell("zh"),
            }
            for one in self.findings
        }


def check_leaks(split: Split, twins: Twins | bool = True, settings: LeakSettings | None = None) -> Leaks:
    """All checks of `split`; `twins` are those of the whole dataset, True finds them in the training data.

    - twins: test rows whose item is one product with something in the person's history (False: not asked);
    - others' future: over pairs of a test row and a training event, how often the event is the later one: 0
      where training ends before the test, one half where time plays no part;
    - own future: the same over the events of the person's own history;
    - popularity: how many test rows the most popular items of the target carry;
    - duplicates: test rows that stand in training, in the history or in the validation of the same person.

    Cost is that of sorting all times, and of one sparse product where twins are to be found.
    """
    settings = settings or LeakSettings()
    findings = [
        _others_future(split, settings),
        _own_future(split.test, settings),
        _popularity(split, settings),
        _duplicates(split),
    ]
    if twins is not False:
        pairs = find_twins(split.train, split.target) if twins is True else twins
        findings.insert(0, _twins(split.test, pairs, settings))
    return Leaks(tuple(findings))


def join_leaks(parts: list[Leaks]) -> Leaks:
    """The findings of several splits (seeds, windows) as one: per check the one with the largest share."""
    checks = [finding.check for finding in parts[0].findings]
    return Leaks(
        tuple(
            max((part[check] for part in parts), key=lambda one: np.nan_to_num(one.share)) for check in checks
        )
    )


_SAYS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "twins": "Test rows whose product the person knows from another platform",
        "others' future": "Training events later than the test row they help with, "
        "on average over test rows with a time",
        "own future": "Events of a person's own history later than the test row they help with, pair by pair",
        "popularity": "Test rows that the {head:,} most popular items of {target} carry",
        "duplicates": "Test rows that also stand in training, history or validation of the same person",
        "found": ": {share:.1f} % of {of:,}.",
        "nothing": ": there was nothing to check this on.",
    },
    "zh": {
        "twins": "测试行中，其产品已为本人从别的平台所知",
        "others' future": "训练事件晚于它所帮助的测试行（对有时间的测试行取平均）",
        "own future": "本人历史中的事件晚于它所帮助的测试行（逐对计算）",
        "popularity": "测试行中，落在 {target} 最热门的 {head:,} 个物品上",
        "duplicates": "测试行中，同时出现在同一人的训练、历史或验证数据里",
        "found": "：{of:,} 中的 {share:.1f}%。",
        "nothing": "：没有可供检查的数据。",
    },
}


def _finding(check: Check, share: float, of: int, limit: float, **about: object) -> Finding:
    if of == 0 or np.isnan(share):
        return Finding(check, np.nan, 0, False, about)
    return Finding(check, float(share), of, bool(share > limit), about)


def _twins(test: Cases, twins: Twins, settings: LeakSettings) -> Finding:
    rows = test.truth.nnz
    leaked = rows - without_twins(test, twins).truth.nnz
    return _finding("twins", leaked / max(rows, 1), rows, settings.twins)


def _others_future(split: Split, settings: LeakSettings) -> Finding:
    """Mean over dated test rows of the share of dated training events that are later."""
    asked = _dated(split.test.truth_times)
    known = np.sort(_known(split.train.times))
    of = len(asked) if len(known) else 0
    later = len(known) - np.searchsorted(known, asked, side="right")
    share = float(later.mean() / len(known)) if of else np.nan
    return _finding("others' future", share, of, settings.future)


def _own_future(test: Cases, settings: LeakSettings) -> Finding:
    """The same over the pairs of a test row and an event of the same history."""
    if test.truth_times is None:
        return _finding("own future", np.nan, 0, settings.future)
    moments = np.unique(np.concatenate([test.truth_times.data, test.times.data]))
    asked, known = (_in_time(times, moments) for times in (test.truth_times, test.times))
    known.sort()
    row_starts = asked // len(moments) * len(moments) if len(moments) else asked
    before = np.searchsorted(known, row_starts)
    until = np.searchsorted(known, row_starts + len(moments))
    pairs = int((until - before).sum())
    later = int((until - np.searchsorted(known, asked, side="right")).sum())
    return _finding("own future", later / max(pairs, 1), pairs, settings.future)


def _in_time(times: csr_array, moments: IntArray) -> IntArray:
    """(known,): a number per known time, ordered by row and within the row by time."""
    dated = times.data != NO_TIME
    return np.asarray(entries(times)[dated] * len(moments) + np.searchsorted(moments, times.data[dated]))


def _known(times: IntArray) -> IntArray:
    return np.asarray(times[times != NO_TIME])


def _dated(times: csr_array | None) -> IntArray:
    return np.zeros(0, dtype=np.int64) if times is None else _known(times.data)


def _popularity(split: Split, settings: LeakSettings) -> Finding:
    candidates = split.test.candidates(split.train, split.target)
    people = np.bincount(split.train.interactions.indices, minlength=split.train.n_items)[candidates]
    n_head = max(1, round(settings.head * len(candidates)))
    head = candidates[np.argsort(-people, kind="stable")[:n_head]]
    asked = split.test.truth.indices
    share = np.isin(asked, head).mean() if len(asked) else np.nan
    return _finding(
        "popularity", float(share), len(asked), settings.popularity, head=n_head, target=split.target
    )


def _duplicates(split: Split) -> Finding:
    test, validation = split.test, split.validation
    asked = _pairs(test, test.truth)
    learnt = csr_array(split.train.interactions[test.users])
    known = (_pairs(test, learnt), _pairs(test, test.history), _pairs(validation, validation.truth))
    share = np.isin(asked, np.concatenate(known)).sum() / max(len(asked), 1)
    return _finding("duplicates", float(share), len(asked), 0.0)


def _pairs(cases: Cases, matrix: csr_array) -> IntArray:
    """(nnz,): one number per person and item of a matrix whose rows are those of `cases`."""
    return np.asarray(cases.users[entries(matrix)] * matrix.shape[1] + matrix.indices)
