"""How people come to act for a party."""

from django.conf import settings
from django.db import models

from supplychain.models import Party


class Invitation(models.Model):
    """A responsible person asks somebody in. Whoever brings its secret may join, once; only its SHA-256 is kept."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="invitations")
    name = models.CharField(max_length=80)  # whom it is for, in the words of whoever invites
    duties = models.JSONField(default=list)  # of duties.Duty
    secret_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} for {self.party}"
