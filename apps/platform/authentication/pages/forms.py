"""Forms of the pages. Log-in and sign-up extend allauth's, whose checks and flows they drive."""

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest

from apps.platform.configurations.queries import get_value

PASSWORD_HELP = "At least 12 characters. A sentence is easier to remember than a code."  # noqa: S105 - words


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # the library ships no types
    """Address, password, and whether to stay signed in for the tenant's hours or until the browser closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["password"].help_text = ""
        self.fields["remember"].label = "Stay signed in"

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> Any:
        """Log in, then set how long the session lives."""
        response = super().login(request, redirect_url)
        if self.cleaned_data.get("remember"):
            request.session.set_expiry(get_value("security.session_hours") * 3600)
        return response


class SignupForm(AllauthSignupForm):  # type: ignore[misc]  # the library ships no types
    """Address, password, consent."""

    terms = forms.BooleanField(label="I have read the terms and the risk notice")
    field_order = ("email", "password1", "terms")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"
        self.fields["password1"].help_text = PASSWORD_HELP


class EmailForm(forms.Form):
    """An address."""

    email = forms.EmailField(label="E-mail", max_length=254)


class CodeForm(forms.Form):
    """A code from a mail, an app or a list."""

    code = forms.CharField(label="Code", max_length=40)


class NewPasswordForm(forms.Form):
    """A password that the account does not have yet."""

    password1 = forms.CharField(
        label="New password", max_length=1024, strip=False, widget=forms.PasswordInput, help_text=PASSWORD_HELP
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password1(self) -> str:
        """Apply the rules for passwords."""
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password


class ChangePasswordForm(NewPasswordForm):
    """The old password, and a new one."""

    current = forms.CharField(label="Current password", max_length=1024, strip=False, widget=forms.PasswordInput)
    field_order = ("current", "password1")

    def clean_current(self) -> str:
        """Refuse a wrong one."""
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise forms.ValidationError("The current password is not right.")
        return current


class ApiKeyForm(forms.Form):
    """Name, rights and life of a key."""

    name = forms.CharField(label="Name", max_length=80)
    scopes = forms.ChoiceField(label="May")
    expires_days = forms.IntegerField(label="Expires in", min_value=1, max_value=365, initial=90)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
