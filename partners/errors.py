"""The one exception a rule raises."""


class Refused(Exception):
    """A rule said no, in words fit to show to the person who asked."""


class Stale(Refused):
    """A form was read before somebody else's change; saving it would undo that change unseen."""


class Taken(Refused):
    """What has to be unique is on another row already; `field` names where it was typed."""

    def __init__(self, words: str, field: str) -> None:
        super().__init__(words)
        self.field = field
