"""Files as evidence: taken for what they hold, never for their name."""

import io
import zipfile
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from partners.actor import Actor
from partners.errors import Refused
from subscriptions import uploads
from subscriptions.models import FileType, Move
from tests.factories import PDF


def word(*names: str) -> bytes:
    """Return a ZIP file with entries of these names."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return held.getvalue()


DOCX = word("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, FileType.PDF),
        (b"\x89PNG\r\n\x1a\nrest", FileType.PNG),
        (b"\xff\xd8\xff\xe0rest", FileType.JPEG),
        (DOCX, FileType.DOCX),
    ],
)
def test_a_file_is_what_it_holds(content: bytes, kind: FileType) -> None:
    assert uploads.check(SimpleUploadedFile("whatever.html", content)) == kind


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("form.pdf", b"", "empty"),
        ("form.pdf", b"%PDF-" + b"x" * uploads.LARGEST, "10 MB"),
        ("form.pdf", b"<html><script>alert(1)</script></html>", "not a PDF"),
        ("form.pdf", b"  %PDF-1.4", "not a PDF"),
        ("photo.png", b"GIF89a", "not a PDF"),
        ("form.docx", word("hello.txt"), "not a PDF"),
        ("form.docx", word("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "not a PDF"),
        ("form.docx", b"PK\x03\x04 broken", "not a PDF"),
        ("form.exe", b"MZ\x90\x00", "not a PDF"),
        ("form.svg", b"<svg onload='x'>", "not a PDF"),
    ],
)
def test_anything_else_is_refused(name: str, content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        uploads.check(SimpleUploadedFile(name, content))
    assert refusal.value.field == "files"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("form.pdf", "form.pdf"),
        ("FORM.PDF", "FORM.PDF"),
        ("form.pdf.exe", "form.pdf.exe.pdf"),
        ('a"b<c>.pdf', "abc.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("modulo firmato è.pdf", "modulo firmato è.pdf"),
        ("invoice\u202egpj.pdf", "invoicegpj.pdf"),
    ],
)
def test_it_keeps_its_plain_name_and_lies_under_a_random_one(
    planned: Move, anna: Actor, now: datetime, name: str, kept: str
) -> None:
    step = planned.steps.first()
    assert step is not None
    file = uploads.keep(step, SimpleUploadedFile(name, PDF), by=anna, at=now)
    assert (file.name, file.size, file.uploaded_by) == (kept, len(PDF), anna.stamp)
    assert file.file.name == f"moves/{file.key.hex[:2]}/{file.key.hex}"
    assert file.file.read() == PDF


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "C:\\secret\\passwd.pdf", "/etc/passwd.pdf"])
def test_a_folder_is_no_part_of_a_name(planned: Move, anna: Actor, now: datetime, name: str) -> None:
    uploaded = SimpleUploadedFile("form.pdf", PDF)
    uploaded._name = name  # past the first line of defence, which is the framework's
    step = planned.steps.first()
    assert step is not None
    assert uploads.keep(step, uploaded, by=anna, at=now).name == "passwd.pdf"
