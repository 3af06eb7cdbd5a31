"""`python -m authsms` is the command `authsms`."""

from authsms.cli import main

main()
