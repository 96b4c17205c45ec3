"""Pseudonyms: the same person has the same one in every form, and nobody can turn it back.

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104) of what the file says, in one width and without
blanks. The key is made once and never leaves the folder of own data: without it, hashing all names
of a staff list tells nothing. `forget` removes it with the last data set.
"""

import hmac
import secrets
import unicodedata
from collections.abc import Callable

from ebpm.own import places

FILE = "pseudonyms.key"
KEY_BYTES = 32
LENGTH = 12


def maker() -> Callable[[str], str]:
    """What makes pseudonyms with the key of this folder."""
    key = _key()

    def pseudonym(person: str) -> str:
        plain = "".join(unicodedata.normalize("NFKC", person).split()).casefold()
        return "P" + hmac.digest(key, plain.encode(), "sha256").hex()[:LENGTH]

    return pseudonym


def _key() -> bytes:
    path = places.folder() / FILE
    if not path.exists():
        places.put_private(path, secrets.token_hex(KEY_BYTES) + "\n")
    return bytes.fromhex(path.read_text(encoding="utf-8").strip())


def forget_key() -> None:
    """Removes the key: pseudonyms of later imports have nothing in common with earlier ones."""
    (places.folder() / FILE).unlink(missing_ok=True)
