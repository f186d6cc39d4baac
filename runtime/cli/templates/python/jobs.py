from pipeloom import Job


class MyJob(Job):
    """Multiplies numbers."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def run(self, number: int) -> int:
        return number * self.factor
