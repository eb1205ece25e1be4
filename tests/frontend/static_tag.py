"""`{% load static %}` and `{% icon … %}` without settings: files are always under /static/."""

from django import template

from apps.core.templatetags.ui import svg_of

register = template.Library()


@register.simple_tag
def static(path: str) -> str:
    return f"/static/{path}"


@register.simple_tag
def icon(name: str, size: str = "") -> str:
    return svg_of(static("img/icons.svg"), str(name), str(size))
