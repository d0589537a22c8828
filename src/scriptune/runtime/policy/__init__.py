"""What becomes of trials and jobs, as pure functions."""
