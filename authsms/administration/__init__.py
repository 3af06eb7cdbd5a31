"""What administrators do: each task checks the right of whoever asks, then calls the feature that knows how."""
