"""A synthetic borough that behaves like the real one: correlated lives, contract extracts, and the true risk of
everyone."""

from pipeline.synthetic.borough import generate
from pipeline.synthetic.options import Mess, Options, SynthReceipt

__all__ = ["Mess", "Options", "SynthReceipt", "generate"]
