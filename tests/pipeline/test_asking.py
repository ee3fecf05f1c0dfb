"""Score, interests, status and evaluate: what can be asked besides lists."""

import pytest

from isthmus.errors import InputError, UnknownNameError
from isthmus.pipeline import (
    Workspace,
    evaluate_models,
    find_interests,
    find_status,
    fit_model,
    score_text,
)


def test_a_text_is_scored_by_what_it_is_about_in_any_language(workspace):
    space = score_text(workspace, "cyd", "A voyage to distant stars")
    chinese = score_text(workspace, "cyd", "飞向遥远星系的旅程")
    assert 0 <= space.interest <= 1
    assert 0 <= chinese.interest <= 1
    kitchen = score_text(workspace, "cyd", "Recipes for home cooks")
    assert space.interest > kitchen.interest
    assert {one.title for one in space.because} <= {"The Three-Body Problem", "Dune", "Interstellar"}
    assert sum(one.share for one in space.because) <= 1 + 1e-9


def test_a_text_of_a_person_is_not_kept(workspace):
    score_text(workspace, "cyd", "anything")
    n_vectors = find_status(workspace).vectors
    score_text(workspace, "cyd", "something quite different")
    assert find_status(workspace).vectors == n_vectors


def test_a_stranger_has_no_leaning(workspace):
    found = score_text(workspace, "nobody", "stars")
    assert (found.interest, found.because) == (0.5, ())
    assert "Nobody of this name" in found.cause


def test_a_blank_text_is_refused(workspace):
    with pytest.raises(InputError, match="blank"):
        score_text(workspace, "cyd", "  ")


def test_interests_name_topics_and_the_platforms_behind_them(workspace):
    known = find_interests(workspace, "bob")
    topics = {one.name: one for one in known.found.topics}
    assert set(topics) == {"science fiction", "cooking"}
    assert set(topics["science fiction"].platforms) == {"books", "films"}
    assert known.titled(topics["cooking"]) == ("Salt Fat Acid Heat",)
    assert sum(one.weight for one in known.found.topics) == pytest.approx(1)
    assert find_interests(workspace, "nobody").cause


def test_status_counts(workspace):
    fit_model(workspace, "ease")
    status = find_status(workspace)
    assert (status.events, status.people, status.items, status.links) == (8, 3, 6, 4)
    books = status.platforms["books"]
    assert (books.events, books.people, books.items, books.links) == (5, 3, 3, 2)
    assert status.models[0]["model"] == "ease"
    assert sum(status.vectors.values()) == 6
    assert status.size_bytes > 1_000
    assert sum(one.events for one in status.platforms.values()) == status.events


def test_status_of_nothing(tmp_path):
    status = find_status(Workspace.create(tmp_path / "ws"))
    assert (status.events, status.people, status.platforms, status.models) == (0, 0, {}, ())


def test_models_are_tested_and_nothing_saved_is_touched(workspace):
    report = evaluate_models(
        workspace, ["popularity", "ease"], target="films", options={"test": 0.5, "validation": 0.0}
    )
    assert list(report.models) == ["popularity", "ease"]
    assert not (workspace.folder / "models").exists()
    with pytest.raises(UnknownNameError):
        evaluate_models(workspace, ["popularity"], target="games")
