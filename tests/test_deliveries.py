"""Deliveries on several platforms at once, and what becomes of one that was broken off."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from conversation import START, Screen
from test_pace import hurried

from bot.delivery import Settlement
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.talk import A_MOMENT, Talk
from bot.messages import Command, Delivery, Handle, Incoming, Reply, Undelivered
from bot.schedule import AT_ONCE, PlatformOutlet, Schedule
from storage import Store, Timer
from storage.timers import LEASE

DUE = START.replace(hour=22, minute=0)


@dataclass
class Wire:
    """A platform that can be away or slow, and remembers under which nonce it showed what to whom."""

    name: str
    repeatable: timedelta | None = None
    ready: bool = True
    going_on: asyncio.Event = field(default_factory=asyncio.Event)
    nonces: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0
    waiting: int = 0
    routes: Sequence[web.RouteDef] = ()

    def __post_init__(self) -> None:
        self.going_on.set()

    async def run(self, handle: Handle) -> None:
        """Nobody does anything here."""

    async def turn(self, person: str) -> None:
        """There always is room."""

    async def send(self, person: str, reply: Reply, nonce: str = "") -> str:
        self.asked += 1
        await self.going_on.wait()
        self.nonces.append((person, nonce))
        return ""

    async def hide(self, person: str, receipts: Sequence[str]) -> int:
        return 0


@dataclass
class House:
    dialogue: Dialogue
    at: datetime = START
    errors: list[Exception] = field(default_factory=list)
    became: Counter[tuple[str, Delivery]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.telegram, self.discord = Wire("telegram"), Wire("discord", timedelta(minutes=2))
        wires = {wire.name: wire for wire in (self.telegram, self.discord)}

        def outlet(timer: Timer) -> PlatformOutlet:
            return PlatformOutlet(wires[timer.person.partition(":")[0]].send, timer)

        def delivered(platform: str, what: Delivery, _late: float) -> None:
            self.became[platform, what] += 1

        self.schedule = Schedule(self.dialogue, outlet, lambda: self.at, list(wires.values()), delivered)
        self.dialogue.failed = self.errors.append

    async def daily(self, *people: str) -> None:
        for person in people:
            incoming = Incoming(f"daily {person}", person, START, command=Command("daily", "22:00 every day UTC"))
            await self.dialogue.handle(incoming, Screen())


@pytest.fixture
def house(dialogue: Dialogue) -> House:
    return House(dialogue)


@pytest.mark.parametrize(
    ("person", "after", "again"),
    [("discord:7", 1, True), ("discord:7", 3, False), ("telegram:7", 1, True), ("telegram:7", 3, True)],
)
async def test_broken_off(house: House, store: Store, person: str, after: int, *, again: bool) -> None:
    """One that may have been shown is repeated on Discord for two minutes, and else counted; on Telegram repeated."""
    await house.daily(person)
    (timer,) = await store.claim(DUE, 1)
    key = f"timer:daily:{int(timer.next_at.timestamp())}"
    await house.dialogue.handle(Incoming(key, person, DUE, timer="daily:2026-03-02"), Screen())
    await store.release()
    house.at = DUE + timedelta(minutes=after)
    platform = person.partition(":")[0]
    await house.schedule.deliver(platform)
    assert len(house.telegram.nonces + house.discord.nonces) == again
    assert house.became == {(platform, Delivery.SENT if again else Delivery.FAILED): 1}
    assert [type(error) for error in house.errors] == ([] if again else [Undelivered])
    assert await store.next_due() == DUE + timedelta(days=1)


async def test_the_same_minute(house: House, store: Store) -> None:
    """Discord compares nonces over all that a bot writes: no two people have the same, and each attempt has its own."""
    people = [f"discord:{number}" for number in range(30)]
    await house.daily(*people)
    for _ in range(2):
        house.at = (await store.next_due()) or START
        await house.schedule.deliver("discord")
    assert len(house.discord.nonces) == 60
    assert len({nonce for _, nonce in house.discord.nonces}) == 60


async def test_a_platform_that_is_away(house: House, store: Store) -> None:
    """What is due there keeps until it is back, within the grace; elsewhere everybody is served meanwhile."""
    await house.daily("discord:1", "telegram:1")
    house.at, house.discord.ready = DUE, False
    assert [await house.schedule.deliver(name) for name in ("discord", "telegram")] == [0, 1]
    house.at, house.discord.ready = DUE + timedelta(minutes=30), True
    assert [await house.schedule.deliver(name) for name in ("discord", "telegram")] == [1, 0]
    assert house.became == {("telegram", Delivery.SENT): 1, ("discord", Delivery.SENT): 1}


async def test_gone_in_the_middle(house: House, store: Store) -> None:
    """What was claimed when the platform went away is given back, and comes later."""
    await house.daily(*(f"telegram:{number}" for number in range(3 * AT_ONCE)))
    house.at = DUE
    house.telegram.going_on.clear()
    delivering = asyncio.create_task(house.schedule.deliver("telegram"))
    while house.telegram.asked < AT_ONCE:  # noqa: ASYNC110 - until as many are in work as can be
        await asyncio.sleep(0)
    house.telegram.ready = False
    house.telegram.going_on.set()
    await delivering
    assert len(house.telegram.nonces) == AT_ONCE
    house.telegram.ready = True
    await house.schedule.deliver("telegram")
    assert len(house.telegram.nonces) == len(set(house.telegram.nonces)) == 3 * AT_ONCE


async def test_a_platform_that_hangs(house: House) -> None:
    """However many wait there, the other platform's are sent; and what waits beyond its lease is not sent twice."""
    await house.daily(*(f"telegram:{number}" for number in range(AT_ONCE)), "discord:1")
    house.at = DUE
    house.telegram.going_on.clear()
    running = asyncio.create_task(house.schedule.run())
    while house.telegram.asked < AT_ONCE or not house.discord.nonces:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    house.at += timedelta(seconds=LEASE + 1)
    again = await house.dialogue.store.claim(house.at, 1, "telegram")
    await house.schedule._serve(again[0])
    house.telegram.going_on.set()
    while house.became["telegram", Delivery.SENT] < AT_ONCE:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert house.telegram.asked == len(set(house.telegram.nonces)) == AT_ONCE


async def test_a_platform_that_is_slow(house: House, store: Store) -> None:
    """What is in work there for longer than its lease is not given up because another platform looks at what is due."""
    await house.daily("telegram:1", "discord:1")
    house.at = DUE
    house.telegram.going_on.clear()
    delivering = asyncio.create_task(house.schedule.deliver("telegram"))
    while not house.telegram.asked:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    house.at += timedelta(seconds=LEASE + 1)
    assert await house.schedule.deliver("discord") == 1
    house.telegram.going_on.set()
    assert await delivering == 1
    assert len(house.telegram.nonces) == 1
    assert await store.next_due("telegram") == DUE + timedelta(days=1)


async def test_each_platform_catches_up_with_its_own(house: House, store: Store) -> None:
    """What became of a delivery on one platform, and is being noted down, is not noted down by the other's line too."""
    await house.daily("telegram:1")
    (timer,) = await store.claim(DUE, 1)
    settlement = Settlement(timer, DUE + timedelta(days=1), "2026-03-02", reachable=True)
    house.schedule._unsettled["telegram:1", "daily"] = settlement
    await house.schedule.deliver("discord")
    assert await store.next_due() is None
    await house.schedule.deliver("telegram")
    assert await store.next_due() == DUE + timedelta(days=1)


async def test_one_that_cannot_be_worked_out(house: House, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A timer that breaks the program, such as one in a zone that is no more, keeps nobody else from theirs."""
    people = [f"telegram:{number}" for number in range(3)]
    await house.daily(*people)
    await store._ask(lambda db: db.execute("update timers set zone = 'Nowhere/Gone' where person = 'telegram:1'"))
    house.at = DUE
    running = asyncio.create_task(house.schedule.run())
    while not running.done() and "Schedule: broke" not in caplog.text:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    assert not running.done()
    assert {person for person, _ in house.telegram.nonces} == {"telegram:0", "telegram:2"}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_receipts_are_not_waited_for(store: Store) -> None:
    """What a turn does not wait for is done before what is asked for later, and is on the disk soon without that."""
    first = store.record("test:1", "m1", ["a"], START)
    assert not first.done()
    assert await store.receipts("test:1", None) == ["a"]
    store.record("test:1", "m2", ["b"], START)
    assert await store.erase("test:1")
    assert await store.receipts("test:1", None) == []
    await store.record("test:1", "m3", ["c"], START)  # alone
    assert [row["receipt"] for row in (await store.export("test:1"))["receipts"]] == ["c"]


async def test_a_turn_is_over_before_its_receipts_are_kept(house: House, store: Store) -> None:
    """The next message of a person is not held up by them; taking back finds them all the same."""

    class Numbered(Screen):
        hidden: Sequence[str] = ()

        async def send(self, reply: Reply) -> str:
            await super().send(reply)
            return f"receipt {len(self.replies)}"

        async def hide(self, receipts: Sequence[str]) -> int:
            self.hidden = receipts
            return len(receipts)

    screen = Numbered()
    await house.dialogue.handle(Incoming("m1", "test:1", START, text="hello"), screen)
    await house.dialogue.handle(Incoming("m2", "test:1", START, press="hide:all"), screen)
    assert "receipt 1" in screen.hidden
    for key, press in (("m3", "menu"), ("m4", "forget:yes")):
        await house.dialogue.handle(Incoming(key, "test:1", START, press=press), screen)
    assert not any((await store.export("test:1")).values())


def test_who_talks_goes_first() -> None:
    """What nobody waits for begins when somebody has been answered, or a moment later where somebody always is."""

    async def scene() -> None:
        talk, clock = Talk(), asyncio.get_running_loop().time

        async def answer(seconds: float) -> None:
            with talk.turn():
                await asyncio.sleep(seconds)

        for seconds, paused in ((0, 0), (A_MOMENT / 2, A_MOMENT / 2), (5, A_MOMENT)):
            answering = asyncio.create_task(answer(seconds))
            await asyncio.sleep(0)
            began = clock()
            await talk.pause()
            assert clock() - began == pytest.approx(paused, abs=0.001)
            await answering

    hurried(scene)
