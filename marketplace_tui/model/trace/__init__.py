"""The state of the trace's screens. Imported when one of them is opened: it loads the trace of the simulator."""
