"""The measures of a run: latency and outcomes by operation and interval, merged exactly, and judged against SLOs.

All times are whole microseconds since the start of the run, so that workers, plan and faults share one axis.
"""
