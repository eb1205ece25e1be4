"""What the tenant charges for executions: schedules with four eyes, terms fixed with the order, a charge per fill."""
