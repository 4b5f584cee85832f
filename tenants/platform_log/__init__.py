"""The platform's own log: what operators, members and the system did to merchants, keys and accounts."""
