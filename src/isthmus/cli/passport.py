"""`isthmus passport`: make, read, verify, show, edit and use a portable profile."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.options import WS, Json, Platform, User

if TYPE_CHECKING:
    from isthmus.passport import Passport

__all__ = ["register"]

PassportFile = Annotated[Path, typer.Argument(help="A passport.", metavar="PASSPORT", show_default=False)]
Passphrase = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="Text file with the owner's passphrase.", metavar="FILE"),
]
IssuerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--issuer", help="Believe only this public key or fingerprint (repeat for more).", metavar="KEY"
    ),
]
Out = Annotated[Path, typer.Option("--out", help="A file that does not exist yet.", metavar="FILE")]
Language = Annotated[str, typer.Option("--language", help="`en` or `zh`.")]

_app = typer.Typer(
    help="Carry interests to where nobody knows the person: a signed file that any platform can read.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add the verb and what can be done with a passport."""
    _commands()
    app.add_typer(
        _app, name="passport", epilog="Example: isthmus passport make ws --user books:ann --out me.passport"
    )


def _commands() -> None:
    if _app.registered_commands:
        return
    _app.command("make", epilog="Example: isthmus passport make ws --user books:ann --out me.passport")(make)
    _app.command("read", epilog="Example: isthmus passport read me.passport")(read)
    _app.command("verify", epilog="Example: isthmus passport verify me.passport")(verify)
    _app.command("show", epilog="Example: isthmus passport show me.passport --language zh")(show)
    _app.command(
        "edit", epilog="Example: isthmus passport edit ws me.passport --remove cooking --out less.passport"
    )(edit)
    _app.command("use", epilog="Example: isthmus passport use shop me.passport --platform films -n 10")(use)


def make(
    workspace: WS,
    user: User,
    out: Out,
    level: Annotated[
        str,
        typer.Option("--level", help="`topics`: words; `vectors`: and noisy vectors; `full`: exact ones."),
    ] = "topics",
    epsilon: Annotated[
        float, typer.Option("--epsilon", help="Of the noise on vectors: smaller tells less.")
    ] = 8.0,
    items: Annotated[bool, typer.Option("--items", help="Also list what the person touched.")] = False,
    expires: Annotated[float, typer.Option("--expires", help="Days until it ends.", metavar="DAYS")] = 180.0,
    purpose: Annotated[
        list[str] | None,
        typer.Option(
            "--purpose",
            help="What the owner agrees to: personalise, transfer, train, research (repeat for more). "
            "By default the first two.",
        ),
    ] = None,
    passphrase_file: Passphrase = None,
) -> None:
    """Make a passport of a person: topics and keywords, and as much more as its owner wants to tell."""
    from isthmus.cli.printing import out as console
    from isthmus.cli.progress import Bars
    from isthmus.errors import SettingsError
    from isthmus.passport import Terms
    from isthmus.pipeline import Workspace
    from isthmus.pipeline.passports import issuer_of, make_passport, write_passport

    if level not in ("topics", "vectors", "full"):
        raise SettingsError(f"There is no level {level!r}.", "Levels: topics, vectors, full.")
    agreed: Any = tuple(purpose) if purpose is not None else ("personalise", "transfer")
    terms = Terms(level, epsilon, items, expires, agreed)  # type: ignore[arg-type]
    opened = Workspace.open(workspace)
    document = make_passport(opened, user, terms, Bars())
    write_passport(document, out, _passphrase(passphrase_file))
    console().print(f"{out}: level {level}, signed by {_short(issuer_of(opened))}.", markup=False)


def read(passport: PassportFile, passphrase_file: Passphrase = None, issuer: IssuerOption = None) -> None:
    """Print the whole passport as JSON, once it was found right."""
    from isthmus.cli.printing import print_json

    opened = _open(passport, passphrase_file, issuer)
    print_json(opened.model_dump(mode="json", exclude_none=True))


def verify(
    passport: PassportFile,
    passphrase_file: Passphrase = None,
    issuer: IssuerOption = None,
    as_json: Json = False,
) -> None:
    """Say whether a passport may be believed; otherwise end with the reason and a code above 0."""
    from isthmus.cli.printing import note, print_json
    from isthmus.cli.printing import out as console

    opened = _open(passport, passphrase_file, issuer)
    signer = _short(opened.issuer.public_key)
    if as_json:
        told = {"issuer": signer, "public_key": opened.issuer.public_key, "level": opened.level}
        print_json({**told, "revision": opened.revision, "expires_at": opened.expires_at.isoformat()})
        return
    console().print(
        f"{passport} is whole, level {opened.level}, revision {opened.revision}, until "
        f"{opened.expires_at:%Y-%m-%d}, signed by {signer}.",
        markup=False,
    )
    if not issuer:
        note(f"Any key was believed. Ask the issuer for theirs, and give it: --issuer {signer}")


def show(passport: PassportFile, language: Language = "en", passphrase_file: Passphrase = None) -> None:
    """Tell its owner in plain words what a passport says."""
    from isthmus.cli.printing import out as console
    from isthmus.errors import SettingsError
    from isthmus.passport import tell

    if language not in ("en", "zh"):
        raise SettingsError(f"There is no language {language!r}.", "Languages: en, zh.")
    for line in tell(_open(passport, passphrase_file, None), language):  # type: ignore[arg-type]
        console().print(line, markup=False)


def edit(
    workspace: WS,
    passport: PassportFile,
    out: Out,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", help="A topic or keyword to take out (repeat for more).", metavar="NAME"),
    ] = None,
    lower: Annotated[
        list[str] | None,
        typer.Option("--lower", help="One to weigh less, by a factor (repeat for more).", metavar="NAME=0.5"),
    ] = None,
    passphrase_file: Passphrase = None,
) -> None:
    """Take topics out or make them weigh less, and sign the passport again with the key of the workspace.

    With a topic go the keywords and vectors that are nearest to it, and the list of items.
    """
    from isthmus.cli.printing import out as console
    from isthmus.pipeline import Workspace
    from isthmus.pipeline.passports import edit_passport, write_passport

    opened = _open(passport, passphrase_file, None)
    document = edit_passport(
        Workspace.open(workspace), opened, remove=remove or (), lower=dict(map(_factor, lower or ()))
    )
    write_passport(document, out, _passphrase(passphrase_file))
    console().print(f"{out}: revision {document['revision']}.", markup=False)


def use(
    workspace: WS,
    passport: PassportFile,
    platform: Platform,
    n: Annotated[int, typer.Option("-n", help="Length of the list.", min=1)] = 10,
    language: Language = "en",
    passphrase_file: Passphrase = None,
    issuer: IssuerOption = None,
    as_json: Json = False,
) -> None:
    """Recommend items of a platform to the holder of a passport, of whom nothing need be known here."""
    from isthmus.cli.printing import note, print_json, print_table
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace
    from isthmus.pipeline.passports import use_passport

    opened = _open(passport, passphrase_file, issuer)
    answer = use_passport(Workspace.open(workspace), opened, platform, n, Bars())
    why = [one.sentence(platform, "zh" if language == "zh" else "en") for one in answer.found.reasons]
    scores = answer.found.scores.tolist()
    listed = list(zip(answer.titles, answer.item_ids, scores, why, strict=True))
    if as_json:
        told = [
            {"item_id": item, "title": title, "score": score, "why": reason}
            for title, item, score, reason in listed
        ]
        print_json({"platform": platform, "by": answer.found.by, "issuer": answer.issuer, "list": told})
        return
    rows = [
        (place, title, item, f"{score:.2f}", reason)
        for place, (title, item, score, reason) in enumerate(listed, 1)
    ]
    print_table(["", "title", "item", "score", "why"], rows, right=("", "score"))
    if answer.found.by == "texts" and opened.vectors:
        note("The vectors are of another encoder; the words of the passport were read instead.")


def _open(file: Path, passphrase_file: Path | None, issuers: list[str] | None) -> "Passport":
    from isthmus.pipeline.passports import read_passport

    return read_passport(file, passphrase=_passphrase(passphrase_file), issuers=issuers or ())


def _passphrase(file: Path | None) -> str | None:
    from isthmus.errors import InputError

    if file is None:
        return None
    try:
        phrase = file.read_text(encoding="utf-8-sig").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=str(file)) from error
    if not phrase:
        raise InputError("holds no passphrase", "Write one line into it.", file=str(file))
    return phrase


def _factor(written: str) -> tuple[str, float]:
    from isthmus.errors import SettingsError

    name, _, factor = written.rpartition("=")
    try:
        return name, float(factor)
    except ValueError:
        raise SettingsError(f"{written!r} is no factor.", "Write NAME=0.5.") from None


def _short(public_key: str) -> str:
    from isthmus.passport import fingerprint

    return fingerprint(public_key)
