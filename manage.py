#!/usr/bin/env python
"""Run Multicanale's commands."""

import os
import sys


def main() -> None:
    """Run one command; quickstart first makes the development environment it needs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import development

    match sys.argv[1:]:
        case ["quickstart", *arguments]:
            development.prepare(arguments)
        case ["rulebook", *_]:
            development.make_do()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
