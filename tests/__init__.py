"""Tests, in the same folders as the code. They are a package, because a dependency installs a top-level package called
`tests`."""
