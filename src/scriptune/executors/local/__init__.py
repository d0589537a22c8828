"""Running attempts on this machine."""
