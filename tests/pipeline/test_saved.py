import numpy as np
import pytest

from isthmus.errors import NotFittedError, SettingsError, UnknownNameError, WorkspaceError
from isthmus.pipeline import Workspace, find_status, fit_model, list_models, open_model, read_dataset
from isthmus.pipeline.saved import changing_models, tidy_models


def names(workspace):
    return sorted(path.name for path in (workspace.folder / "models").iterdir())


def test_a_fitted_model_comes_back_with_its_items(workspace):
    saved = fit_model(workspace, "ease", config={"reg": 10.0}, seed=3)
    model, items, opened = open_model(workspace)
    dataset = read_dataset(workspace, None)
    assert opened == saved
    assert items.ids.tolist() == dataset.items.ids.tolist()
    query = dataset.query([0, 1, 2], "films")
    np.testing.assert_array_equal(
        model.score(query), type(model)(model.config).fit(dataset, rng=3).score(query)
    )
    assert saved.about["config"]["reg"] == 10.0
    assert saved.about["encoder"].startswith("use@")


def test_the_newest_of_each_method_stays(workspace):
    for name in ("ease", "popularity", "ease"):
        fit_model(workspace, name)
    assert names(workspace) == ["ease.2", "ease.json", "lock", "popularity.1", "popularity.json"]
    assert [saved.model for saved in list_models(workspace)] == ["ease", "popularity"]
    assert open_model(workspace, "popularity")[2].model == "popularity"


def test_what_a_killed_fit_left_is_removed_by_the_next(workspace):
    fit_model(workspace, "ease")
    folder = workspace.folder / "models"
    (folder / "ease.2").mkdir()
    (folder / "ease.3.new").mkdir()
    (folder / "ease.json.0f.new").write_text("{")
    assert open_model(workspace)[2].folder == "ease.1"
    fit_model(workspace, "ease")
    assert names(workspace) == ["ease.2", "ease.json", "lock"]


def test_a_model_that_was_never_fitted(workspace):
    with pytest.raises(NotFittedError, match="No model has been fitted") as caught:
        open_model(workspace)
    assert "isthmus fit" in caught.value.hint
    fit_model(workspace, "popularity")
    with pytest.raises(NotFittedError, match="'ease'"):
        open_model(workspace, "ease")


def test_a_failed_fit_leaves_the_old_model(workspace):
    fit_model(workspace, "ease")
    with pytest.raises(UnknownNameError, match="no platform named 'games'"):
        fit_model(workspace, "ease", target="games")
    with pytest.raises(SettingsError, match="reg"):
        fit_model(workspace, "ease", config={"reg": "much"})
    assert names(workspace) == ["ease.1", "ease.json", "lock"]


def test_a_damaged_pointer_says_so(workspace):
    fit_model(workspace, "ease")
    (workspace.folder / "models" / "ease.json").write_text("{")
    with pytest.raises(WorkspaceError, match=r"ease\.json is damaged"):
        open_model(workspace)


def test_an_empty_workspace_cannot_be_fitted(tmp_path):
    workspace = Workspace.create(tmp_path / "ws")
    with pytest.raises(Exception, match="no events yet") as caught:
        fit_model(workspace, "ease")
    assert "isthmus import" in caught.value.hint


def test_the_cache_of_vectors_is_filled_once(workspace):
    fit_model(workspace, "content")
    vectors = find_status(workspace).vectors
    fit_model(workspace, "content")
    assert find_status(workspace).vectors == vectors
    assert list(vectors.values()) == [6]


def test_tidying_keeps_what_is_in_use(workspace):
    fit_model(workspace, "ease")
    with changing_models(workspace) as folder:
        tidy_models(folder)
    assert open_model(workspace)[2].model == "ease"
