"""Run jobs: ownership, the next step, and termination."""
