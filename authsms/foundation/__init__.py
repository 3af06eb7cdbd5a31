"""What every feature stands on: it knows nothing of text messages or logons."""
