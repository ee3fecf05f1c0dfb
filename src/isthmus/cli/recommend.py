"""`isthmus recommend`: lists for one person, several or everybody."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.options import WS, Json, Model, Platform

if TYPE_CHECKING:
    from isthmus.pipeline import Answer
    from isthmus.ranking import Carrier, Same

__all__ = ["register", "show_list"]

_SHOWN = 20
"""Lists shown on a screen; the others go to a file."""
_EXAMPLES = (
    "Examples: [bold]isthmus recommend ws --user books:ann --platform films --explain[/]   "
    "[bold]isthmus recommend ws --platform films --out recs.parquet[/]"
)

One = Annotated[str | None, typer.Option("--user", help="`platform:id`, or a linked person.", metavar="ID")]
Several = Annotated[Path | None, typer.Option("--users", help="Text file, one such a line.", metavar="FILE")]
Length = Annotated[int, typer.Option("-n", help="Length of a list.", min=1)]
Categories = Annotated[
    list[str] | None, typer.Option("--category", help="Only items of this category (repeat for more).")
]
Excluded = Annotated[
    list[str] | None, typer.Option("--exclude", help="Not this item (repeat for more).", metavar="ID")
]
Diversity = Annotated[
    float | None,
    typer.Option("--diversity", help="0 by score alone, 1 by difference alone.", min=0, max=1),
]
Calibration = Annotated[
    float | None,
    typer.Option("--calibrate", help="0 by score alone, 1 by proportion of interests.", min=0, max=1),
]
Device = Annotated[
    str | None, typer.Option("--device", help="Lean to what was done on this device.", metavar="NAME")
]
Seen = Annotated[bool, typer.Option("--include-seen", help="Also what the person knows already.")]
Repeats = Annotated[
    bool, typer.Option("--repeats", help="Also what the person took on another platform (see match).")
]
Explain = Annotated[bool, typer.Option("--explain", help="Say why, item by item.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write the lists to a .parquet, .csv or .jsonl file.", metavar="FILE"),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("recommend", epilog=_EXAMPLES)(recommend)


def recommend(
    workspace: WS,
    platform: Platform,
    user: One = None,
    users: Several = None,
    n: Length = 10,
    category: Categories = None,
    exclude: Excluded = None,
    diversity: Diversity = None,
    calibrate: Calibration = None,
    device: Device = None,
    include_seen: Seen = False,
    repeats: Repeats = False,
    explain: Explain = False,
    model: Model = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Recommend items of a platform to one person, to those of a file, or (without either) to everybody.

    Whoever is not known gets what is popular, and is told so.
    """
    from isthmus.cli.printing import print_json
    from isthmus.cli.progress import Bars
    from isthmus.cli.writing import writer_of
    from isthmus.pipeline import Wish, Workspace, read_names
    from isthmus.pipeline import recommend as ask

    if user is not None and users is not None:
        raise typer.BadParameter("Give --user or --users, not both.")
    write = None if out is None else writer_of(out)
    names = [user] if user is not None else None if users is None else read_names(users)
    wish = Wish(
        platform=platform, n=n, categories=tuple(category or ()), exclude=tuple(exclude or ()),
        diversity=diversity, calibration=calibrate, device=device, include_seen=include_seen,
        repeats=repeats, explain=explain,
    )  # fmt: skip
    answer = ask(Workspace.open(workspace), names, wish, model=model, progress=Bars())
    if write is not None and out is not None:
        write(answer.frame(), out)
    if as_json:
        print_json(as_dict(answer, lists=out is None))
    else:
        _tell(answer, out)


def _tell(answer: "Answer", written: Path | None) -> None:
    from isthmus.cli.printing import out

    if written is None:
        _show(answer)
        return
    out().print(f"{written}: {len(answer.lists):,} lists of {answer.wish.platform}.", markup=False)
    _tell_notes(answer)


def show_list(answer: "Answer", position: int) -> None:
    """One list for people: titles, and reasons where they were asked for."""
    from isthmus.cli.printing import note, print_table

    one, titles = answer.lists[position], answer.speaker.titles
    rows = []
    for place, num in enumerate(one.item_nums.tolist()):
        row = [place + 1, titles[num], answer.item_id(num), f"{one.scores[place]:.4f}"]
        rows.append([*row, answer.sentence(position, place)] if one.reasons else row)
    columns = ["", "title", "item", "score", *(["why"] if one.reasons else [])]
    title = f"{answer.users[position]} on {answer.wish.platform} ({answer.saved.model})"
    print_table(columns, rows, title=title, right=("", "score"))
    if answer.causes[position]:
        note(f"{answer.users[position]}: {answer.causes[position]}")


def as_dict(answer: "Answer", *, lists: bool = True) -> dict[str, Any]:
    """An answer in types that JSON has; without `lists` only who was asked about and what to know."""
    told: dict[str, Any] = {
        "model": answer.saved.model,
        "fitted_at": answer.saved.fitted_at.isoformat(),
        "platform": answer.wish.platform,
        "users": len(answer.users),
        "fallbacks": {user: cause for user, cause in zip(answer.users, answer.causes, strict=True) if cause},
        "notes": list(answer.notes),
    }
    if lists:
        told["lists"] = [_list_as_dict(answer, position) for position in range(len(answer.lists))]
    return told


def _list_as_dict(answer: "Answer", position: int) -> dict[str, Any]:
    one = answer.lists[position]
    items = []
    for place, num in enumerate(one.item_nums.tolist()):
        item = {
            "rank": place + 1,
            "item_id": answer.item_id(num),
            "title": answer.speaker.titles[num],
            "score": float(one.scores[place]),
            "probability": float(one.probabilities[place]),
        }
        if one.reasons:
            reason = one.reasons[place]
            item["reason"] = answer.sentence(position, place)
            item["same_as"] = [{**_past(answer, past), "confidence": past.confidence} for past in reason.same]
            item["because"] = [{**_past(answer, past), "share": past.share} for past in reason.carriers]
            item["components"] = dict(reason.components)
        items.append(item)
    return {"user": answer.users[position], "fallback": answer.causes[position], "items": items}


def _past(answer: "Answer", past: "Carrier | Same") -> dict[str, str]:
    return {
        "platform": answer.speaker.platforms[past.platform],
        "item_id": answer.item_id(past.item),
        "title": answer.speaker.titles[past.item],
    }


def _show(answer: "Answer") -> None:
    from isthmus.cli.printing import note

    for position in range(min(len(answer.lists), _SHOWN)):
        show_list(answer, position)
    if len(answer.lists) > _SHOWN:
        note(f"{len(answer.lists) - _SHOWN:,} more lists: write them all with --out recs.parquet.")
    _tell_notes(answer)


def _tell_notes(answer: "Answer") -> None:
    from isthmus.cli.printing import note

    n_fallbacks = sum(cause is not None for cause in answer.causes)
    if len(answer.lists) > 1 and n_fallbacks:
        note(f"{n_fallbacks:,} lists show what is popular, since nothing known speaks for anything else.")
    for message in answer.notes:
        note(message)
