"""Real servers for tests: each on a private port, in a private folder, ended by its process id."""
