"""One-time codes: drawing, charging, checking and consuming them; nothing here can send."""
