"""The folder that is put on PYTHONPATH: Python imports `sitecustomize` from it at the start of every process."""
