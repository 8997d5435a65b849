"""The editions of the rulebook: for each channel and billing the paths open and closed, why, and who says so.

Rows are data. `rulebook` reads them for one subscription; lists read the same rows as a database expression.
A row without a condition says what holds in general. Where a condition holds, its row speaks for that path
instead; of two such rows, the condition that `Condition` lists first decides.
"""

from collections.abc import Mapping

from subscriptions.editions.edition_2016 import EDITION_2016
from subscriptions.editions.edition_2026 import EDITION_2026
from subscriptions.editions.rows import Edition, Row, Sentence

__all__ = ["EDITIONS", "EDITION_2016", "EDITION_2026", "Edition", "Row", "Sentence"]

EDITIONS: Mapping[str, Edition] = {EDITION_2016.name: EDITION_2016, EDITION_2026.name: EDITION_2026}
