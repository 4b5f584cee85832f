"""Objects in S3: sealed bytes under keys that begin with their merchant's schema.

`names` says which keys there are and whose, `client` talks to the server, `objects` is what the rooms use.
"""
