"""Runs the steps in the right order: flows, the command line and the servers."""
