"""`manage.py create_operator --email ada@example.com`."""

import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants.management.operating import command_line_actor
from tenants.members.accounts import create_operator
from tenants.members.models import User

PASSWORD_BYTES = 18


class Command(BaseCommand):
    """Creates an operator of the platform, who may log in to Django admin."""

    help = "Create an operator for Django admin. Prints a random password once, or reads one from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read who."""
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from the first line of standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the account; an address that is taken is an error."""
        given = options["password_stdin"]
        password = sys.stdin.readline().rstrip("\n") if given else secrets.token_urlsafe(PASSWORD_BYTES)
        try:
            validate_password(password, User(email=options["email"], name=options["name"]))
            create_operator(email=options["email"], name=options["name"], password=password, actor=command_line_actor(), at=timezone.now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write("created" if given else password)
