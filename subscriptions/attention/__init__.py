"""What waits for somebody's attention, worked out from the rules of the floors below.

`items` says what a thing that waits is and how rows become one; a module for each noun says which rows those
are; `queue` puts them together.
"""

from subscriptions.attention.items import MOST, Collector, Item, Kind
from subscriptions.attention.queue import Queue, channels, find, waiting

__all__ = ["MOST", "Collector", "Item", "Kind", "Queue", "channels", "find", "waiting"]
