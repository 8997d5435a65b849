"""The one exception a rule raises."""


class Refused(Exception):
    """A rule said no, in words fit to show to the person who asked."""
