"""Logon processes: one walk of one person through one chain of methods, for every door alike."""
