"""Running a job: who owns it, what it does next, and when it ends."""
