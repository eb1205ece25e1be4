"""The mails of sign-up and reset, in our words. No link carries a right: codes are typed where they were asked for."""

from typing import Any

from apps.core.errors import Defect

CODE_MINUTES = 15
SUBJECTS = {
    "email_confirmation_signup": "Your code for {tenant}",
    "email_confirmation": "Your code for {tenant}",
    "password_reset_code": "Your reset code for {tenant}",
    "account_already_exists": "You already have an account at {tenant}",
    "unknown_account": "No account at {tenant}",
}
TEXTS = {
    "email_confirmation_signup": "Welcome to {tenant}.\n\nYour code: {code}\n\nType it on the page that asked for it."
    " It works for {minutes} minutes. If you did not create an account, ignore this mail.\n",
    "email_confirmation": "Your code: {code}\n\nType it on the page that asked for it."
    " It works for {minutes} minutes.\n",
    "password_reset_code": "Somebody, hopefully you, wants to reset the password of your account at {tenant}.\n\n"
    "Your code: {code}\n\nIt works for {minutes} minutes. If this was not you, ignore this mail: nothing changes.\n",
    "account_already_exists": "Somebody, perhaps you, tried to create an account at {tenant} with this address,"
    " but there is one already.\n\nSign in with it, or reset the password on the log-in page. Nothing was changed.\n",
    "unknown_account": "Somebody, perhaps you, asked for a password reset at {tenant}, but there is no account with"
    " this address.\n\nIf you have another address, try that one. Nothing was changed.\n",
}


def text_of(template_prefix: str, context: dict[str, Any], request: Any) -> tuple[str, str]:
    """Return subject and text of a mail that allauth wants to send. An unknown kind is a Defect."""
    kind = template_prefix.rpartition("/")[2]
    if kind not in TEXTS:
        raise Defect(f"There is no text for the mail {template_prefix}.")
    tenant = getattr(request, "tenant", None)
    facts = {
        "tenant": tenant.name if tenant is not None else "the platform",
        "code": context.get("code", ""),
        "minutes": CODE_MINUTES,
    }
    return SUBJECTS[kind].format_map(facts), TEXTS[kind].format_map(facts)
