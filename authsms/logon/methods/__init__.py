"""The factors a chain is made of, one module each."""
