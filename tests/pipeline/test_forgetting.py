import numpy as np
import polars as pl
import pytest

from isthmus.errors import UnknownNameError, WorkspaceBusyError
from isthmus.pipeline import (
    Wish,
    Workspace,
    fit_model,
    forget,
    import_files,
    list_models,
    open_model,
    read_dataset,
    recommend,
)
from isthmus.pipeline.saved import changing_models, models_aside, set_aside
from isthmus.sources import load_source

NAMED = "zebulon"


@pytest.fixture
def known(workspace, take_in):
    take_in(
        workspace,
        "platform,user_id,item_id,kind\n"
        f"books,{NAMED},b1,read\nbooks,{NAMED},b3,read\nfilms,{NAMED},f1,watch\nfilms,{NAMED},f3,watch\n"
        f"books,{NAMED},,read\nbooks,zebulon2,,read\n",
    )
    take_in(
        workspace,
        f"person,platform,user_id\nthe {NAMED},books,{NAMED}\nthe {NAMED},films,{NAMED}\n",
        role="links",
    )
    return workspace


def bytes_of(workspace):
    files = (path for path in workspace.folder.rglob("*") if path.is_file())
    parts = []
    for file in files:
        parts.append(file.read_bytes())
        if file.suffix == ".parquet":
            parts.append(str(pl.read_parquet(file).rows()).encode())
    return b"".join(parts)


@pytest.mark.parametrize("asked", [f"books:{NAMED}", f"the {NAMED}"])
def test_nothing_of_them_is_anywhere(known, asked):
    fit_model(known, "ease")
    codes = [known.pseudonyms.of(on, NAMED) for on in ("books", "films")]
    codes.append(known.pseudonyms.person(f"the {NAMED}"))
    assert all(code.encode() in bytes_of(known) for code in codes)
    receipt = forget(known, asked)
    assert (receipt.events, receipt.links, receipt.identities, receipt.rejects) == (4, 2, 3, 1)
    assert receipt.accounts == (f"books:{NAMED}", f"films:{NAMED}")
    assert receipt.models == {"ease": "fitted again"}
    left = bytes_of(known)
    assert not any(code.encode() in left for code in codes)
    assert NAMED.encode() not in left.replace(b"zebulon2", b"")
    assert b"zebulon2" in left


def test_models_equal_those_of_a_workspace_that_never_knew_them(known, filled):
    fit_model(known, "ease", config={"reg": 2.0})
    forget(known, f"books:{NAMED}")
    pristine = Workspace.open(filled)
    dataset = read_dataset(known, None)
    model, items, saved = open_model(known, "ease")
    same = type(model)(model.config).fit(read_dataset(pristine, None), rng=0)
    assert saved.about["config"]["reg"] == 2.0
    assert items.ids.tolist() == read_dataset(pristine, None).items.ids.tolist()
    query = dataset.query(range(dataset.n_users), "films")
    keys = [known.pseudonyms.person("bob"), known.pseudonyms.person("cyd")]
    nums = dataset.users.nums(keys)
    assert (nums >= 0).all()
    np.testing.assert_allclose(model.score(query), same.score(query), atol=1e-12)


def test_others_are_left_alone(known):
    before = known.log.count()
    forget(known, f"books:{NAMED}")
    assert known.log.count() == before - 4
    assert known.identities.find("books", "ann")
    fit_model(known, "ease")
    assert recommend(known, [f"books:{NAMED}"], Wish("films")).causes[0] is not None


def test_somebody_of_whom_only_rejects_are_kept(known):
    receipt = forget(known, "books:zebulon2")
    assert (receipt.events, receipt.rejects) == (0, 1)
    with pytest.raises(UnknownNameError):
        forget(known, "books:zebulon2")


def test_a_row_that_does_not_say_whose_it_is(workspace, take_in):
    head = "platform,user_id,item_id\n"
    take_in(workspace, f"{head}books,ann,b1,{'x,' * 3}ann\nbooks,annabel,b1,too,many,annabel\n")
    assert forget(workspace, "books:ann").rejects == 1
    left = b"".join(file.read_bytes() for file in (workspace.folder / "rejects").iterdir())
    assert b"annabel" in left


def test_nobody(workspace):
    fit_model(workspace, "ease")
    with pytest.raises(UnknownNameError, match="nobody"):
        forget(workspace, "nobody")
    assert [saved.model for saved in list_models(workspace)] == ["ease"]


def test_an_erasure_that_waits_in_vain_leaves_the_models_in_use(known, monkeypatch):
    fit_model(known, "ease")
    monkeypatch.setenv("ISTHMUS_IMPORTING__LOCK_TIMEOUT_S", "0.05")
    with known.store.writing(), pytest.raises(WorkspaceBusyError):
        forget(Workspace.open(known.folder), f"books:{NAMED}")
    assert [saved.model for saved in list_models(known)] == ["ease"]


def test_a_model_of_nobody_is_removed(tmp_path):
    workspace = Workspace.create(tmp_path / "ws")
    (tmp_path / "one.csv").write_text("platform,user_id,item_id\nbooks,ann,b1\n")
    list(import_files(workspace, load_source("table"), [tmp_path / "one.csv"]))
    fit_model(workspace, "popularity")
    assert "no events" in forget(workspace, "books:ann").models["popularity"]
    assert list_models(workspace) == []


def test_models_of_an_erasure_that_was_killed_are_out_of_use_until_fitted_again(known):
    fit_model(known, "ease", seed=5)
    with changing_models(known) as folder:
        set_aside(folder)
    assert list_models(known) == []
    assert forget(known, f"books:{NAMED}").models == {"ease": "fitted again"}
    assert list_models(known)[0].about["seed"] == 5
    assert models_aside(folder) == []
