import numpy as np
import polars as pl
import pytest

from isthmus.errors import InputError, NotFittedError, UnknownNameError
from isthmus.pipeline import RECOMMENDED, Wish, fit_model, open_model, read_dataset, recommend


@pytest.fixture
def fitted(workspace):
    fit_model(workspace, "ease", config={"reg": 1.0})
    return workspace


def test_lists_are_the_models_own(fitted):
    answer = recommend(fitted, ["books:ann"], Wish("films", n=3))
    model, _, _ = open_model(fitted)
    dataset = read_dataset(fitted, None)
    num = dataset.users.num(f"books:{fitted.pseudonyms.of('books', 'ann')}")
    expected = model.recommend(dataset.query([num], "films"), 3)
    assert answer.lists[0].item_nums.tolist() == expected.item_nums[0].tolist()
    np.testing.assert_allclose(answer.lists[0].scores, expected.scores[0], rtol=1e-12)
    assert answer.frame().schema == RECOMMENDED
    assert answer.frame()["rank"].to_list() == [1, 2, 3]


def test_what_is_known_already_is_left_out_unless_asked_for(fitted):
    ids = recommend(fitted, ["bob"], Wish("films")).frame()["item_id"].to_list()
    assert sorted(ids) == ["f2", "f3"]
    ids = recommend(fitted, ["bob"], Wish("films", include_seen=True)).frame()["item_id"].to_list()
    assert sorted(ids) == ["f1", "f2", "f3"]


def test_everybody_under_the_names_they_came_in(fitted):
    answer = recommend(fitted, None, Wish("films", n=1))
    assert answer.users == ("bob", "books:ann", "cyd")
    assert answer.frame()["user"].to_list() == ["bob", "books:ann", "cyd"]


def test_users_keep_their_order_and_strangers_are_told(fitted):
    asked = ["nobody", "films:bob", "books:x/y", "bob"]
    answer = recommend(fitted, asked, Wish("films", n=2))
    assert answer.users == tuple(asked)
    assert [cause is not None for cause in answer.causes] == [True, False, True, False]
    assert "popular on films" in answer.causes[0]
    assert answer.lists[0].item_nums.tolist() == answer.lists[2].item_nums.tolist()
    assert answer.frame().filter(pl.col("user") == "nobody")["item_id"][0] == "f1"  # two of three saw it


def test_each_item_has_a_reason(fitted):
    answer = recommend(fitted, ["books:ann"], Wish("films", n=1, explain=True))
    assert answer.sentence(0, 0).startswith("Because you read")
    assert answer.sentence(0, 0, "zh").startswith("因为你")
    assert recommend(fitted, ["books:ann"], Wish("films")).sentence(0, 0) == ""


def test_category_exclusion_and_diversity(fitted):
    wish = Wish("films", categories=("Cooking",))
    assert recommend(fitted, ["books:ann"], wish).frame()["item_id"].to_list() == ["f3"]
    wish = Wish("films", exclude=("f1",), diversity=0.4)
    assert sorted(recommend(fitted, ["books:ann"], wish).frame()["item_id"]) == ["f2", "f3"]


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (Wish("games"), UnknownNameError),
        (Wish("films", categories=("opera",)), UnknownNameError),
        (Wish("films", exclude=("f99",)), UnknownNameError),
        (Wish("films", n=0), InputError),
        (Wish("films", diversity=2.0), InputError),
    ],
)
def test_wishes_that_cannot_be_met(fitted, wish, error):
    with pytest.raises(error):
        recommend(fitted, ["bob"], wish)


def test_items_and_platforms_that_came_after_the_fit(fitted, take_in):
    take_in(fitted, "platform,item_id,title\nfilms,f9,New\ngames,g1,Go\n", role="items")
    answer = recommend(fitted, ["bob"], Wish("films"))
    assert "1 item of the catalogue came in after" in answer.notes[0]
    assert "f9" not in answer.frame()["item_id"].to_list()
    with pytest.raises(UnknownNameError) as caught:
        recommend(fitted, ["bob"], Wish("games"))
    assert "isthmus fit" in caught.value.hint
    fit_model(fitted, "ease")
    answer = recommend(fitted, ["bob"], Wish("films"))
    assert answer.notes == ()
    assert "f9" in answer.frame()["item_id"].to_list()


def test_an_event_after_the_fit_counts_in_the_next_list(fitted, take_in):
    before = recommend(fitted, ["books:ann"], Wish("films", n=3)).lists[0].scores
    take_in(fitted, "platform,user_id,item_id,kind\nbooks,ann,b3,read\nbooks,new,b1,read\n")
    assert recommend(fitted, ["books:ann"], Wish("films", n=3)).lists[0].scores.tolist() != before.tolist()
    assert recommend(fitted, ["books:new"], Wish("films")).causes == (None,)


def test_hidden_items_are_not_recommended_from_then_on(fitted, take_in):
    take_in(fitted, "platform,item_id,hidden\nfilms,f1,true\n", role="items")
    assert "f1" not in recommend(fitted, None, Wish("films")).frame()["item_id"].to_list()


def test_an_item_only_events_name_can_be_recommended(workspace, take_in):
    take_in(workspace, "platform,user_id,item_id\nfilms,dan,bare\nfilms,eve,bare\n")
    fit_model(workspace, "popularity")
    assert "bare" in recommend(workspace, ["books:ann"], Wish("films")).frame()["item_id"].to_list()


def test_a_list_leans_to_the_device_that_asks_and_says_where_it_cannot(fitted, take_in):
    rows = ["books,ann,b1,like,phone", "books,ann,b3,like,computer", "books,ann,b3,share,computer"]
    take_in(fitted, "platform,user_id,item_id,kind,context.device\n" + "\n".join(rows) + "\n")
    plain = recommend(fitted, ["books:ann"], Wish("films", n=3))
    phone, computer = (
        recommend(fitted, ["books:ann"], Wish("films", n=3, device=device, explain=True))
        for device in ("phone", "computer")
    )
    assert plain.notes == phone.notes == ()
    assert phone.lists[0].scores.tolist() != plain.lists[0].scores.tolist()
    assert "Three-Body" in phone.sentence(0, 0)
    b3 = carried_share(computer, "b3"), carried_share(phone, "b3")
    assert b3[0] > b3[1]
    told = recommend(fitted, ["bob", "cyd"], Wish("films", device="phone")).notes
    assert told == ("Of 2 people nothing is known from phone: their lists lean to no device.",)
    alone = recommend(fitted, ["bob"], Wish("films", device="phone"))
    assert "leans to no device" in alone.notes[0]
    assert (
        alone.lists[0].scores.tolist() == recommend(fitted, ["bob"], Wish("films")).lists[0].scores.tolist()
    )
    with pytest.raises(UnknownNameError) as caught:
        recommend(fitted, ["bob"], Wish("films", device="fone"))
    assert "phone" in caught.value.hint


def carried_share(answer, item_id):
    """The largest part that a past item carries of any item of the list."""
    carried = [one for reason in answer.lists[0].reasons for one in reason.carriers]
    return max((one.share for one in carried if answer.item_id(one.item) == item_id), default=0.0)


def test_a_calibrated_list_keeps_what_the_score_alone_drops(fitted):
    plain = recommend(fitted, ["bob"], Wish("films", n=2, include_seen=True)).frame()["item_id"].to_list()
    assert "f3" not in plain
    wish = Wish("films", n=2, include_seen=True, calibration=0.8)
    assert "f3" in recommend(fitted, ["bob"], wish).frame()["item_id"].to_list()  # bob cooks too
    with pytest.raises(InputError, match="either"):
        recommend(fitted, ["bob"], Wish("films", calibration=0.5, diversity=0.5))
    with pytest.raises(InputError, match="calibration"):
        recommend(fitted, ["bob"], Wish("films", calibration=1.5))


def test_without_a_model(workspace):
    with pytest.raises(NotFittedError):
        recommend(workspace, ["bob"], Wish("films"))
