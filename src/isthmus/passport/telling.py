"""What a passport says, in plain words for its owner."""

from typing import Literal

from isthmus.passport.document import Interest, Passport
from isthmus.passport.signing import fingerprint

__all__ = ["tell"]

_PURPOSES_ZH = {
    "personalise": "个性化推荐", "transfer": "带到其他平台使用", "train": "训练模型", "research": "研究",
}  # fmt: skip
_SHOWN = 8


def tell(passport: Passport, language: Literal["en", "zh"] = "en") -> list[str]:
    """A sentence or two on each thing: what it says of you, what it rests on, what is hidden."""
    lines = _in_chinese(passport) if language == "zh" else _in_english(passport)
    return [line for line in lines if line]


def _in_english(passport: Passport) -> list[str]:
    liked = [one for one in passport.topics if one.valence >= 0]
    disliked = [one.name for one in (*passport.topics, *passport.keywords) if one.valence < 0]
    rests = "; ".join(
        f"{one.n_items} items on {one.platform}"
        + (f" ({one.first_at:%Y-%m-%d} to {one.last_at:%Y-%m-%d})" if one.first_at and one.last_at else "")
        for one in passport.provenance
    )
    return [
        f"It says that you care for: {_weighed(liked)}." if liked else "It names no topic that you care for.",
        f"And for: {', '.join(one.name for one in passport.keywords if one.valence >= 0)}.",
        f"It says that you do not care for: {', '.join(disliked)}." if disliked else "",
        f"It rests on {rests}.",
        f"Languages: {', '.join(passport.languages)}." if passport.languages else "",
        _items_english(passport),
        _vectors_english(passport),
        f"You agreed to: {', '.join(passport.consent.purposes) or 'nothing'}, and to nothing else.",
        f"It ends on {passport.expires_at:%Y-%m-%d}. Signed by {fingerprint(passport.issuer.public_key)}.",
        f"You changed it {passport.revision - 1} time(s): what you took out is not in it."
        if passport.edited
        else "",
        "You may take topics out or make them weigh less: isthmus passport edit.",
    ]


def _items_english(passport: Passport) -> str:
    if any(one.items is not None for one in passport.provenance):
        return "The list of what you touched, item by item, is in it: whoever gets it can read that."
    return "The list of what you touched is not in it."


def _vectors_english(passport: Passport) -> str:
    if not passport.vectors:
        return "It holds words only, no vectors."
    if passport.noise is None:
        return (
            f"It holds {len(passport.vectors)} interest vectors without noise: with effort, somebody "
            "could guess from them what you read, watched or heard."
        )
    noise = passport.noise
    return (
        f"It holds {len(passport.vectors)} interest vectors under noise, epsilon {noise.epsilon:g}: "
        f"each item of yours was told as the nearest of {noise.n_subjects} public subjects with chance "
        f"{noise.keep_chance:.0%}, else as any other. That hides a single item, not your history as a whole; "
        "and the words above are exact."
    )


def _in_chinese(passport: Passport) -> list[str]:
    liked = [one for one in passport.topics if one.valence >= 0]
    disliked = [one.name for one in (*passport.topics, *passport.keywords) if one.valence < 0]
    rests = "；".join(
        f"{one.platform} 上的 {one.n_items} 个条目"
        + (f"（{one.first_at:%Y-%m-%d} 至 {one.last_at:%Y-%m-%d}）" if one.first_at and one.last_at else "")
        for one in passport.provenance
    )
    agreed = "、".join(_PURPOSES_ZH[one] for one in passport.consent.purposes) or "无"
    signer = fingerprint(passport.issuer.public_key)
    return [
        f"它说你关心：{_weighed(liked, '、')}。" if liked else "它没有写你关心的主题。",
        f"还有：{'、'.join(one.name for one in passport.keywords if one.valence >= 0)}。",
        f"它说你不喜欢：{'、'.join(disliked)}。" if disliked else "",
        f"它的依据是：{rests}。",
        f"语言：{'、'.join(passport.languages)}。" if passport.languages else "",
        _items_chinese(passport),
        _vectors_chinese(passport),
        f"你同意的用途：{agreed}。不得用于其他目的。",
        f"有效期至 {passport.expires_at:%Y-%m-%d}。签发者：{signer}。",
        f"你修改过 {passport.revision - 1} 次：你删去的内容已不在其中。" if passport.edited else "",
        "你可以删去主题或降低其权重：isthmus passport edit。",
    ]


def _items_chinese(passport: Passport) -> str:
    if any(one.items is not None for one in passport.provenance):
        return "其中有你接触过的条目清单：拿到它的人都能看到。"
    return "其中没有你接触过的条目清单。"


def _vectors_chinese(passport: Passport) -> str:
    if not passport.vectors:
        return "其中只有文字，没有向量。"
    if passport.noise is None:
        return f"其中有 {len(passport.vectors)} 个未加噪声的兴趣向量：有心人可能由此猜出你看过、听过什么。"
    noise = passport.noise
    return (
        f"其中有 {len(passport.vectors)} 个加了噪声的兴趣向量，epsilon 为 {noise.epsilon:g}：你的每个条目以 "
        f"{noise.keep_chance:.0%} 的概率记为 {noise.n_subjects} 个公开主题中最接近的一个，"
        "否则记为任意另一个。这能隐藏单个条目，不能隐藏你的全部历史；以上文字是准确的，不受噪声保护。"
    )


def _weighed(interests: list[Interest], comma: str = ", ") -> str:
    return comma.join(f"{one.name} ({one.weight:.0%})" for one in interests[:_SHOWN])
