"""Files out of a published ZIP: only those that are wanted, never outside their place."""

import stat
import unicodedata
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from ebpm.fetch.web import FetchError

MOST_MEMBERS = 1_000
PIECE = 64 * 1024
ENCRYPTED = 0x1
# Japanese archives often hold names in CP932 without saying so; bytes of CP932 are hardly ever
# valid UTF-8, and CP437 reads anything.
ENCODINGS = ("utf-8", "cp932", "cp437")


def extract(path: Path, places: Mapping[str, Path], most_bytes: int) -> None:
    """Writes the members of the given names (without folders) to their places.

    Raises FetchError for an archive that is damaged, encrypted, too large or not harmless, and
    where a name is not there exactly once. Archives inside the archive are never opened.
    """
    try:
        with _opened(path) as archive:
            members = _members(archive)
            wanted = {name: _one(members, name) for name in places}
            if sum(member.file_size for member in wanted.values()) > most_bytes:
                raise FetchError(_too_large(most_bytes))
            left = most_bytes
            for name, member in wanted.items():
                left -= _write(archive, member, places[name], left, most_bytes)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FetchError(
            f"ZIP が壊れているか、読めない形式です（{error}）。もう一度取得してください。"
        ) from None


def _opened(path: Path) -> ZipFile:
    for encoding in ENCODINGS[:-1]:
        try:
            return ZipFile(path, metadata_encoding=encoding)
        except UnicodeDecodeError:
            continue
    return ZipFile(path, metadata_encoding=ENCODINGS[-1])


def _members(archive: ZipFile) -> list[tuple[PurePosixPath, ZipInfo]]:
    """The files of an archive under their true names; the whole archive must be harmless."""
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise FetchError(
            f"ZIP の中のファイルが多すぎます（{len(infos):,} 個）。取得しませんでした。"
        )
    named = [(_true_path(info), info) for info in infos]
    for path, info in named:
        outside = path.is_absolute() or ".." in path.parts or ":" in str(path)
        if outside or stat.S_ISLNK(info.external_attr >> 16):
            raise FetchError(
                f"ZIP の中に外を指す名前（{path}）があるため、取得しませんでした。"
                "公表ページを確かめてください。"
            )
    return [(path, info) for path, info in named if not info.is_dir()]


def _true_path(info: ZipInfo) -> PurePosixPath:
    name = unicodedata.normalize("NFC", info.orig_filename)
    return PurePosixPath(name.replace("\\", "/"))


def _one(members: list[tuple[PurePosixPath, ZipInfo]], name: str) -> ZipInfo:
    fitting = [info for path, info in members if path.name == unicodedata.normalize("NFC", name)]
    if len(fitting) != 1:
        held = "、".join(path.name for path, _ in members[:8])
        raise FetchError(
            f"ZIP の中に {name} が {len(fitting)} 個あります（1個のはずです。中身：{held}）。"
            "data/fetch.toml の unzip を確かめてください。"
        )
    if fitting[0].flag_bits & ENCRYPTED:
        raise FetchError(f"ZIP の中の {name} は暗号化されているため、取得できません。")
    return fitting[0]


def _write(archive: ZipFile, member: ZipInfo, place: Path, left: int, most_bytes: int) -> int:
    """Writes one member; what a header says of its size is not believed."""
    done = 0
    place.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, place.open("wb") as target:
        while piece := source.read(PIECE):
            done += len(piece)
            if done > left:
                break
            target.write(piece)
    if done > left:
        place.unlink()
        raise FetchError(_too_large(most_bytes))
    return done


def _too_large(most_bytes: int) -> str:
    return (
        f"ZIP を展開すると上限（{most_bytes / 1024 / 1024:g} MB）を超えるため、取得しませんでした。"
        "公表ページを確かめてください。"
    )
