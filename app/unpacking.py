"""Folders of pictures or texts that a page hands over as one ``.zip``: only data are unpacked, and nothing beside their folder."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..errors import DataError
from ..texts import bytes_text
from ..training.data.images import IMAGE_SUFFIXES
from ..training.data.text_folders import TEXT_SUFFIXES

SUFFIX = ".zip"
UNPACKED = 640_000_000
"""Bytes of an archive's files; pictures hardly shrink when they are packed, so that more is an attack or a mistake."""
FILES = 100_000
"""That are unpacked of an archive."""
_DATA = IMAGE_SUFFIXES | TEXT_SUFFIXES | {".npy"}
_UTF8, _LOCKED = 0x800, 0x1
"""Bits of a member's flags: its name is UTF-8; it is encrypted."""
_OTHERS = ("__MACOSX",)
"""Folders that an operating system adds."""
_Members = list[tuple[zipfile.ZipInfo, PurePosixPath]]


def unpack(archive: Path, folder: Path) -> int:
    """Unpack the pictures, texts and arrays of an archive into a folder, unless it is there: whole, or not at all.

    Folders stay where nothing in them is unpacked, since a class that is left out must be seen.

    Returns:
        How many files are none of these, and are passed over.

    Raises:
        DataError: It is damaged, locked, too large once it is unpacked, holds no data, or names that lead elsewhere.
        OSError: The folder cannot be written.
    """
    part = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members(opened, archive.name)
            data = [(member, path) for member, path in members if path.suffix.lower() in _DATA]
            _check_data(data, archive.name)
            if not folder.exists():
                for _, path in members:
                    (part / path.parent).mkdir(parents=True, exist_ok=True)
                for member, path in data:
                    with opened.open(member) as packed, (part / path).open("xb") as file:
                        shutil.copyfileobj(packed, file, 2**20)
                part.rename(folder)
            return len(members) - len(data)
    except (FileExistsError, NotADirectoryError) as error:
        raise DataError(f"'{archive.name}' holds one name twice: pack the folder again.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as error:
        raise DataError(f"'{archive.name}' is damaged, or no .zip: pack the folder again.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _members(opened: zipfile.ZipFile, name: str) -> _Members:
    """Return the files of an archive that are not hidden, with the names that they get."""
    found = [(member, _safe(member, name)) for member in opened.infolist() if not member.is_dir()]
    return [(member, path) for member, path in found if not any(map(_is_hidden, path.parts))]


def _check_data(found: _Members, name: str) -> None:
    """Raise `DataError` unless the data can be unpacked."""
    if not found:
        raise DataError(
            f"'{name}' holds no pictures or texts: pack a folder with one folder for each class; upload a table as it is."
        )
    if any(member.flag_bits & _LOCKED for member, _ in found):
        raise DataError(f"'{name}' is locked by a password: pack it without one.")
    size = sum(member.file_size for member, _ in found)
    if len(found) > FILES or size > UNPACKED:
        raise DataError(
            f"'{name}' unpacks to {len(found):,} files and {bytes_text(size)}; up to {FILES:,} files and "
            f"{bytes_text(UNPACKED)} are taken: unpack it on this machine, and name the folder's path."
        )


def _safe(member: zipfile.ZipInfo, name: str) -> PurePosixPath:
    """Return a member's name as a path below the folder.

    Raises:
        DataError: It leads elsewhere, is a link, or its letters are not known.
    """
    text = member.filename
    if not member.flag_bits & _UTF8:
        try:  # what is no UTF-8 by its flag was read as that of old DOS
            text = text.encode("cp437").decode("utf-8")
        except UnicodeError as error:
            raise DataError(
                f"'{name}' holds names that are not in UTF-8, and would be read wrongly: pack the folder again in UTF-8."
            ) from error
    path = PurePosixPath(text.replace("\\", "/"))
    away = path.is_absolute() or ".." in path.parts or PureWindowsPath(text).drive
    if away or stat.S_ISLNK(member.external_attr >> 16):
        raise DataError(
            f"'{name}' holds '{text[-60:]}', which leads out of its folder: pack it again without."
        )
    return path


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part in _OTHERS


def content_of(folder: Path) -> Path:
    """Return the folder of the classes: what was packed, or the one folder in it that holds them.

    ``flowers.zip`` holds ``daisy`` and ``rose``, or ``flowers`` that holds these.
    """
    while True:
        inside = list(folder.iterdir())
        if len(inside) != 1 or not inside[0].is_dir() or inside[0].name == "train":
            return folder
        if not any(one.is_dir() or one.suffix == ".npy" for one in inside[0].iterdir()):
            return folder  # one class
        folder = inside[0]
