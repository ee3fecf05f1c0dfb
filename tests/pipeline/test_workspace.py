import sqlite3

import pytest

from isthmus.errors import NotAWorkspaceError, SettingsError, WorkspaceError, WorkspaceVersionError
from isthmus.pipeline import Workspace


def test_a_new_workspace_is_empty_and_opens(tmp_path):
    made = Workspace.create(tmp_path / "deep" / "ws")
    again = Workspace.open(made.folder)
    assert (again.log.count(), again.links.count(), again.catalogue.read().height) == (0, 0, 0)
    assert again.pseudonyms.of("books", "ann") == made.pseudonyms.of("books", "ann")


def test_init_never_destroys(workspace):
    before = workspace.log.count()
    with pytest.raises(WorkspaceError, match="a workspace already") as caught:
        Workspace.create(workspace.folder)
    assert caught.value.exit_code == 7
    assert Workspace.open(workspace.folder).log.count() == before > 0


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(WorkspaceError, match=r"thesis\.docx"):
        Workspace.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "ws").write_text("")
    with pytest.raises(WorkspaceError, match="is a file"):
        Workspace.create(tmp_path / "ws")


def test_a_killed_creation_is_taken_over_with_its_key(tmp_path):
    made = Workspace.create(tmp_path / "ws")
    code = made.pseudonyms.of("books", "ann")
    (tmp_path / "ws" / "manifest.sqlite").unlink()
    assert Workspace.create(tmp_path / "ws").pseudonyms.of("books", "ann") == code


def test_no_workspace(tmp_path):
    with pytest.raises(NotAWorkspaceError) as caught:
        Workspace.open(tmp_path)
    assert "isthmus init" in caught.value.hint


def test_a_newer_workspace_is_refused(workspace):
    connection = sqlite3.connect(workspace.folder / "manifest.sqlite")
    with connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format_version'")
    connection.close()
    with pytest.raises(WorkspaceVersionError, match="99"):
        Workspace.open(workspace.folder)


def test_settings_of_the_folder_are_read(workspace):
    (workspace.folder / "isthmus.toml").write_text("[ranking]\ndiversity = 0.5\n")
    assert Workspace.open(workspace.folder).settings.ranking.diversity == 0.5
    (workspace.folder / "isthmus.toml").write_text("[ranking]\ndiversty = 0.5\n")
    with pytest.raises(SettingsError, match="diversty"):
        Workspace.open(workspace.folder)
