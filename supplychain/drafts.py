"""Parameters of an act on their way into a draft and back: values as they are, rows by model and key."""

from typing import Any

from django.apps import apps
from django.db import models

ROW = "$row"


def freeze(value: Any) -> Any:
    """A parameter as JSON. Raises TypeError for what no act takes."""
    if isinstance(value, models.Model):
        return {ROW: [value._meta.label, value.pk]}
    if isinstance(value, list | tuple):
        return [freeze(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__}: expected text, a number, a list, or a row")


def thaw(value: Any) -> Any:
    """A parameter as the act takes it. Raises the model's DoesNotExist for a row that is gone."""
    if isinstance(value, dict):
        label, key = value[ROW]
        return apps.get_model(label)._default_manager.get(pk=key)
    return [thaw(one) for one in value] if isinstance(value, list) else value
