"""Read metrics from a program's output: untrusted bytes in, reports and warnings out."""
