"""The pytest door: cells of the matrix as tests, and tests that search the schedules of one's own callables."""

pytest_plugins = [
    "harness.pytest_plugin.cells",
    "harness.pytest_plugin.exploring",
    "harness.pytest_plugin.failures",
]
