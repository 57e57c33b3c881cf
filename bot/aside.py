"""Work that would hold everybody up: it is done in a thread beside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

# Few, because each keeps the memory of the longest message that it has read. And apart from those in which the
# platforms' libraries look up names: without a network, that takes long.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="aside")

Given = TypeVar("Given")
Result = TypeVar("Result")


async def aside(work: Callable[[Given], Result], given: Given) -> Result:
    """Raises what `work` does. Two at a time; what is asked for first is begun first."""
    return await asyncio.get_running_loop().run_in_executor(_threads, copy_context().run, work, given)
