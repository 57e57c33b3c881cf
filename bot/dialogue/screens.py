"""All screens and presses by name: how a state is drawn, and what a button does."""

from dataclasses import replace

from bot.dialogue import (
    checkins,
    daily,
    danger,
    exercises,
    helplines,
    kept,
    meeting,
    plans,
    progress,
    prompts,
    repairs,
    running,
    topics,
)
from bot.dialogue.moves import Move, Press, Screen, Stale, dispatch
from bot.dialogue.state import Screen as Shown
from bot.dialogue.state import State
from bot.dialogue.view import Fresh, View
from bot.messages import PAYLOAD, Reply
from content import Library

PARTS = (topics, meeting, repairs, danger, daily, prompts, checkins, kept, running, exercises, plans)
SCREENS: dict[str, Screen] = {name: screen for part in (*PARTS, progress) for name, screen in part.SCREENS.items()}
PRESSES: dict[str, Press] = {verb: press for part in PARTS for verb, press in part.PRESSES.items()}


def render(library: Library, state: State, platform: str, fresh: Fresh | None = None) -> tuple[Reply, ...]:
    """What a state says; the same each time, apart from what only the turn itself knew."""
    view = View(library, state, platform, fresh or Fresh())
    replies = SCREENS[state.screen.name](view, *state.screen.args)
    if state.screen.notice:
        name = f"notice-{platform}"
        notice = view.say(name if name in library.phrases else "notice-console")
        replies = (replace(replies[0], text=f"{replies[0].text}\n\n{notice}"), *replies[1:])
    if state.screen.asks:
        replies = (*replies, running.question(view))
    if state.screen.card:
        card = Reply(f"{view.say('card-returns')}\n\n{helplines.card(view, helplines.BOTH)}")
        replies = (*replies, card)
    if state.screen.youth:
        replies = (*replies, Reply(helplines.card(view, helplines.CHILD)))
    if state.screen.offer and state.practice.id in library.exercises:  # it may have lain idle for too long since
        replies = (*replies, exercises.offer(view))
    if state.danger_at:
        replies = (*replies[:-1], danger.with_ways_on(view, replies[-1]))
    return replies


def mended(library: Library, state: State) -> State:
    """The state without what is no longer there, as after a content update: a step's topic restarts, explained."""
    screens = (state.screen, state.previous, state.pending)
    if all(_exists(library, state, screen) for screen in screens) and _has_place(library, state):
        return state
    known = state.but(
        previous=Shown() if not _exists(library, state, state.previous) else state.previous,
        pending=Shown() if not _exists(library, state, state.pending) else state.pending,
    )
    if _exists(library, state, state.screen) and _has_place(library, state):  # only what was before it is gone
        return known
    if known.screen.name not in topics.SCREENS and not _exists(library, state, known.screen):
        return mended(library, known.but(screen=Shown()))
    if state.topic not in library.topics:
        return known.but(topic="", angle="", step="", screen=Shown())
    if not _exists(library, state, state.screen) or state.step not in library.topics[state.topic].step:
        return topics.open_topic(library, known, state.topic, state.angle, lead="gone-step")
    return known


def _exists(library: Library, state: State, screen: Shown) -> bool:
    """Whether the screen and what it is about are still there."""
    name = screen.name
    if name in exercises.SCREENS:
        return exercises.exists(library, state, screen)
    if name in plans.SCREENS:
        return plans.exists(library, state, screen)
    if name in topics.SCREENS and screen.args:
        topic = library.topics.get(screen.about)
        if topic is None or len(screen.args) == 1:
            return topic is not None
        return screen.args[1] in (topic.angles if name == "topic" else topic.step)
    match name:
        case "group":
            return screen.about in library.group
        case "country-set":
            return state.country in library.helplines.countries
        case "daily-paused":
            return bool(state.daily.until)
    return not name or name in SCREENS


def _has_place(library: Library, state: State) -> bool:
    if not state.topic:
        return True
    topic = library.topics.get(state.topic)
    return topic is not None and state.step in topic.step and (not state.angle or state.angle in topic.angles)


def press(move: Move, payload: str) -> State:
    """Where a button leads. Raises Stale for one that means nothing any more."""
    if not PAYLOAD.fullmatch(payload):
        raise Stale
    verb, *parts = payload.split(":")
    return dispatch(PRESSES, verb, move, *parts)
