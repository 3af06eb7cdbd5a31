"""Who may be sent what: opt-outs, and the texts by which people opt out."""
