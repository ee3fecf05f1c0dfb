import pytest

from isthmus.errors import InputError
from isthmus.pipeline import find_people, find_person, read_dataset, read_names
from isthmus.pipeline.people import all_people


def test_accounts_persons_and_strangers(workspace):
    found = find_people(workspace, ["books:ann", "bob", "books:bob", "nobody", "films:ann"])
    ann, bob, same, nobody, elsewhere = found["key"].to_list()
    assert ann == f"books:{workspace.pseudonyms.of('books', 'ann')}"
    assert bob == same == workspace.pseudonyms.person("bob")
    assert nobody is elsewhere is None


def test_any_id_can_be_asked_for(workspace, take_in):
    ids = ["a:b", "sp ace", 'q"uote', "sl/ash", "表情😀", "a,b"]
    rows = "".join(f'books,"{one.replace(chr(34), chr(34) * 2)}",b1\n' for one in ids)
    take_in(workspace, f"platform,user_id,item_id\n{rows}")
    assert find_people(workspace, [f"books:{one}" for one in ids])["key"].null_count() == 0


def test_a_bare_id_will_do_where_only_one_person_has_it(workspace, take_in):
    take_in(workspace, "platform,user_id,item_id\nbooks,dee,b1\nfilms,dee,f1\nbooks,eve,b1\n")
    eve, dee, bob = find_people(workspace, ["eve", "dee", "bob"])["key"].to_list()
    assert eve == f"books:{workspace.pseudonyms.of('books', 'eve')}"
    assert dee is None  # two accounts that nobody linked may be two people
    assert bob == workspace.pseudonyms.person("bob")


def test_a_person_may_have_a_colon_in_the_name(workspace, take_in):
    take_in(workspace, "person,platform,user_id\nDr: Who,books,ann\n", role="links")
    assert find_person(workspace, "Dr: Who").accounts["user_id"].to_list() == ["ann"]
    assert not find_person(workspace, " Who").is_known  # a part of a name is no account


def test_every_key_of_a_dataset_has_its_name_back(workspace):
    keys = read_dataset(workspace, None).users.ids.tolist()
    assert list(all_people(workspace, keys)) == ["bob", "books:ann", "cyd"]
    assert sorted(all_people(workspace, keys).values()) == sorted(keys)


def test_a_person_has_all_linked_accounts(workspace):
    bob = find_person(workspace, "films:bob")
    assert sorted(bob.accounts["platform"]) == ["books", "films"]
    assert bob.names == ("bob",)
    assert len(bob.pseudonyms) == 3
    assert not find_person(workspace, "nobody").is_known


def test_names_in_a_file(tmp_path):
    file = tmp_path / "users.txt"
    file.write_bytes("\ufeffbooks:ann\r\n\r\nbob\r\nbooks:ann\r\n 林 \r\n".encode())
    assert read_names(file) == ["books:ann", "bob", " 林 "]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_names_is_refused(tmp_path, content):
    (tmp_path / "users.txt").write_bytes(content)
    with pytest.raises(InputError, match=r"users\.txt"):
        read_names(tmp_path / "users.txt")
