"""What was ordered and traded: filtered, counted, summed, exported."""
