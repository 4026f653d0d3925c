"""Generates a synthetic borough that behaves like a real one: correlated lives, extracts that follow the contract, and
true risks.
"""

from pipeline.synthetic.borough import generate
from pipeline.synthetic.options import Mess, Options, SynthReceipt

__all__ = ["Mess", "Options", "SynthReceipt", "generate"]
