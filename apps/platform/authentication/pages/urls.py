"""Addresses of the pages. allauth looks its own names up, so its steps have a second name each."""

from django.urls import path

from apps.platform.authentication.pages import account, entrance, factors

urlpatterns = [
    path("login/", entrance.LogIn.as_view(), name="authentication-login"),
    path("login/cancel/", entrance.cancel, name="authentication-cancel"),
    path("logout/", entrance.log_out, name="authentication-logout"),
    path("signup/", entrance.SignUp.as_view(), name="authentication-signup"),
    path("verify-email/", entrance.VerifyEmail.as_view(), name="authentication-verify-email"),
    path("verify-email/resend/", entrance.resend_code, name="authentication-verify-email-resend"),
    path("password-reset/", entrance.reset_password, name="authentication-password-reset"),
    path("password-reset/code/", entrance.reset_code, name="authentication-password-reset-code"),
    path("password-reset/new/", entrance.reset_new, name="authentication-password-reset-new"),
    path("password-reset/done/", entrance.reset_done, name="authentication-password-reset-done"),
    path("two-factor/", entrance.SecondFactor.as_view(), name="authentication-second-factor"),
    path("two-factor/confirm/", factors.confirm, name="authentication-second-factor-confirm"),
    path("two-factor/setup/", factors.set_up, name="authentication-second-factor-setup"),
    path("two-factor/recovery-codes/", factors.recovery_codes, name="authentication-recovery-codes"),
    path("two-factor/remove/", factors.remove, name="authentication-second-factor-remove"),
    path("account/closed/", entrance.inactive, name="authentication-closed"),
    path("account/security/", account.security, name="authentication-security"),
    path("account/password/", account.change_password, name="authentication-password-change"),
    path("account/sessions/", account.security, name="authentication-sessions"),
    path("account/sessions/revoke/", account.end_session, name="authentication-session-revoke"),
    path("account/sessions/revoke-others/", account.end_other_sessions, name="authentication-sessions-revoke-others"),
    path("account/api-keys/", account.api_keys, name="authentication-api-keys"),
    path("account/api-keys/revoke/", account.end_key, name="authentication-api-key-revoke"),
    # The names under which allauth looks for these steps.
    path("login/", entrance.LogIn.as_view(), name="account_login"),
    path("logout/", entrance.log_out, name="account_logout"),
    path("signup/", entrance.SignUp.as_view(), name="account_signup"),
    path("verify-email/", entrance.VerifyEmail.as_view(), name="account_email_verification_sent"),
    path("password-reset/", entrance.reset_password, name="account_reset_password"),
    path("two-factor/", entrance.SecondFactor.as_view(), name="mfa_authenticate"),
    path("two-factor/confirm/", factors.confirm, name="mfa_reauthenticate"),
    path("two-factor/confirm/", factors.confirm, name="account_reauthenticate"),
    path("account/closed/", entrance.inactive, name="account_inactive"),
    path("account/security/", account.security, name="account_email"),
    path("account/password/", account.change_password, name="account_change_password"),
]
