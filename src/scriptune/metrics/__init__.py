"""Reading what a trial printed: hostile bytes in, reports and warnings out."""
