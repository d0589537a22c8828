"""Find out about a program without changing it."""
