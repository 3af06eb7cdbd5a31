"""Delivery: texts wait in a table, a worker hands each to a provider, receipts tell what became of it."""
