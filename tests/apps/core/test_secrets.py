"""Signatures and sealed values belong to the place they were made for."""

import asyncio
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from apps.core import sealing
from apps.core.actors import Actor
from apps.core.context import in_schema, in_tenant_thread, mark_schema
from apps.core.errors import KeyRingMissing, NoTenant
from apps.core.sealing import KeyRing, Ring, SealBroken, seal, unseal
from apps.core.signing import raw_setting
from apps.platform.users.models import User
from apps.platform.users.operations import register_user

PLACE = "t_a|table|1|field"


@pytest.fixture
def rings(tmp_path: Path, settings: Any) -> Path:
    sealing.ensure_key_rings(tmp_path)
    settings.KEY_RING_PATH = tmp_path / "keyring.json"
    return tmp_path


@given(plain=st.text(max_size=300))
def test_what_is_sealed_opens_only_at_its_place(plain: str) -> None:
    sealed = seal(plain, ring=Ring.PERSONAL, place=PLACE)
    assert unseal(sealed, ring=Ring.PERSONAL, place=PLACE) == plain
    for other in ("t_b|table|1|field", "t_a|table|2|field", "t_a|table|1|other"):
        with pytest.raises(SealBroken):
            unseal(sealed, ring=Ring.PERSONAL, place=other)


def test_the_same_text_is_never_sealed_alike(rings: Path) -> None:
    assert seal("x", ring=Ring.TRADING, place=PLACE) != seal("x", ring=Ring.TRADING, place=PLACE)


def test_every_changed_byte_is_noticed(rings: Path) -> None:
    sealed = seal("secret", ring=Ring.TRADING, place=PLACE)
    for position in range(4, len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(SealBroken):
            unseal(changed, ring=Ring.TRADING, place=PLACE)


def test_a_process_with_the_web_ring_seals_but_cannot_open(rings: Path, settings: Any) -> None:
    settings.KEY_RING_PATH = rings / "keyring-web.json"
    sealed = seal("api secret", ring=Ring.TRADING, place=PLACE)
    with pytest.raises(KeyRingMissing):
        unseal(sealed, ring=Ring.TRADING, place=PLACE)
    settings.KEY_RING_PATH = rings / "keyring.json"
    assert unseal(sealed, ring=Ring.TRADING, place=PLACE) == "api secret"


def test_key_rings_are_private_and_survive_a_second_start(rings: Path) -> None:
    before = (rings / "keyring.json").read_text()
    sealing.ensure_key_rings(rings)
    assert (rings / "keyring.json").read_text() == before
    assert (rings / "keyring.json").stat().st_mode & 0o777 == 0o600
    assert Ring.TRADING not in KeyRing.from_json((rings / "keyring-web.json").read_text()).private


def test_a_lost_key_ring_is_refused_loudly(settings: Any, tmp_path: Path) -> None:
    settings.KEY_RING_PATH = tmp_path / "gone.json"
    with pytest.raises(KeyRingMissing, match="backup"):
        seal("x", ring=Ring.PERSONAL, place=PLACE)


@pytest.mark.django_db
def test_a_sealed_field_is_bytes_in_the_table_and_does_not_move_between_rows() -> None:
    ann = register_user(actor=Actor.system("t"), email="ann@example.test", password="x", display_name="Ann Doe")
    bob = register_user(actor=Actor.system("t"), email="bob@example.test", password="x", display_name="Bob")
    stored = bytes(User.objects.values_list("display_name", flat=True).get(pk=ann.pk))
    assert b"Ann" not in stored
    assert User.objects.get(pk=ann.pk).get_full_name() == "Ann Doe"
    User.objects.filter(pk=bob.pk).update(display_name=stored)
    with pytest.raises(SealBroken):
        User.objects.get(pk=bob.pk).get_full_name()


@pytest.mark.django_db
def test_a_signature_of_one_tenant_is_worthless_in_another(tenant_b: Any) -> None:
    value = signing.dumps({"user": 1})
    assert signing.loads(value) == {"user": 1}
    with in_schema(tenant_b.schema), pytest.raises(signing.BadSignature):
        signing.loads(value)
    assert raw_setting("SECRET_KEY") != django_settings.SECRET_KEY


@pytest.mark.django_db
def test_coroutines_sign_for_their_tenant_or_not_at_all(tenant_a: Any) -> None:
    async def scenario() -> None:
        with pytest.raises(NoTenant):
            signing.dumps("x")
        with mark_schema(tenant_a.schema):
            value = signing.dumps("x")
        assert await in_tenant_thread(tenant_a.schema, signing.loads)(value) == "x"

    Context().run(asyncio.run, scenario())
