"""Tests, laid out like the code. A package, since a dependency installs a top-level package of this name."""
