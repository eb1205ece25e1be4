"""/withdrawals and /address-book: asking, confirming with the second factor, taking back; where money may go."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller
from apps.core.api.writes import IDEMPOTENCY_KEY, key_of, write_once
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, queries
from apps.finance.wallets.api.earning_caller import body_of, filter_of
from apps.finance.wallets.api.funding_fields import (
    AddressFields,
    FeeFields,
    FeeFilter,
    NewAddressFields,
    NewWithdrawalFields,
    Paging,
    ProofFields,
    WithdrawalFields,
    WithdrawalPage,
)
from apps.finance.wallets.api.once import confirmed_once, page_data
from apps.finance.wallets.errors import ProofOver
from apps.platform.security.operations import Summary

TAGS, BOOK = ["withdrawals"], ["address-book"]


class WithdrawalList(APIView):
    """The caller's withdrawals."""

    @extend_schema(operation_id="list_withdrawals", tags=TAGS, parameters=[Paging], responses={200: WithdrawalPage})
    def get(self, request: Request) -> Response:
        """Return withdrawals without their steps, newest first."""
        wanted = filter_of(request, Paging)
        found = queries.list_withdrawals(
            caller(request)[1], mode=Mode(wanted["mode"]), below=wanted.get("below"), limit=wanted["limit"] + 1
        )
        return Response(page_data(found, wanted["limit"], WithdrawalPage))

    @extend_schema(
        operation_id="request_withdrawal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewWithdrawalFields,
        responses={201: WithdrawalFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Hold an amount for a withdrawal to a proved address; confirm it within fifteen minutes."""
        wanted = body_of(request, NewWithdrawalFields)
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.request_withdrawal(
                actor=actor, entry_id=wanted["address_id"], amount=wanted["amount"], mode=Mode(wanted["mode"])
            )
            return _withdrawal(made.pk, owner_id)

        return write_once(request, actor=actor, operation="wallets.request_withdrawal", run=run)


class WithdrawalFee(APIView):
    """What a withdrawal costs."""

    @extend_schema(operation_id="preview_withdrawal_fee", tags=TAGS, parameters=[FeeFilter], responses={200: FeeFields})
    def get(self, request: Request) -> Response:
        """Return the fee of an amount and what would arrive."""
        wanted = filter_of(request, FeeFilter)
        found = queries.preview_fee(wanted["asset"], wanted["network"], wanted["amount"])
        return Response(FeeFields(found).data)


class WithdrawalDetail(APIView):
    """One withdrawal of the caller."""

    @extend_schema(operation_id="get_withdrawal", tags=TAGS, responses={200: WithdrawalFields})
    def get(self, request: Request, withdrawal_id: UUID) -> Response:
        """Return how far it is, why it waits and until when."""
        return Response(_withdrawal(withdrawal_id, caller(request)[1]))


class WithdrawalConfirmation(APIView):
    """The second factor of a withdrawal."""

    @extend_schema(
        operation_id="confirm_withdrawal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: WithdrawalFields},
    )
    def post(self, request: Request, withdrawal_id: UUID) -> HttpResponse:
        """Let it go on. The first time the answer is 401 with a challenge: confirm that, then send this again."""
        actor, owner_id = caller(request)
        bound = queries.get_confirmation(withdrawal_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            operations.confirm_withdrawal(actor=actor, withdrawal_id=withdrawal_id)
            return _withdrawal(withdrawal_id, owner_id)

        return confirmed_once(
            request,
            actor=actor,
            operation=queries.CONFIRM_WITHDRAWAL,
            payload=bound.payload,
            summary=Summary(title=bound.title, facts=bound.facts),
            run=run,
        )


class WithdrawalCancellation(APIView):
    """Taking a withdrawal back."""

    @extend_schema(
        operation_id="cancel_withdrawal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: WithdrawalFields},
    )
    def post(self, request: Request, withdrawal_id: UUID) -> HttpResponse:
        """Take it back until it is signed; its money is free at once."""
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            operations.cancel_withdrawal(actor=actor, withdrawal_id=withdrawal_id)
            return _withdrawal(withdrawal_id, owner_id)

        return write_once(request, actor=actor, operation="wallets.cancel_withdrawal", run=run, status=200)


class AddressBook(APIView):
    """The caller's address book."""

    @extend_schema(operation_id="list_addresses", tags=BOOK, responses={200: AddressFields(many=True)})
    def get(self, request: Request) -> Response:
        """Return addresses, newest first, without those that were removed."""
        return Response(AddressFields(queries.list_addresses(caller(request)[1]), many=True).data)

    @extend_schema(
        operation_id="add_address",
        tags=BOOK,
        parameters=[IDEMPOTENCY_KEY],
        request=NewAddressFields,
        responses={201: AddressFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Add an address; a code that proves it is mailed to the caller."""
        wanted = body_of(request, NewAddressFields)
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.add_address(
                actor=actor,
                asset=wanted["asset"],
                network=wanted["network"],
                address=wanted["address"],
                label=wanted["label"],
            )
            return _address(made.pk, owner_id)

        return write_once(request, actor=actor, operation="wallets.add_address", run=run)


class AddressProof(APIView):
    """Proving an address."""

    @extend_schema(
        operation_id="prove_address",
        tags=BOOK,
        parameters=[IDEMPOTENCY_KEY],
        request=ProofFields,
        responses={200: AddressFields},
    )
    def post(self, request: Request, entry_id: UUID) -> HttpResponse:
        """Prove an address by the mailed code, with at most five tries for a code."""
        code = body_of(request, ProofFields)["code"]
        actor, owner_id = caller(request)
        key_of(request)
        if not operations.take_proof_attempt(actor=actor, entry_id=entry_id):
            raise ProofOver

        def run() -> Mapping[str, Any]:
            operations.prove_address(actor=actor, entry_id=entry_id, code=code)
            return _address(entry_id, owner_id)

        return write_once(request, actor=actor, operation="wallets.prove_address", run=run, status=200)


class AddressMail(APIView):
    """Another code."""

    @extend_schema(
        operation_id="mail_address_proof",
        tags=BOOK,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: AddressFields},
    )
    def post(self, request: Request, entry_id: UUID) -> HttpResponse:
        """Have a new code mailed; the one before is dead."""
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            operations.mail_proof_again(actor=actor, entry_id=entry_id)
            return _address(entry_id, owner_id)

        return write_once(request, actor=actor, operation="wallets.mail_proof_again", run=run, status=200)


class AddressRemoval(APIView):
    """Removing an address."""

    @extend_schema(
        operation_id="remove_address",
        tags=BOOK,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: AddressFields},
    )
    def post(self, request: Request, entry_id: UUID) -> HttpResponse:
        """Take an address out of the book; nothing that is not signed leaves to it."""
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            operations.remove_address(actor=actor, entry_id=entry_id)
            return _address(entry_id, owner_id)

        return write_once(request, actor=actor, operation="wallets.remove_address", run=run, status=200)


def _withdrawal(withdrawal_id: UUID, owner_id: UUID) -> dict[str, Any]:
    return dict(WithdrawalFields(queries.get_withdrawal(withdrawal_id, owner_id=owner_id)).data)


def _address(entry_id: UUID, owner_id: UUID) -> dict[str, Any]:
    return dict(AddressFields(queries.get_address(entry_id, owner_id=owner_id)).data)
