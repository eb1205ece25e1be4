"""How allauth, django-otp and django-ratelimit behave here. See apps/platform/authentication/README.md."""

# --- accounts ---------------------------------------------------------------------------------------------------------
ACCOUNT_ADAPTER = "apps.platform.authentication.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "login": "apps.platform.authentication.pages.forms.LoginForm",
    "signup": "apps.platform.authentication.pages.forms.SignupForm",
}
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_CONFIRMATION_HMAC = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_LOGIN_TIMEOUT = 15 * 60
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = None

# --- second factor ----------------------------------------------------------------------------------------------------
MFA_ADAPTER = "apps.platform.authentication.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TRUST_ENABLED = False
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = False

# --- apps without a browser -------------------------------------------------------------------------------------------
HEADLESS_CLIENTS = ("app",)
HEADLESS_ONLY = False

# --- sessions ---------------------------------------------------------------------------------------------------------
USERSESSIONS_TRACK_ACTIVITY = False

# --- social log-in: arrives with single sign-on -----------------------------------------------------------------------
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_AUTO_SIGNUP = False

# --- simple views -----------------------------------------------------------------------------------------------------
RATELIMIT_IP_META_KEY = "apps.platform.rate_limiting.queries.client_ip"
RATELIMIT_FAIL_OPEN = False
