"""dj-stripe's tables as one migration: its own history re-renders the models hundreds of times. For billing.

Made with `makemigrations djstripe` for the pinned version; make it anew with each upgrade of dj-stripe.
"""
