"""What the benchmarks have in common: how a figure is taken and shown."""

from collections.abc import Callable, Sequence
from time import perf_counter

from bot.messages import Reply


class Nowhere:
    """Takes what is sent, at no cost."""

    sent = 0

    async def send(self, reply: Reply) -> str:
        self.sent += 1
        return "receipt"

    async def hide(self, receipts: Sequence[str]) -> int:
        return len(receipts)


def show(name: str, value: float, unit: str, base_name: str, base: float) -> None:
    ratio = value / base if base else float("nan")
    print(f"{name:44} {value:10.2f} {unit:6} {base_name:40} {base:10.2f}   ratio {ratio:.2f}")  # noqa: T201 - its output


def percentile(times: Sequence[float], share: float) -> float:
    """In milliseconds."""
    return sorted(times)[min(int(share * len(times)), len(times) - 1)] * 1000


def timed(work: Callable[[], object], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return taken
