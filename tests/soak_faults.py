"""What goes wrong during a soak: for the unlucky all the time, for everybody now and then, and the disk for a while."""

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from discord_server import Fault, Server, dm_of
from small_disk import Disk
from telegram_server import Json, No, TelegramServer

UNLUCKY = 5  # one in so many
RECOVERY = 15.0  # seconds in which a turn may take longer after everybody was hit
Person = tuple[str, int]


def is_unlucky(person: Person) -> bool:
    return person[1] // 2 % UNLUCKY == 0


@dataclass
class Faults:
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    on: bool = False
    count: Counter[str] = field(default_factory=Counter)
    disturbed: list[tuple[float, float]] = field(default_factory=list)  # when everybody was hit, in the loop's time
    full: tuple[float, float] | None = None  # when the disk was

    def strikes(self, person: Person, share: float) -> bool:
        struck = self.on and is_unlucky(person) and self.chance.random() < share
        self.count["telegram"] += struck
        return struck

    async def work(self, telegram: TelegramServer, discord: Server, users: list[int], until: float) -> None:
        """The unlucky all the time; everybody each half a minute, by turns in one of three ways."""
        now = asyncio.get_running_loop().time
        unlucky = [user for user in users if is_unlucky(("discord", user))]
        self.on, calm_until = True, now()
        while now() < until:
            if len(discord.faults) < UNLUCKY:
                path = rf"/channels/{dm_of(self.chance.choice(unlucky))}/messages"
                status, after = self.chance.choice((0, 429, 500, 502, 503)), self.chance.random() < 0.3
                discord.faults.append(Fault("POST", path, status, after=after))
                self.count["discord"] += 1
            await asyncio.sleep(1)
            if now() >= calm_until:
                self.disturbed.append((now() - 1, now() + RECOVERY))
                calm_until = now() + 2 * RECOVERY
                await self._hit_everybody(telegram, discord)
        self.on = False
        discord.faults.clear()

    async def _hit_everybody(self, telegram: TelegramServer, discord: Server) -> None:
        self.count["connections"] += 1
        way = self.count["connections"] % 3
        if way == 0:
            await discord.drop()
            return
        telegram.cut = {"getUpdates"} if way == 1 else {"sendMessage"}
        await asyncio.sleep(0.5)
        telegram.cut = set()

    async def fill(self, disk: Disk, database: Path, seconds: float) -> None:
        """What SQLite has in reserve is given back first: else it would go on for a while, and rightly be ready."""
        now = asyncio.get_running_loop().time
        for _ in range(2):
            with suppress(sqlite3.Error), closing(sqlite3.connect(database, timeout=0.5)) as db:
                db.execute("pragma wal_checkpoint(truncate)")
            disk.fill()
        began = now()
        self.full = (began, began + seconds)
        self.disturbed.append((began - 1, began + seconds + RECOVERY))
        await asyncio.sleep(seconds)
        disk.clear()
        self.full = (began, now())


class Phones(TelegramServer):
    """Tells whose phone shows something; slow, and at times refusing, for the unlucky."""

    wrong: Faults
    show: Callable[[Person, str], None]

    async def _carry_out(self, method: str, form: Json) -> Any:
        if method != "sendMessage":
            return await super()._carry_out(method, form)
        person = ("telegram", int(form["chat_id"]))
        if self.wrong.strikes(person, 0.05):
            await asyncio.sleep(self.wrong.chance.uniform(0.5, 2))
        if self.wrong.strikes(person, 0.05):
            raise No(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        if self.wrong.strikes(person, 0.05):
            raise No(502, "Bad Gateway")
        result = await super()._carry_out(method, form)
        self.show(person, form["text"])
        return result
