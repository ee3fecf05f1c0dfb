"""Does a source ever do harm: Bridge with the source, without it, and with a planted platform of chance.

    python benchmarks/gate.py [--data DIR] [--only TEXT ...] [--seeds 0 1 2]

On the warm pairs of disencdr-ids a fifth of the people keep k rows of the target, k = 0, 1, 2, 4, 8, and
their held-out row is looked for among everything. "alone" learns from the target's rows and nothing else;
"with chance" gets a further platform on which everybody touched items at random. Everything has its defaults.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from common import Result, Table, find_data, number, parser, say
from electronic_phone import cut_to
from isthmus.dataset import Dataset
from isthmus.evaluation import Cases, Lists, Split, holm, paired_bootstrap, paired_permutation, parse_metric
from isthmus.models import Bridge
from isthmus.models.bridge import BridgeConfig
from isthmus.schema import FloatArray
from scenarios import scenarios

KS = (0, 1, 2, 4, 8)
COLUMNS = ("pair", "k", "lists", "alone", "with the source", "times alone", "p, Holm", "with chance too")
_ITEMS, _EACH = 800, 10
"""Items of the platform of chance, and how many each person touches."""


def main() -> None:
    """Measure all pairs and write."""
    made = parser(__doc__ or "", "python benchmarks/gate.py --only sport")
    made.add_argument("--only", nargs="+", help="pairs whose name holds one of these")
    made.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = made.parse_args()
    data = find_data(asked, "disencdr-ids")
    pairs = [one for one in scenarios() if one.folder == "disencdr-ids"]
    pairs = [one for one in pairs if not asked.only or any(part in one.name for part in asked.only)]
    found = []
    for pair in pairs[:1] if asked.quick else pairs:
        splits = [pair.make(data, seed) for seed in (asked.seeds[:1] if asked.quick else asked.seeds)]
        found += [measure(pair.name, splits, k) for k in (KS[:2] if asked.quick else KS)]
    result = Result("gate", quick=asked.quick)
    tell([one for one in found if one is not None], result)
    result.write(asked.out)


def measure(name: str, splits: Sequence[Split], k: int) -> dict | None:
    """NDCG@10 of the three at one k, over all seeds."""
    values: dict[str, list[FloatArray]] = {"alone": [], "source": [], "chance": []}
    users, ignored = [], 0
    for split in splits:
        less = cut_to(split, k)
        if len(less.test) == 0:
            continue
        planted = plant(less)
        for which, one in (("alone", _alone(less)), ("source", less), ("chance", planted)):
            bridge = Bridge(BridgeConfig(target=split.target)).fit(one.train, rng=split.seed)
            values[which].append(_ndcg(bridge, one))
            if which == "chance":
                noise = one.train.platform_num(_NAME)
                ignored += int(noise in bridge.ignored(one.train.platform_num(split.target)))
        users.append(less.test.users)
    if not users:
        return None
    joined = {which: np.concatenate(parts) for which, parts in values.items()}
    groups = np.concatenate(users)
    say(f"{name}, k = {k}: {', '.join(f'{which} {number(one.mean())}' for which, one in joined.items())}")
    return {
        "pair": name, "k": k, "lists": len(groups), "ignored": ignored, "fits": len(users),
        "means": {which: float(one.mean()) for which, one in joined.items()},
        "ratio": paired_bootstrap(joined["source"], joined["alone"], groups=groups),
        "p": paired_permutation(joined["source"], joined["alone"], groups=groups).p_value,
        "chance_p": paired_permutation(joined["chance"], joined["source"], groups=groups).p_value,
    }  # fmt: skip


def tell(found: Sequence[dict], result: Result) -> None:
    """The table, and how often a source did harm."""
    adjusted = holm([one["p"] for one in found])
    chance = holm([one["chance_p"] for one in found])
    body = []
    for one, p in zip(found, adjusted, strict=True):
        means, ratio = one["means"], one["ratio"]
        times = f"{ratio.ratio:.2f} [{ratio.ratio_low:.2f}, {ratio.ratio_high:.2f}]"
        body.append([one["pair"], str(one["k"]), f"{one['lists']:,}", number(means["alone"]),
                     number(means["source"]), times, f"{p:.3f}", number(means["chance"])])  # fmt: skip
    result.tables.append(Table("NDCG@10 with k target rows left", COLUMNS, body))
    worse = [one for one, p in zip(found, adjusted, strict=True) if p < 0.05 and one["ratio"].difference < 0]
    better = sum(p < 0.05 and one["ratio"].difference > 0 for one, p in zip(found, adjusted, strict=True))
    harmed = sum(p < 0.05 and one["means"]["chance"] < one["means"]["source"]
                 for one, p in zip(found, chance, strict=True))  # fmt: skip
    result.notes.append(
        f"Of {len(found)} pairs and k, the source makes {better} better and {len(worse)} worse "
        f"(paired permutation test, Holm, 5 %). The platform of chance was found out and left aside in "
        f"{sum(one['ignored'] for one in found)} of {sum(one['fits'] for one in found)} fits, and makes "
        f"{harmed} worse."
    )
    result.figures = {
        f"{one['pair']}, k = {one['k']}": {
            key: one[key] for key in ("lists", "means", "p", "ignored", "fits")
        }
        for one in found
    }


_NAME = "~chance"


def plant(split: Split) -> Split:
    """The split with a further platform on which everybody touched ten items at random."""
    train, rng = split.train, np.random.default_rng([split.seed, 11])
    row = np.repeat(np.arange(train.n_users), np.diff(train.interactions.indptr))
    keys = [str(key).split("\x1f") for key in train.items.ids[train.interactions.indices]]
    people = [str(one) for one in train.users.ids]
    rows = [(*key, people[user]) for key, user in zip(keys, row, strict=True)]
    for person in people:
        rows += [(_NAME, str(item), person) for item in rng.choice(_ITEMS, _EACH, replace=False)]
    events = pl.DataFrame(rows, schema=["platform", "item_id", "user_id"], orient="row")
    events = events.with_columns(kind=pl.lit("purchase"))
    links = events.select("platform", "user_id", person="user_id").unique(maintain_order=True)
    found = Dataset.from_frames(events, None, links, encoder=None, known=train.items)
    hidden = np.concatenate([train.hidden, np.zeros(found.n_items - train.n_items, dtype=bool)])
    found = replace(found, hidden=hidden)
    users = found.users.nums([people[user] for user in split.test.users])
    truth = split.test.truth
    truth = csr_array((truth.data, truth.indices, truth.indptr), shape=(len(users), found.n_items))
    test = Cases(users, found.interactions[users], found.times_matrix[users], truth, split.test.k)
    return replace(split, train=found, test=test)


def _alone(split: Split) -> Split:
    """The same with nothing but the target's rows."""
    train = split.train
    on_target = train.item_platform[train.interactions.indices] == train.platform_num(split.target)
    less = train.keeping(on_target)
    test = replace(
        split.test, history=less.interactions[split.test.users], times=less.times_matrix[split.test.users]
    )
    return replace(split, train=less, test=test)


def _ndcg(bridge: Bridge, split: Split) -> FloatArray:
    query = split.test.query(split.train, split.target)
    return parse_metric("ndcg@10")(Lists(bridge.recommend(query, 10).item_nums, split.test.truth))


if __name__ == "__main__":
    main()
