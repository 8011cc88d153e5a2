"""The history of a run: what was asked of the marketplace and what was done to it, in the files of a run directory."""

from simulator.history.directory import RunDirectory, RunRecord, Target
from simulator.history.operations import FaultRecord, Operation, OperationLog, faults_in, operations_in

__all__ = [
    "FaultRecord",
    "Operation",
    "OperationLog",
    "RunDirectory",
    "RunRecord",
    "Target",
    "faults_in",
    "operations_in",
]
