"""The form of the page."""

from django import forms


class CodeForm(forms.Form):
    """A code of the second factor."""

    code = forms.CharField(label="Code", max_length=40)
