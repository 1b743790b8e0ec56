"""What bench/archive is made of: the machine, the servers, the test material and the report."""


class BenchError(Exception):
    """A measurement, or all of them, cannot be made; the message says why and what to do."""
