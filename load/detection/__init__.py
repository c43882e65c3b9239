"""What the engine reaches on labelled logs: `python -m load.detection`."""
