"""How hashes look on a page."""

from django import template

register = template.Library()


@register.filter(name="hex")
def hex_digits(value: bytes) -> str:
    return bytes(value).hex()
