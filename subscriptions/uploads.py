"""The files people hand in as evidence: what they are is told by what they hold, never by their name."""

import hashlib
import re
import zipfile
from datetime import datetime
from pathlib import PurePosixPath

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from partners.actor import Actor
from partners.errors import Refused
from subscriptions.models import FileType, MoveStep, StepFile

LARGEST = 10 * 1024 * 1024
_BEGINNINGS = {
    b"%PDF-": FileType.PDF,
    b"\x89PNG\r\n\x1a\n": FileType.PNG,
    b"\xff\xd8\xff": FileType.JPEG,
}
_ENDINGS = {
    FileType.PDF: (".pdf",),
    FileType.PNG: (".png",),
    FileType.JPEG: (".jpg", ".jpeg"),
    FileType.DOCX: (".docx",),
}
_LONGEST_NAME = 120


def check(uploaded: UploadedFile) -> FileType:
    """Return what a file is; refuses an empty one, one over 10 MB, and what is none of the types taken."""
    if not uploaded.size:
        raise Refused(_("The file is empty."), field="files")
    if uploaded.size > LARGEST:
        raise Refused(_("A file may have 10 MB at most."), field="files")
    uploaded.seek(0)
    beginning = uploaded.read(8)
    found = next((kind for mark, kind in _BEGINNINGS.items() if beginning.startswith(mark)), None)
    if found is None and beginning.startswith(b"PK") and _is_word(uploaded):
        found = FileType.DOCX
    uploaded.seek(0)
    if found is None:
        raise Refused(
            _("This is not a PDF, a PNG or JPEG picture or a Word document, whatever it is called."),
            field="files",
        )
    return found


def _is_word(uploaded: UploadedFile) -> bool:
    """Say whether a ZIP file is a Word document without macros; only its table of contents is read."""
    try:
        with zipfile.ZipFile(uploaded) as packed:
            names = {name.casefold() for name in packed.namelist()}  # as Word reads them
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False
    return {"[content_types].xml", "word/document.xml"} <= names and "word/vbaproject.bin" not in names


def keep(step: MoveStep, uploaded: UploadedFile, *, by: Actor, at: datetime) -> StepFile:
    """Keep a file as evidence of a step, under a name of our own making; refuses what `check` refuses."""
    kind = check(uploaded)
    digest = hashlib.sha256()
    for chunk in uploaded.chunks():
        digest.update(chunk)
    uploaded.seek(0)
    return StepFile.objects.create(
        step=step,
        name=_plain_name(uploaded.name or "", kind),
        content_type=kind,
        size=uploaded.size or 0,
        sha256=digest.hexdigest(),
        file=uploaded,
        uploaded_at=at,
        uploaded_by=by.stamp,
    )


def _plain_name(name: str, kind: FileType) -> str:
    """Return what a file was called without folders and what cannot be printed, ending as its type does."""
    last = PurePosixPath(name.replace("\\", "/")).name
    printed = re.sub(r'[<>:"/|?*]', "", "".join(one for one in last if one.isprintable())).strip(" .")
    stem, endings = printed, _ENDINGS[kind]
    for ending in endings:
        if printed.lower().endswith(ending):
            stem, endings = printed[: -len(ending)], (printed[-len(ending) :],)
            break
    return f"{stem[: _LONGEST_NAME - len(endings[0])] or 'file'}{endings[0]}"
