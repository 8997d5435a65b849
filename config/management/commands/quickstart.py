"""Set everything up for development and serve it."""

import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, transaction
from django.urls import reverse

from config import world
from customers import links


class Command(BaseCommand):
    """Migrate, make a world, and serve it with its worker; a second run starts at once."""

    help = "Set up a development copy with a believable world and serve it on 127.0.0.1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port, and whether to serve and to start anew."""
        parser.add_argument("--port", type=int, default=8000, help="the port to serve on (8000)")
        parser.add_argument("--no-serve", action="store_true", help="set up, print the addresses and stop")
        parser.add_argument("--reset", action="store_true", help="throw the development database away first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it all; every obstacle a person can meet ends in one clear sentence."""
        if not settings.DEBUG:
            raise CommandError("quickstart is for development, and DEBUG is off in this environment.")
        port, serve = options["port"], not options["no_serve"]
        if serve:
            self.refuse_taken(port)
        try:
            if options["reset"]:
                self.reset()
            self.set_up()
        except OperationalError as problem:
            raise CommandError(
                f"The database cannot be used ({problem}). Is another Multicanale running, or its disk full?"
            ) from problem
        self.tell()
        if serve:
            self.serve(port)

    def refuse_taken(self, port: int) -> None:
        """Refuse a port that somebody listens on, or that nobody may."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as problem:
                raise CommandError(f"Port {port} cannot be used ({problem}). Try --port 8001.") from problem

    def reset(self) -> None:
        """Throw the SQLite database of development away; no other database is touched."""
        name = Path(str(settings.DATABASES["default"]["NAME"]))
        if connection.vendor != "sqlite":
            raise CommandError("--reset only throws away the SQLite database of development.")
        if name.exists():
            with transaction.atomic():  # a database in use by another process is locked, not deleted
                connection.cursor().execute("SELECT 1")
        connection.close()
        for path in (name, name.with_name(name.name + "-wal"), name.with_name(name.name + "-shm")):
            path.unlink(missing_ok=True)
        for mail in (settings.BASE_DIR / ".dev" / "mail").glob("*.eml"):
            mail.unlink()

    def set_up(self) -> None:
        """Bring the schema up to date and make the world if there is none."""
        call_command("migrate", verbosity=0, interactive=False)
        if not world.is_there():
            self.stdout.write("Making a world of companies and customers, once ...")
            world.make()

    def tell(self) -> None:
        """Print the addresses, the sign-ins and the waiting customer's link."""
        site = settings.SITE_URL
        lines = [
            "",
            f"  Multicanale      {site}/",
            f"  Admin            {site}{reverse('admin:index')}",
            f"  Mail             {site}{reverse('dev-mails')}   (what would have been sent, codes included)",
            "",
            f"  Password         {world.PASSWORD}   (for everybody)",
            *(f"  {who.capitalize():<16} {email}" for who, email in world.SIGN_INS),
            "",
        ]
        link = world.waiting_link()
        if link:
            lines += [
                f"  {link.company} has an invitation waiting:",
                f"  {links.invitation_address(link)}",
                "",
            ]
        self.stdout.write("\n".join(lines))

    def serve(self, port: int) -> None:
        """Serve until interrupted, with the worker beside."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the worker does not outlive us
        worker = subprocess.Popen([sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"])  # noqa: S603 - our own command
        try:
            call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, skip_checks=True)
        finally:
            worker.terminate()
            worker.wait(timeout=20)
