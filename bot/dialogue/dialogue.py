"""The one door through which everything that people do comes in."""

import asyncio
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from weakref import WeakValueDictionary

from bot.aside import aside
from bot.dialogue import due, kept, progress
from bot.dialogue.limits import Limiter, is_urgent, shortened
from bot.dialogue.respond import EraseAll, HideRecent, Keep, Turn, Unkeep, respond, said_again
from bot.dialogue.screens import render
from bot.dialogue.state import State
from bot.dialogue.talk import Talk
from bot.dialogue.timers import timer_changes
from bot.dialogue.view import Fresh
from bot.messages import File, Incoming, Outcome, Outlet, Place, Reply, Undelivered, platform_of, serving
from content import Library
from intents.reader import Reader
from intents.reading import Reading
from intents.safety import both
from storage import Change, StorageUnavailable, Store
from storage.seal import Seal, keep, unkeep

FRAGMENT_LIFETIME = timedelta(minutes=2)
ERASED_AT_ONCE = 100
HIDDEN_TURNS = 2  # the last answer, and the question whether to hide it
WAITING = "go-on"  # the screen that asks for the rest of what someone began to say


@dataclass
class Dialogue:
    """Reads, responds, commits and sends: one turn at a time for each person, all people at once."""

    library: Library
    reader: Reader
    store: Store
    failed: Callable[[Exception], None]  # told of errors that the person is answered with a sentence for
    seal: Seal = field(default_factory=Seal)
    wake: Callable[[], None] = lambda: None  # told when what is due may have changed
    took: Callable[[str, Outcome, float], None] = lambda *_: None  # of each turn: platform, outcome, seconds
    limiter: Limiter | None = None  # where anybody can write
    talk: Talk = field(default_factory=Talk)
    _begun: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # fragments, in memory only
    # A lock lives as long as somebody holds or awaits it: without either, nobody is left to be kept apart.
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def handle(self, incoming: Incoming, outlet: Outlet) -> None:
        """Answer one message, press or command. The state is kept before the first word is sent."""
        serving.set(incoming.person)  # not reset: each turn has a task of its own
        began = perf_counter()
        async with self._lock(incoming.person):
            with nullcontext() if incoming.timer else self.talk.turn():
                outcome, turn = await self._decide(incoming)
            try:
                await self._deliver(incoming, turn, outlet)
            except (Exception, asyncio.CancelledError):  # what took too long is cancelled
                if incoming.timer:
                    await self._undelivered(incoming, turn.state)
                raise
            finally:
                if not incoming.timer:
                    self.took(platform_of(incoming.person), outcome, perf_counter() - began)

    async def forget_silent(self, before: datetime) -> int:
        """Erase everybody from whom nothing came since then; how many that were."""
        count = 0
        while people := await self.store.silent(before, ERASED_AT_ONCE):
            count += sum(await asyncio.gather(*(self._forget(person, before) for person in people)))
        return count

    async def _forget(self, person: str, silent_since: datetime) -> bool:
        async with self._lock(person):
            return await self.store.erase(person, silent_since)

    def _lock(self, person: str) -> asyncio.Lock:
        return self._locks.setdefault(person, asyncio.Lock())

    async def _decide(self, incoming: Incoming) -> tuple[Outcome, Turn]:
        try:
            if held := await self._hold_back(incoming):
                return Outcome.HELD, held
            turn = await self._take(incoming)
        except StorageUnavailable as error:
            if incoming.timer:  # nobody asked, nobody is told; the schedule sees to it
                raise
            self.failed(error)
            return Outcome.STORAGE, Turn(State(), (self._say("storage"),))
        except Exception as error:
            if incoming.timer:
                raise
            self.failed(error)
            return Outcome.INTERNAL, Turn(State(), (self._say("internal"),))
        return Outcome.REPEATED if turn.repeated else Outcome.ANSWERED, turn

    async def _hold_back(self, incoming: Incoming) -> Turn | None:
        """What is more than one person can send in so short a time; danger is listened for in all of it."""
        if not self.limiter or incoming.timer or self.limiter.admits(incoming):
            return None
        # Not with the reading of all the others, behind which it would wait.
        if is_urgent(incoming, await asyncio.to_thread(self.reader.hear, incoming.typed)):
            return None
        told = not self.limiter.hold(incoming) or incoming.place is Place.GROUP
        return Turn(State(), () if told else (self._say("too-fast"),))

    async def _take(self, incoming: Incoming) -> Turn:
        memory = await self.store.load(incoming.person, incoming.id)
        if incoming.timer:
            await self.talk.pause()
        state = State.model_validate_json(memory.state) if memory.state else State()
        if memory.first_at:
            if incoming.repeatable is not None and incoming.at - memory.first_at > incoming.repeatable:
                await self._undelivered(incoming, state)
                raise Undelivered
            if state.screen.name in kept.NEEDS_ROWS and not incoming.timer:
                return Turn(state, await self._with_kept(incoming.person, state), repeated=True)
            return Turn(state, said_again(self.library, state, incoming), repeated=True)
        turn = await self._respond(state, incoming)
        if EraseAll() in turn.effects:
            await self.store.erase(incoming.person)
            return turn
        changes = timer_changes(incoming.person, state, turn.state, incoming.at) + self._keeping(incoming, turn)
        written = turn.state.model_dump_json()
        erases = (state.holds_words and not turn.state.holds_words) or any(isinstance(e, Unkeep) for e in turn.effects)
        await self.store.commit(
            incoming.person, written, incoming.id, incoming.at, changes, heard=not incoming.timer, erases=erases
        )
        if changes:
            self.wake()
        if turn.state.screen.name == "exported":
            return replace(turn, replies=(replace(turn.replies[0], file=await self._export(incoming.person)),))
        needs_rows = turn.state.screen.name in kept.NEEDS_ROWS and not incoming.timer  # what falls due is a cover
        if turn.replies and needs_rows and incoming.place is not Place.GROUP:
            return replace(turn, replies=await self._with_kept(incoming.person, turn.state))
        return turn

    def _keeping(self, incoming: Incoming, turn: Turn) -> list[Change]:
        """What is kept or deleted in the same transaction as the state."""
        changes: list[Change] = []
        for effect in turn.effects:
            if isinstance(effect, Keep):
                words = self.seal.close(effect.words)
                changes.append(partial(keep, person=incoming.person, at=incoming.at, words=words))
            elif isinstance(effect, Unkeep):
                changes.append(partial(unkeep, person=incoming.person, number=effect.number))
        return changes

    async def _with_kept(self, person: str, state: State) -> tuple[Reply, ...]:
        lost = self.library.phrases["kept-lost"].says[0]
        rows = tuple((number, self.seal.open(words, lost)) for number, words in await self.store.kept(person))
        replies = render(self.library, state, platform_of(person), Fresh(kept=rows, sealed=self.seal.seals))
        if state.screen.name == "progress":
            return await aside(partial(progress.pictured, self.library, state), replies)
        return replies

    async def _respond(self, state: State, incoming: Incoming) -> Turn:
        """What was typed is read together with the fragment before it, which only this process remembers."""
        if incoming.timer:
            return respond(self.library, state, incoming, Reading())
        said = await self._read(incoming.typed)
        if self.limiter and (held := self.limiter.release(incoming.person)):
            said = replace(said, hearing=both(said.hearing, (await self._read(held)).hearing))
        incoming = shortened(incoming)
        at, begun = self._begun.pop(incoming.person, (incoming.at, ""))
        if not incoming.text or incoming.at - at > FRAGMENT_LIFETIME:
            begun = ""
        text = f"{begun} {incoming.text}".strip()
        reading = await self._read(text) if begun else said
        reading = replace(reading, hearing=both(reading.hearing, said.hearing))
        turn = respond(self.library, state, incoming, reading)
        if turn.state.screen.name == WAITING:
            self._begun = {p: kept for p, kept in self._begun.items() if incoming.at - kept[0] <= FRAGMENT_LIFETIME}
            self._begun[incoming.person] = (incoming.at, text)
        return turn

    async def _read(self, text: str) -> Reading:
        return await aside(self.reader.read, text) if text else Reading()

    async def _deliver(self, incoming: Incoming, turn: Turn, outlet: Outlet) -> None:
        try:
            for effect in turn.effects:
                if isinstance(effect, HideRecent):
                    turns = HIDDEN_TURNS if effect.what == "last" else None
                    await outlet.hide(await self.store.receipts(incoming.person, turns))
            receipts = [await outlet.send(reply) for reply in turn.replies]
            if EraseAll() not in turn.effects:
                # Not waited for: a later `hide` or `forget` comes after it in the store's queue.
                receipts = [incoming.receipt, *receipts]
                recording = self.store.record(incoming.person, incoming.id, receipts, incoming.at)
                recording.add_done_callback(self._recorded)
        except StorageUnavailable as error:
            self.failed(error)

    def _recorded(self, done: asyncio.Future[None]) -> None:
        if not done.cancelled() and (error := done.exception()) and isinstance(error, Exception):
            self.failed(error)

    async def _undelivered(self, incoming: Incoming, state: State) -> None:
        """A day on which nothing reached them is none that they left undone."""
        if (known := due.undelivered(state, incoming.timer)) is state:
            return
        try:
            written = known.model_dump_json()
            await self.store.commit(incoming.person, written, incoming.id, incoming.at, heard=False)
        except StorageUnavailable as error:
            self.failed(error)

    async def _export(self, person: str) -> File:
        lost = self.library.phrases["kept-lost"].says[0]
        rows = self.seal.open_rows(await self.store.export(person), lost)
        text = json.dumps(rows, indent=2, ensure_ascii=False)
        description = self.library.phrases["export-file"].says[0]
        return File("rekindle.json", "application/json", text.encode(), description)

    def _say(self, phrase: str) -> Reply:
        return Reply(self.library.phrases[phrase].says[0])
