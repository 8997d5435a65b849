"""How much a request may bring in files: what is beyond is read past and never kept.

Whoever answers is told by `is_too_big`, so that a form can say it in words beside its field.
"""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

LARGEST = 50 * 1024 * 1024


class Bounded(FileUploadHandler):
    """Counts what the files of a request hold together; what goes beyond is dropped while it comes in."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.held = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Take the next file, unless there is no room for any."""
        super().new_file(*args, **kwargs)
        self._refuse_beyond()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count what comes in and hand it on; drop the file it is too much of."""
        self.held += len(raw_data)
        self._refuse_beyond()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave making the file to the handlers after it."""

    def _refuse_beyond(self) -> None:
        if self.held > LARGEST:
            self.request.files_too_big = True  # type: ignore[union-attr]  # ours
            raise SkipFile


def is_too_big(request: HttpRequest) -> bool:
    """Say whether files of this request were dropped because together they were too big."""
    return bool(request.FILES is not None and getattr(request, "files_too_big", False))
