"""Tests that inject faults on purpose, and check the result of each."""
