"""What all endpoints of the API share: problems, cursors, idempotent writes."""
