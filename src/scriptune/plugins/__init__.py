"""What can be named in a job file and may come from another package: samplers, executors, stopping rules."""
