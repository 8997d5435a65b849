"""Evidence handed in by somebody hostile: refused in words, kept harmless, never shown in the browser."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from subscriptions import uploads
from subscriptions.models import Move, StepFile, Subscription
from subscriptions.vocabulary import Path
from tests.factories import PDF, MoveFactory, StepFileFactory
from tests.subscriptions.test_uploads import DOCX

SignIn = Callable[[Actor], Client]


def broken(offset: int, *values: int) -> bytes:
    """Return a Word document whose table of contents says something else at a place of its first entry."""
    at = DOCX.index(b"PK\x01\x02") + offset
    return DOCX[:at] + bytes(values) + DOCX[at + len(values) :]


@pytest.mark.parametrize(
    "content",
    [
        broken(6, 0xFF),  # made by a version nobody has
        broken(28, 0xFF, 0xFF),  # a name longer than the file
        broken(42, 0xFF, 0xFF, 0xFF, 0xFF),  # an entry beyond the end
        broken(30, 0xFF, 0xFF),
        DOCX[:-4],
        b"PK" + b"\x00" * 100,
    ],
)
def test_zip_that_cannot_be_read_is_refused_and_never_an_error(content: bytes) -> None:
    with suppress(Refused):  # some of it can be read all the same
        uploads.check(SimpleUploadedFile("form.docx", content))


def test_zip_of_a_version_nobody_has_is_refused_on_the_page(
    licences: Subscription, anna: Actor, client_for: SignIn
) -> None:
    step = MoveFactory(subscription=licences, path=Path.MANUAL_REVIEW).steps.get()
    hostile = SimpleUploadedFile("form.docx", broken(6, 0xFF))
    address = reverse("subscriptions:step-close", args=[step.pk])
    page = client_for(anna).post(address, {"note": "Looked at.", "files": hostile})
    assert page.status_code == 200
    assert "Word document, whatever it is called" in page.content.decode()
    assert not StepFile.objects.exists()


def test_zip_bomb_is_not_unpacked() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "x")
        packed.writestr("word/document.xml", b"\0" * 300_000_000)
    assert len(held.getvalue()) < uploads.LARGEST
    assert uploads.check(SimpleUploadedFile("form.docx", held.getvalue())) == "application/" + (
        "vnd.openxmlformats-officedocument.wordprocessingml.document"
    )


@pytest.mark.parametrize("macros", ["word/vbaProject.bin", "word/VBAPROJECT.BIN", "Word/vbaproject.bin"])
def test_macros_are_found_in_whatever_case(macros: str) -> None:
    held = io.BytesIO(DOCX)
    with zipfile.ZipFile(held, "a") as packed:
        packed.writestr(macros, "x")
    with pytest.raises(Refused):
        uploads.check(SimpleUploadedFile("form.docx", held.getvalue()))


@pytest.mark.parametrize(
    "name",
    [
        'a".pdf\r\nX-Evil: 1',
        "x\u202efdp.exe",
        "../../../etc/passwd",
        "é" * 119,
        "a\x00b.html",
        "; filename=evil.html",
        "%0d%0aX-Evil: 1.pdf",
    ],
)
def test_file_leaves_as_an_attachment_of_its_own_type_whatever_it_was_called(
    name: str, planned: Move, anna: Actor, client_for: SignIn
) -> None:
    uploaded = SimpleUploadedFile("form.pdf", PDF + b"<script>alert(1)</script>", content_type="text/html")
    uploaded._name = name  # past the framework's own care for names
    step = planned.steps.first()
    assert step is not None
    file = uploads.keep(step, uploaded, by=anna, at=planned.decided_at)
    for ask in ("get", "head"):
        answer = getattr(client_for(anna), ask)(reverse("subscriptions:step-file", args=[file.key]))
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
        assert "X-Evil" not in answer
        assert "\n" not in answer["Content-Disposition"]
    assert file.name.endswith(".pdf")


@pytest.mark.parametrize("header", [{"HTTP_RANGE": "bytes=0-3"}, {"HTTP_IF_MODIFIED_SINCE": "x"}])
@pytest.mark.parametrize("who", ["tom", "wanda", "luca"])
def test_no_header_gets_a_file_out_to_a_stranger(
    who: str,
    header: dict[str, str],
    planned: Move,
    fabrikam: Partner,
    client_for: SignIn,
    request: pytest.FixtureRequest,
) -> None:
    file = StepFileFactory(step=planned.steps.first())
    address = reverse("subscriptions:step-file", args=[file.key])
    client = client_for(request.getfixturevalue(who))
    for answer in (client.get(address, **header), client.head(address, **header)):
        assert answer.status_code == 404
