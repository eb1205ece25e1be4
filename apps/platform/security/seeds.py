"""First people: the demo's customers and staff, and one person per role in a seeded tenant."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.permissions import declared
from apps.core.seeding import SeedTenant, seeds_tenant
from apps.platform.authentication.operations import create_api_key, enrol_totp
from apps.platform.security.choices import GRANTS, PLATFORM_ROLES, Role
from apps.platform.security.operations import grant_role
from apps.platform.users.operations import register_user
from apps.platform.users.queries import get_user_by_email

SYSTEM = Actor.system("seed")
CUSTOMERS = {"maya": "Maya Keller", "noah": "Noah Lind"}
STAFF = {"olga": (Role.OWNER, "Olga Marin"), "tom": (Role.ADMIN, "Tom Ferro")}
"""Two people, so that four eyes exist."""
KEY_DAYS = 30


@seeds_tenant("security.people", order=100)
def people(tenant: SeedTenant) -> None:
    """Make customers and staff with passwords and second factors, and report how to log in."""
    if not tenant.demo:
        return
    for name, title in CUSTOMERS.items():
        user = _person(tenant, name, title, role=None)
        if tenant.canary:
            tenant.report[name]["token"] = _token(user, tenant)
    for name, (role, title) in STAFF.items():
        _person(tenant, name, title, role=role)
    if tenant.canary:
        for role in Role:
            if role not in PLATFORM_ROLES | {Role.CUSTOMER, Role.OWNER, Role.ADMIN}:
                _person(tenant, role.value.replace("_", "-"), role.label, role=role)


def _person(tenant: SeedTenant, name: str, title: str, *, role: Role | None) -> Any:
    email = f"{name}@{tenant.slug}.example"
    password = tenant.secret(f"password {name}")
    user = get_user_by_email(email)
    if user is None:
        user = register_user(
            actor=SYSTEM, email=email, password=password, display_name=tenant.text(title), is_staff=role is not None
        )
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    facts = {"email": email, "password": password}
    if role is not None:
        if not user.role_assignments.filter(role=role).exists():
            grant_role(actor=SYSTEM, user_id=user.pk, role=role.value, reason="first people")
        facts |= {"role": role.value, "totp": _second_factor(tenant, user, name)}
    tenant.people[name] = user
    tenant.report[name] = facts
    return user


def _second_factor(tenant: SeedTenant, user: Any, name: str) -> str:
    seed = hashlib.sha256(tenant.secret(f"totp {name}", 40).encode()).digest()[:20]
    secret = base64.b32encode(seed).decode()
    if not user.authenticator_set.exists():
        with travel(timedelta(minutes=-10)):
            # A code is used up by enrolling: an old one leaves the present one to the person.
            enrol_totp(actor=Actor.of(user), secret=secret, code=_code(secret))
    return secret


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(now().timestamp()) // 30)))


def _token(user: Any, tenant: SeedTenant) -> str:
    scopes = sorted(GRANTS[Role.CUSTOMER] & declared().keys() - {"authentication.manage_own"})
    made = create_api_key(actor=Actor.of(user), name=tenant.text("Seeded key"), scopes=scopes, expires_days=KEY_DAYS)
    return made.text
