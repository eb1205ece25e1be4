"""A customer's own limits of real money: what is in force, whose it is, what of today is used."""
