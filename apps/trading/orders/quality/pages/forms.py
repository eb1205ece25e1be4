"""The bounds of a customer."""

from django import forms


class AlertForm(forms.Form):
    """Empty is no bound."""

    worst_slippage_bps = forms.IntegerField(
        label="Worse than the price at decision by more than", min_value=0, max_value=10_000, required=False
    )
    slowest_answer_ms = forms.IntegerField(
        label="Answered by the exchange later than", min_value=1, max_value=600_000, required=False
    )
