"""The public log in an S3-compatible bucket: django-storages, with the headers that each of the log's files needs.

Loaded only where LOG_BUCKET is set; needs the extra `s3`. Cross-origin access is the bucket's own setting:
`deploy/bucket-cors.json`.
"""

from typing import Any

from storages.backends.s3 import S3Storage

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "no-cache"


class LogBucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A bucket that holds one log and nothing else; never a bucket for uploads."""

    def get_default_settings(self) -> dict[str, Any]:
        # A name that is taken is either the same file again or none of ours: `mirror` looks before it writes.
        return {**super().get_default_settings(), "file_overwrite": True, "default_acl": None, "gzip": False}

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        is_tile = name.removeprefix(self.location).lstrip("/").startswith("tile/")
        return {
            **super().get_object_parameters(name),
            "CacheControl": IMMUTABLE if is_tile else FRESH,
            "ContentType": "application/octet-stream" if is_tile else "text/plain; charset=utf-8",
        }
