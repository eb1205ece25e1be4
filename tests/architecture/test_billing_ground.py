"""dj-stripe arrives with billing; its tables are one prepared migration, and Tenant can be its subscriber."""

import os
import subprocess
import sys

from apps.platform.tenants.models import Tenant
from tests.architecture.source import ROOT


def test_the_prepared_migration_is_that_of_the_pinned_version() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "django",
            "makemigrations",
            "djstripe",
            "--check",
            "--dry-run",
            "--skip-checks",
        ],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.factories.settings_with_djstripe", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_tenant_can_be_the_subscriber() -> None:
    assert Tenant._meta.get_field("email").get_internal_type() == "CharField"
    text = (ROOT / "apps" / "platform" / "tenants" / "migrations" / "0001_initial.py").read_text()
    assert "djstripe" not in text
