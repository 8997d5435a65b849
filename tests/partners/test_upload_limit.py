"""How much a request may bring in files: what is beyond is dropped while it comes in."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from partners import upload_limit
from partners.upload_limit import is_too_big


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the largest request hold 100 kB of files."""
    monkeypatch.setattr(upload_limit, "LARGEST", 100_000)


def kept(*sizes: int) -> tuple[list[int], bool, str]:
    """Return the sizes of the files a form of these brings in, whether some were dropped, and its text."""
    files = [SimpleUploadedFile(f"{number}.pdf", b"x" * size) for number, size in enumerate(sizes)]
    request = RequestFactory().post("/", {"note": "Typed.", "files": files})
    found = [one.size or 0 for one in request.FILES.getlist("files")]
    return found, is_too_big(request), request.POST["note"]


def test_files_within_the_limit_are_kept() -> None:
    assert kept(60_000, 40_000) == ([60_000, 40_000], False, "Typed.")


def test_a_file_beyond_it_is_dropped_and_what_was_typed_stays() -> None:
    assert kept(300_000) == ([], True, "Typed.")


def test_the_limit_counts_all_files_together() -> None:
    assert kept(60_000, 60_000, 10) == ([60_000], True, "Typed.")


def test_a_request_without_files_is_not_too_big() -> None:
    assert not is_too_big(RequestFactory().post("/", {"note": "x" * 200_000}))
