"""The one door to addresses that strangers gave us.

`addresses` says which addresses are public, `targets` which URLs are acceptable, `names` turns a host into checked addresses,
`registration` checks a URL when it is given, `client` posts to it and checks everything again at each new connection.
"""
