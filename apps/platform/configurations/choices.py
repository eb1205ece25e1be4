"""The settings and flags a tenant can change, with type, default and range."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """A whole number between two bounds, or a flag (bounds 0 and 1)."""

    name: str
    default: int
    lowest: int
    highest: int
    description: str

    @property
    def is_flag(self) -> bool:
        """Whether it is on or off."""
        return (self.lowest, self.highest) == (0, 1)


SPECS = {
    spec.name: spec
    for spec in (
        SettingSpec("security.session_hours", 336, 1, 720, "Hours until a session ends"),
        SettingSpec("security.admin_hours", 12, 1, 24, "Hours a proved second factor opens the back office"),
        SettingSpec("security.step_up_minutes", 5, 1, 5, "Minutes in which a confirmed action must be done"),
        SettingSpec("signup.open", 1, 0, 1, "Anyone can create an account"),
        SettingSpec("orders.market_cushion", 100, 0, 1000, "Hundredths of a percent a market order reserves on top"),
        SettingSpec("orders.confirm_above", 1_000, 0, 1_000_000, "USDT above which a live order asks for a fresh code"),
        SettingSpec("orders.most_per_order", 1_000_000, 1, 100_000_000, "USDT that one live order may be worth"),
        SettingSpec("orders.most_per_day", 5_000_000, 1, 1_000_000_000, "USDT of live orders of a customer in a day"),
        SettingSpec("notifications.email", 1, 0, 1, "Important notifications go out by e-mail too"),
    )
}
