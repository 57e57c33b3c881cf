"""The one door through which everything that people do comes in."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from weakref import WeakValueDictionary

from bot.dialogue import kept
from bot.dialogue.respond import EraseAll, HideRecent, Keep, Turn, Unkeep, respond, said_again
from bot.dialogue.screens import render
from bot.dialogue.state import State
from bot.dialogue.timers import timer_changes
from bot.dialogue.view import Fresh
from bot.messages import File, Incoming, Outlet, Place, Reply
from content import Library
from intents.reader import Reader
from intents.reading import Reading
from intents.safety import both
from storage import Change, StorageUnavailable, Store
from storage.seal import Seal, keep, unkeep

FRAGMENT_LIFETIME = timedelta(minutes=2)
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
    _begun: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # fragments, in memory only
    # A lock lives as long as somebody holds or awaits it: without either, nobody is left to be kept apart.
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def handle(self, incoming: Incoming, outlet: Outlet) -> None:
        """Answer one message, press or command. The state is kept before the first word is sent."""
        lock = self._locks.setdefault(incoming.person, asyncio.Lock())
        async with lock:
            try:
                turn = await self._take(incoming)
            except StorageUnavailable as error:
                if incoming.timer:  # nobody asked, nobody is told; the schedule sees to it
                    raise
                self.failed(error)
                turn = Turn(State(), (self._say("storage"),))
            except Exception as error:
                if incoming.timer:
                    raise
                self.failed(error)
                turn = Turn(State(), (self._say("internal"),))
            await self._deliver(incoming, turn, outlet)

    async def _take(self, incoming: Incoming) -> Turn:
        memory = await self.store.load(incoming.person, incoming.id)
        state = State.model_validate_json(memory.state) if memory.state else State()
        if memory.repeated:
            if state.screen.name in kept.NEEDS_ROWS and not incoming.timer:
                return Turn(state, await self._with_kept(incoming.person, state))
            return Turn(state, said_again(self.library, state, incoming))
        turn = await self._respond(state, incoming)
        if EraseAll() in turn.effects:
            await self.store.erase(incoming.person)
            return turn
        changes = timer_changes(incoming.person, state, turn.state, incoming.at) + self._keeping(incoming, turn)
        written = turn.state.model_dump_json()
        await self.store.commit(incoming.person, written, incoming.id, incoming.at, changes, heard=not incoming.timer)
        if changes:
            self.wake()
        if turn.state.screen.name == "exported":
            return replace(turn, replies=(replace(turn.replies[0], file=await self._export(incoming.person)),))
        if turn.replies and turn.state.screen.name in kept.NEEDS_ROWS and incoming.place is not Place.GROUP:
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
        rows = tuple((number, self.seal.open(words)) for number, words in await self.store.kept(person))
        return render(self.library, state, person.partition(":")[0], Fresh(kept=rows, sealed=self.seal.seals))

    async def _respond(self, state: State, incoming: Incoming) -> Turn:
        """What was typed is read together with the fragment before it, which only this process remembers."""
        if incoming.timer:
            return respond(self.library, state, incoming, Reading())
        said = await self._read(incoming.typed)
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
        """In another thread, because the model would keep everybody else waiting."""
        return await asyncio.to_thread(self.reader.read, text) if text else Reading()

    async def _deliver(self, incoming: Incoming, turn: Turn, outlet: Outlet) -> None:
        try:
            for effect in turn.effects:
                if isinstance(effect, HideRecent):
                    turns = HIDDEN_TURNS if effect.what == "last" else None
                    await outlet.hide(await self.store.receipts(incoming.person, turns))
            receipts = [await outlet.send(reply) for reply in turn.replies]
            if EraseAll() not in turn.effects:
                await self.store.record(incoming.person, incoming.id, [incoming.receipt, *receipts], incoming.at)
        except StorageUnavailable as error:
            self.failed(error)

    async def _export(self, person: str) -> File:
        text = json.dumps(self.seal.open_rows(await self.store.export(person)), indent=2, ensure_ascii=False)
        description = self.library.phrases["export-file"].says[0]
        return File("rekindle.json", "application/json", text.encode(), description)

    def _say(self, phrase: str) -> Reply:
        return Reply(self.library.phrases[phrase].says[0])
