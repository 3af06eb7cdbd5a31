"""The benchmark of logins: `make bench`. Everything runs on loopback, is bounded, and stops by itself."""
