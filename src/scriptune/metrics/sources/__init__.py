"""Where metrics are read from."""
