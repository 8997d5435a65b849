#!/usr/bin/env python
"""Run Multicanale's commands."""

import os
import sys


def main() -> None:
    """Run one command; quickstart first makes the development environment it needs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["quickstart"]:
        from config import development

        development.prepare(sys.argv[2:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
