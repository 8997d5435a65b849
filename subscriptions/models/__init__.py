"""The top floor's models."""

from subscriptions.models.digest import Digest
from subscriptions.models.evidence import FileType, InventoryItem, StepFile
from subscriptions.models.move import Move, MoveStep
from subscriptions.models.product import Product
from subscriptions.models.snooze import Snooze
from subscriptions.models.subscription import BillingCycle, Subscription
from subscriptions.models.transfer import Transfer, TransferItem

__all__ = [
    "BillingCycle",
    "Digest",
    "FileType",
    "InventoryItem",
    "Move",
    "MoveStep",
    "Product",
    "Snooze",
    "StepFile",
    "Subscription",
    "Transfer",
    "TransferItem",
]
