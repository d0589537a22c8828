"""A sampler and an executor for scriptune, in a package of their own."""
