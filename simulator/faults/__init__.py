"""Faults on purpose: planned by hand or drawn from the seed, checked before the run, carried out, and always cleared.

Everything is done from outside, through the control API of a marketplace that runs on this machine. A fault says how
many sagas and requests it met; one that met none has shown nothing.
"""
