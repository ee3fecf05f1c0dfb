"""Zip archives: their directory is looked at as a whole before anything is unpacked."""

import shutil
import stat
import zipfile

from isthmus.sources.members import Guard

__all__ = ["unzip"]

_ENCRYPTED = 0x1


def unzip(guard: Guard) -> None:
    """Unpack the wanted members. InputError for what is refused; errors of zipfile pass through."""
    with zipfile.ZipFile(guard.archive) as opened:
        members = opened.infolist()
        _check(guard, members)
        wanted = [one for one in members if not one.is_dir() and guard.wants(one.filename)]
        guard.room(sum(member.file_size for member in wanted))
        for member in wanted:
            # zipfile never gives more bytes than a member says it has, and checks their sum.
            with opened.open(member) as packed, guard.place(member.filename).open("xb") as plain:
                shutil.copyfileobj(packed, plain, 1_000_000)


def _check(guard: Guard, members: list[zipfile.ZipInfo]) -> None:
    guard.count(len(members))
    for member in members:
        guard.name(member.filename, member.orig_filename, is_folder=member.is_dir())
        if stat.S_ISLNK(member.external_attr >> 16):
            raise guard.sort(member.filename, "symbolic link")
        if member.flag_bits & _ENCRYPTED:
            raise guard.refusal("is encrypted", "Unpack it with its password and name the folder.")
    guard.size(sum(member.file_size for member in members))
