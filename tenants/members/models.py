"""Users log in by e-mail; a membership says what a user may do for one merchant."""

from enum import StrEnum
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from tenants.merchants.models import Merchant


class Role(StrEnum):
    """What a member may do in the portal, from everything to looking."""

    OWNER = "owner"
    ADMIN = "admin"
    REVIEWER = "reviewer"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class UserManager(BaseUserManager["User"]):
    """Makes users with normalised addresses and hashed passwords."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a user. Without a password, it cannot log in until one is set."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """Store an operator with every permission (Django's own command calls it)."""
        return self.create_user(email, password, is_operator=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by address, in whatever case it was typed."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in: one of us (an operator), or a member of merchants. Never a merchant's customer."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.CheckConstraint(name="user_email_is_lower_case", condition=Q(email=Lower("email")))]

    @property
    def is_staff(self) -> bool:
        """Tell whether Django admin lets this user in."""
        return self.is_operator

    def get_full_name(self) -> str:
        """Return what admin greets this user with."""
        return self.name or self.email


class Membership(models.Model):
    """A user's role at a merchant. It names the live merchant and holds for its sandbox too."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="memberships", limit_choices_to={"mode": "live"})
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_one_per_user_and_merchant", fields=["user", "merchant"]),
            models.CheckConstraint(name="membership_role_is_known", condition=Q(role__in=[role.value for role in Role])),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.merchant}"
