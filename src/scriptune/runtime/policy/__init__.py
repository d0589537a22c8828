"""Decisions about trials and jobs, as pure functions."""
