"""Background work: one module per job, each a take-one function that says whether it found work."""
