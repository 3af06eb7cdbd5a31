"""The history of the database's shape; `HEAD` is the revision this version works with."""

HEAD = "0048"
