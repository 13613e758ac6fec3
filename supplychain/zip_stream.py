"""A ZIP archive that is sent while it is written: what lies in memory is one piece, whatever its length."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator

PIECE = 256 * 1024
# A fixed moment, the earliest that the format knows: the same content gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


class _Sink:
    """What `zipfile` writes into. It cannot be sought in, so sizes and sums stand behind each member."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


class ZipStream:
    """Add members one after the other; each call yields the bytes of the archive that are ready to be sent.

    `files` are the members so far: their sizes and SHA-256, for a manifest.
    """

    def __init__(self) -> None:
        self.files: dict[str, dict[str, int | str]] = {}
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]

    def add(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                for at in range(0, len(piece), PIECE):
                    member.write(piece[at : at + PIECE])
                    yield self._sink.take()
        self.files[name] = {"bytes": size, "sha256": digest.hexdigest()}
        yield self._sink.take()

    def close(self) -> Iterator[bytes]:
        self._zip.close()
        yield self._sink.take()
