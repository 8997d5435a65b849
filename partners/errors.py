"""The exceptions rules raise."""


class Refused(Exception):  # noqa: N818 - a rule's answer, not an error
    """A rule said no, in words fit to show to the person who asked.

    `field` names the one value of the request that is wrong, where it is one.
    """

    def __init__(self, words: str = "", *, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class Stale(Refused):
    """A form was read before somebody else's change; saving it would undo that change unseen."""
