"""The plan: all sessions of a run with their steps, as data, from a scenario and a seed."""

from simulator.plan.plan import Plan
from simulator.plan.sessions import Session, Step, VirtualUser
from simulator.plan.summary import Summary

__all__ = ["Plan", "Session", "Step", "Summary", "VirtualUser"]
