"""Every sentence is there in Italian, and the compiled catalogue is the one the source gives."""

import pytest
from babel.messages.catalog import Message

from config.management.commands import catalogues


def test_no_catalogue_lacks_anything() -> None:
    found = [fault for language in catalogues.languages() for fault in catalogues.faults(language)]
    assert found == []


def test_italian_is_looked_after() -> None:
    assert catalogues.languages() == ["it"]
    assert len(list(catalogues.marked())) > 500


@pytest.mark.parametrize(
    ("sentence", "translation", "agree"),
    [
        ("%(name)s asks", "%(name)s chiede", True),
        ("%(name)s asks", "%(nome)s chiede", False),
        ("%(name)s asks", "chiede", False),
        ("100%% of %(name)s", "il 100%% di %(name)s", True),
        (("one day", "%(days)d days"), ("un giorno", "%(days)d giorni"), True),
        (("%(days)d day", "%(days)d days"), ("un giorno", "%(days)d giorni"), True),
        (("%(days)d day", "%(days)d days"), ("un giorno", "giorni"), False),
        (("one day", "%(days)d days"), ("%(n)d giorno", "%(days)d giorni"), False),
    ],
)
def test_a_translation_fills_the_same_gaps(
    sentence: str | tuple[str, str], translation: str | tuple[str, str], agree: bool
) -> None:
    assert catalogues.placeholders_agree(Message(sentence, translation)) is agree
