"""UniSRec: a sequence of texts is encoded, on all platforms at once, and then tuned to the target."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch.nn import functional

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.pairs import FORBID, Pair, PairConfig, PairScorer
from isthmus.models.neural.sampling import rows_of
from isthmus.models.neural.sequences import latest
from isthmus.models.neural.texts import centred_texts, explain_by_omission
from isthmus.models.neural.training import Run, seeded
from isthmus.models.neural.validation import Case, hold_out
from isthmus.schema import NO_ITEM, NO_TIME, Explanations, FloatArray, IntArray, ItemNums, Query

__all__ = ["UniSRec", "UniSRecConfig"]

_CHUNK = 512
"""Sequences encoded at once."""


@dataclass(frozen=True, config=FORBID)
class UniSRecConfig(PairConfig):
    """Settings of the adaptor, the encoder and the losses."""

    embedding_size: int = Field(default=128, ge=1)
    """Numbers that a text becomes; a multiple of `heads`."""
    experts: int = Field(default=8, ge=1)
    """Whitenings that the adaptor mixes."""
    blocks: int = Field(default=2, ge=1)
    """Layers of the sequence encoder."""
    heads: int = Field(default=2, ge=1)
    """Heads of attention per layer."""
    length: int = Field(default=20, ge=1)
    """Latest items that are read."""
    dropout: float = Field(default=0.2, ge=0, lt=1)
    """Share of what passes between layers that is left out at random while training."""
    temperature: float = Field(default=0.07, gt=0)
    """tau of the losses."""
    dropped: float = Field(default=0.2, ge=0, lt=1)
    """Share of the items left out of a sequence to make another that should be encoded alike."""
    alike: float = Field(default=0.001, ge=0)
    """Weight of that loss."""
    fine_tune: bool = True
    """Whether the adaptor, and it alone, is tuned to the target afterwards."""
    batch_size: int = Field(default=512, ge=2)
    """Sequences in a mini-batch."""


@final
class UniSRec(PairScorer):
    """score = cos(s, v_j) / tau: s the encoded sequence of texts, v_j the adapted text of the item. Source:
    hou-2022.

    Adaptor: v = sum_k g_k W_k (x - b_k) of the text vector x, g a softmax gate with noise while training.
    Encoder: a transformer that looks back (kang-2018), over everything a person touched, on any platform.
    First it is trained on all platforms: -ln softmax of the next item among those of the mini-batch, and the
    same of a sequence with items left out among other sequences. Then the adaptor alone is tuned on the
    target, by the softmax over all its items (the paper's inductive setting). Where times are unknown any
    item of a person is to be found from the others, in item order. Texts are centred. Without texts all
    scores are 0.
    """

    name: ClassVar[str] = "unisrec"
    config_type: ClassVar[type] = UniSRecConfig
    config: UniSRecConfig

    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        texts = centred_texts(dataset)
        if texts.shape[1] == 0:
            return {"texts": texts}
        rest, validation = hold_out(dataset, self.config.hold_out, [pair.platform])
        with run.start(stage):
            net = _Encoder(texts.shape[1], self.config).to(run.device)
        vectors = torch.from_numpy(texts).to(run.device)
        examples = _Examples.of(rest, self.config.length)

        def score(case: Case) -> FloatArray:
            return _score(net, vectors, case.query, self.config.length)

        def pre_train(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            for sequences, items in examples.batches(self.config.batch_size, rng):
                yield net.contrast(vectors, sequences, items)

        run.train(net, pre_train, f"{stage}-all", validation.judge(score))
        if self.config.fine_tune:
            there = examples.among(np.isin(examples.items, pair.target))
            net.requires_grad_(False)
            net.adaptor.requires_grad_(True)

            def tune(rng: np.random.Generator) -> Iterator[torch.Tensor]:
                for sequences, items in there.batches(self.config.batch_size, rng):
                    yield net.choose(vectors, sequences, np.searchsorted(pair.target, items), pair.target)

            if len(there.items):
                run.train(net, tune, f"{stage}-target", validation.judge(score))
        return {"texts": texts} | {f"net.{name}": one.cpu().numpy() for name, one in net.state_dict().items()}

    def _score_pair(self, arrays: Arrays, query: Query) -> FloatArray:
        if arrays["texts"].shape[1] == 0:
            return np.zeros((len(query), len(query.candidates)))
        net = _Encoder.read(arrays, self.config)
        return _score(net, torch.from_numpy(arrays["texts"].astype(np.float64)), query, self.config.length)

    def _explain_pair(self, arrays: Arrays, query: Query, items: ItemNums) -> Explanations:
        """Per past item what the score loses without it."""
        names = ("follows what you did", "what you did together")
        return explain_by_omission(lambda asked: self._score_pair(arrays, asked), query, items, names)


class _Examples:
    """Interactions, each to be found from the sequence before it."""

    def __init__(self, items: ItemNums, sequences: ItemNums) -> None:
        self.items, self.sequences = items, sequences

    @classmethod
    def of(cls, rest: Dataset, length: int) -> "_Examples":
        """Every interaction that has others before it, or beside it where the times of the person are
        unknown.
        """
        rows, times = rows_of(rest.interactions), rest.times
        order = np.lexsort((rest.interactions.indices, times, rows))
        items, owner = rest.interactions.indices[order].astype(np.int64), rows[order]
        start, count = rest.interactions.indptr[owner], np.diff(rest.interactions.indptr)[owner]
        undated = np.zeros(rest.n_users, dtype=bool)
        undated[rows[times == NO_TIME]] = True
        place = np.arange(len(items)) - start
        before = np.where(undated[owner], count - 1, place)
        back = np.arange(length, 0, -1)  # the nearest last
        sequences = items[start[:, None] + (place[:, None] - back) % count[:, None]]
        sequences = np.where(back <= before[:, None], sequences, NO_ITEM)
        found = before > 0
        return cls(items[found], sequences[found])

    def among(self, chosen: NDArray[np.bool_]) -> "_Examples":
        """Some of them."""
        return _Examples(self.items[chosen], self.sequences[chosen])

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[tuple[ItemNums, ItemNums]]:
        """All in random order: sequences (b, length) and items (b,)."""
        order = rng.permutation(len(self.items))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            yield self.sequences[chosen], self.items[chosen]


class _Adaptor(torch.nn.Module):
    """A mixture of whitenings."""

    def __init__(self, size: int, config: UniSRecConfig) -> None:
        super().__init__()
        self.dropout, n = config.dropout, config.experts
        self.shift = torch.nn.Parameter(torch.zeros(n, size))
        self.turn = torch.nn.Parameter(torch.randn(n, size, config.embedding_size) * 0.02)
        self.gate = torch.nn.Parameter(torch.zeros(size, n))
        self.noise = torch.nn.Parameter(torch.zeros(size, n))

    def forward(self, texts: torch.Tensor) -> torch.Tensor:
        """(..., d) to (..., e)."""
        logits = texts @ self.gate
        if self.training:
            spread = functional.softplus(texts @ self.noise) + 0.01
            logits = logits + torch.randn_like(logits) * spread
        shares = torch.softmax(logits, dim=-1)
        kept = functional.dropout(texts, self.dropout, self.training)
        n, size, out = self.turn.shape
        each = kept @ self.turn.transpose(0, 1).reshape(size, n * out)  # x W_k of all experts at once
        each = each.view(*kept.shape[:-1], n, out) - torch.einsum("kd,kde->ke", self.shift, self.turn)
        return (shares[..., None] * each).sum(-2)


class _Block(torch.nn.Module):
    """Attention to what came before, then two dense layers; both added to what goes in."""

    def __init__(self, config: UniSRecConfig) -> None:
        super().__init__()
        size = config.embedding_size
        self.heads, self.dropout = config.heads, config.dropout
        self.ask = torch.nn.Linear(size, 3 * size)
        self.join = torch.nn.Linear(size, size)
        self.inner, self.outer = torch.nn.Linear(size, 4 * size), torch.nn.Linear(4 * size, size)
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(size) for _ in range(2))

    def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """(b, t, e) to (b, t, e); `hidden` (b, 1, t, t) is true where nothing may be seen."""
        b, t, e = x.shape
        q, k, v = self.ask(x).view(b, t, 3, self.heads, e // self.heads).permute(2, 0, 3, 1, 4)
        weights = ((q @ k.transpose(2, 3)) / (e // self.heads) ** 0.5).masked_fill(hidden, -1e9).softmax(-1)
        seen = self.join((self._drop(weights) @ v).transpose(1, 2).reshape(b, t, e))
        x = self.norms[0](x + self._drop(seen))
        return self.norms[1](x + self._drop(self.outer(functional.gelu(self.inner(x)))))

    def _drop(self, x: torch.Tensor) -> torch.Tensor:
        return functional.dropout(x, self.dropout, self.training)


class _Encoder(torch.nn.Module):
    """The adaptor and the sequence encoder."""

    def __init__(self, size: int, config: UniSRecConfig) -> None:
        super().__init__()
        self.config = config
        self.adaptor = _Adaptor(size, config)
        self.places = torch.nn.Parameter(torch.randn(config.length, config.embedding_size) * 0.02)
        self.norm = torch.nn.LayerNorm(config.embedding_size)
        self.blocks = torch.nn.ModuleList(_Block(config) for _ in range(config.blocks))

    @classmethod
    def read(cls, arrays: Arrays, config: UniSRecConfig) -> "_Encoder":
        """From what was kept, in float64, to be asked and no longer trained."""
        with seeded(0):  # what is drawn is replaced, and must not move the caller's chance
            net = cls(arrays["texts"].shape[1], config).double()
        kept: Mapping[str, torch.Tensor] = {
            name.removeprefix("net."): torch.from_numpy(array.astype(np.float64))
            for name, array in arrays.items()
            if name.startswith("net.")
        }
        net.load_state_dict(kept)
        return net.eval().requires_grad_(False)

    def forward(self, vectors: torch.Tensor, sequences: torch.Tensor) -> torch.Tensor:
        """(b, e) of unit length: what sequences (b, t) of items, NO_ITEM where there is none, lead to."""
        absent = sequences == NO_ITEM
        x = self.adaptor(vectors[sequences.clamp(min=0)])
        x = functional.dropout(self.norm(x + self.places), self.config.dropout, self.training)
        t = sequences.shape[1]
        ahead = torch.ones(t, t, dtype=torch.bool, device=x.device).triu(1)
        hidden = (ahead | absent[:, None, :])[:, None]
        for block in self.blocks:
            x = block(x, hidden)
        return functional.normalize(x[:, -1], dim=1)

    def items(self, vectors: torch.Tensor, items: ItemNums) -> torch.Tensor:
        """(n, e) of unit length: the adapted texts of `items`."""
        return functional.normalize(self.adaptor(vectors[torch.from_numpy(items).to(vectors.device)]), dim=1)

    def contrast(self, vectors: torch.Tensor, sequences: ItemNums, items: ItemNums) -> torch.Tensor:
        """The next item among those of the mini-batch; a thinned sequence among the sequences."""
        given = torch.from_numpy(sequences).to(vectors.device)
        found = self(vectors, given)
        same = torch.from_numpy(items[:, None] == items[None]).to(vectors.device)
        total = in_batch_loss(found, self.items(vectors, items), same, self.config.temperature)
        if self.config.alike == 0:
            return total
        thinned = torch.where(
            torch.rand(given.shape, device=given.device) < self.config.dropped, NO_ITEM, given
        )
        thinned[:, -1] = given[:, -1]
        itself = torch.eye(len(found), dtype=torch.bool, device=found.device)
        again = in_batch_loss(found, self(vectors, thinned), itself, self.config.temperature)
        return total + self.config.alike * again

    def choose(
        self, vectors: torch.Tensor, sequences: ItemNums, places: IntArray, items: ItemNums
    ) -> torch.Tensor:
        """-ln softmax of the item at each of `places` (b,) among all `items`."""
        found = self(vectors, torch.from_numpy(sequences).to(vectors.device))
        logits = found @ self.items(vectors, items).T / self.config.temperature
        return functional.cross_entropy(logits, torch.from_numpy(places).to(vectors.device))


def in_batch_loss(
    found: torch.Tensor, wanted: torch.Tensor, same: torch.Tensor, temperature: float
) -> torch.Tensor:
    """Mean -ln softmax of found_i . wanted_i / t over the rows of `wanted` (b, e), without others that are
    the same.
    """
    logits = found @ wanted.T / temperature
    others = same & ~torch.eye(len(found), dtype=torch.bool, device=found.device)
    return functional.cross_entropy(
        logits.masked_fill(others, -1e9), torch.arange(len(found), device=found.device)
    )


def _score(net: _Encoder, vectors: torch.Tensor, query: Query, length: int) -> FloatArray:
    """Scores (q, c); 0 for an empty history and for items without text."""
    sequences = latest(query.history, query.times, length)
    with torch.no_grad():
        items = net.items(vectors, query.candidates)
        found = [
            net(vectors, torch.from_numpy(sequences[start : start + _CHUNK]).to(vectors.device)) @ items.T
            for start in range(0, len(sequences), _CHUNK)
        ]
    scores = np.zeros((len(query), len(query.candidates)))
    if found:
        scores = torch.cat(found).cpu().numpy().astype(np.float64) / net.config.temperature
    scores[np.diff(query.history.indptr) == 0] = 0.0
    return scores
