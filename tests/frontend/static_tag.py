"""`{% load static %}` without settings: files are always under /static/."""

from django import template

register = template.Library()


@register.simple_tag
def static(path: str) -> str:
    return f"/static/{path}"
