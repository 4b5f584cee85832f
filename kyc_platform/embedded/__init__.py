"""The platform on one machine, from Python wheels: its servers, its processes, their start, supervision and end.

`install` makes the Python environment, `servers` the three servers, `programs` the platform's own processes, `supervision` keeps
them alive, `leftovers` finds what a crash left, `up` is the life of `make up`. Nothing here imports Django or a house: what needs
them runs as a process of its own, in the environment composed here.
"""
