"""Danger comes first: cards with people to call, the two questions, and what stays closed meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.dialogue import exercises, helplines
from bot.dialogue.moves import Move, Press, Screen, Stale, to
from bot.dialogue.state import Practice, State
from bot.dialogue.state import Screen as Shown
from bot.dialogue.topics import open_topic
from bot.dialogue.view import View, plain
from bot.messages import MOST_CHOICES, Choice, Reply
from content import Exercise, Library, Plan, Topic
from intents.safety import Alarm, Hearing, Kind, Level

CARD_RETURNS_AFTER = 4  # turns after a "no"; a single denial does not end the way to help
PLANS = {"plan-about", "plan-day", "plan-set", "plans"}
EXERCISES = exercises.SCREENS.keys() - {"do-stopped"}
ADVICE = PLANS | EXERCISES | {
    "topic", "step", "words", "all", "why", "related", "plan", "enough", "choices", "menu", "group", "wrong", "prompt",
    "checkin-set", "went-which", "went-helped", "went-badly", "went-brushed", "went-nerve", "went-didnt",
}  # fmt: skip
"""Screens that are closed while danger is open."""

NOT_FOR_MINORS = ("intimacy", "divorce", "before-divorce")
"""Topics and exercises."""

CARDS: dict[Kind | None, tuple[str, helplines.Wanted]] = {
    None: ("card-any", helplines.BOTH),
    Kind.SUICIDE: ("card-suicide", helplines.SUICIDE),
    Kind.SELF_EMERGENCY: ("card-suicide", helplines.SUICIDE),
    Kind.OTHER_SUICIDE: ("card-other", helplines.SUICIDE),
    Kind.VIOLENCE: ("card-violence", helplines.VICTIM),
    Kind.EMERGENCY: ("card-emergency", helplines.VICTIM),
    Kind.THREAT_IF_LEFT: ("card-threat", helplines.BOTH),
    Kind.OWN_VIOLENCE: ("card-own", helplines.OWN),
    Kind.CHILD: ("card-child", helplines.CHILD),
}

# Screens: what is said. What kind of danger it is, only this turn knows: said again, the card is the general one.


def card(view: View) -> tuple[Reply, ...]:
    alarms = view.fresh.hearing.alarms
    name, wanted = CARDS[alarms[0].kind if alarms else None]
    return (Reply(view.lead(f"{view.say(name)}\n\n{helplines.card(view, wanted)}"), choices=_ways_on(view)),)


def lines(view: View) -> tuple[Reply, ...]:
    """The numbers on request, whether or not danger is open."""
    return (Reply(view.lead(f"{view.say('lines')}\n\n{helplines.card(view, helplines.BOTH)}")),)


def heard(name: str) -> Screen:
    """With a way to a person each time: it may have got worse in words that nothing here knows."""
    return lambda view: (Reply(view.lead(f"{view.say(name)}\n\n{helplines.reachable(view)}"), choices=_ways_on(view)),)


def on_the_way(name: str) -> Screen:
    """One phrase, with all the ways on below it."""
    return lambda view: (Reply(view.say(name), choices=_ways_on(view)),)


def check(view: View, question: str) -> tuple[Reply, ...]:
    """One direct question, with a way to a person below it."""
    text = f"{view.say(f'ask-{question}')}\n\n{helplines.reachable(view)}"
    answers = view.library.phrases[f"ask-{question}"].buttons
    payloads = {"lines": "lines", "unsafe": "unsafe", "on": "safe:on"}
    choices = tuple(Choice(label, payloads.get(key, f"safe:{question}-{key}")) for key, label in answers.items())
    return (Reply(view.lead(text), choices=choices),)


def fear(view: View) -> tuple[Reply, ...]:
    """The question before anything that could harm someone who is afraid."""
    answers = view.library.phrases["ask-fear"].buttons
    choices = tuple(Choice(label, f"safe:fear-{key}") for key, label in answers.items())
    return (Reply(view.lead(view.say("ask-fear")), choices=choices),)


def skipped(view: View) -> tuple[Reply, ...]:
    topic = view.library.topics.get(view.state.topic)
    names = [name for name in (topic.related if topic else ()) if not view.library.topics[name].guarded]
    names = names or ["listening", "appreciation"]
    choices = tuple(Choice(view.topic(name).title, f"topic:{name}") for name in names)
    return (Reply(view.say("fear-skipped"), choices=choices),)


def with_ways_on(view: View, reply: Reply) -> Reply:
    """While danger is open, every reply leads to the next hour, to the lines and out of it."""
    ways = _ways_on(view)
    others = [choice for choice in reply.choices if choice.payload not in {way.payload for way in ways}]
    return replace(reply, choices=(*others[: MOST_CHOICES - len(ways)], *ways))


def third_time(view: View) -> tuple[Reply, ...]:
    """The third time the same day another tip is not what is missing."""
    payloads = {"listen": "listen", "where": "where", "done": "done"}
    return (Reply(view.say("third-time"), choices=view.buttons("third-time", payloads)),)


def _ways_on(view: View) -> tuple[Choice, ...]:
    payloads = {"hour": "hour", "lines": "lines", "watched": "watched", "hide": "hide", "closed": "safe:now"}
    return view.buttons("card-buttons", payloads)


def hide_ask(view: View) -> tuple[Reply, ...]:
    choices = tuple(view.button("hide-ask", key, f"hide:{key}") for key in ("last", "all"))
    return (Reply(view.say("hide-ask"), choices=choices),)


def closed(view: View) -> tuple[Reply, ...]:
    """Danger is over: what was scheduled stays off until they turn it on."""
    on = (view.button("daily-suspended", "on", "daily:on"),) if view.state.suspended else ()
    return (Reply(view.lead(view.say("closed")), choices=on),)


def country_set(view: View) -> tuple[Reply, ...]:
    name = view.library.helplines.countries[view.state.country].name
    return (Reply(f"{view.say('country-set', country=name)}\n\n{helplines.card(view, helplines.BOTH)}"),)


ANOTHER_WAY = {"ask": "topic:open-communication", "trust": "topic:trust-and-honesty", "unsafe": "unsafe"}
"""For a wish to look in secret, to test or to trick, which is turned down without shame."""

SCREENS: dict[str, Screen] = {
    "card": card,
    "lines": lines,
    "heard": heard("heard"),
    "heard-again": heard("heard-again"),
    "next-hour": on_the_way("next-hour"),
    "watched": on_the_way("watched"),
    "refused": on_the_way("refused"),
    "check": check,
    "fear": fear,
    "fear-skipped": skipped,
    "spying": plain("spying", **ANOTHER_WAY),
    "testing": plain("testing", **ANOTHER_WAY),
    "closed": closed,
    "third-time": third_time,
    "hide-ask": hide_ask,
    "hidden": plain("hidden"),
    "country-ask": plain("country-ask"),
    "country-unknown": plain("country-unknown"),
    "country-set": country_set,
}

ASKS_COUNTRY = frozenset(SCREENS) | {"low-mood", "psychosis", "eating"}
"""Screens after which the bare name of a place is an answer."""

# Moves.


def open_danger(move: Move) -> State:
    """Only that and since when is kept, not what was said. Nothing that was scheduled resumes by itself."""
    suspended = move.state.suspended or move.state.daily.on or bool(move.state.course.id)
    state = move.state.but(suspended=suspended, once=(), practice=Practice())
    return state.but(danger_at=move.at, cleared=False, card_in=0, pending=Shown()).go("card")


def hear(move: Move, alarms: tuple[Alarm, ...], after: Shown) -> State | None:
    """What an alarm leads to; `after` follows a question that was answered with no. None: go on as usual."""
    worst = alarms[0]
    if worst.level is Level.CERTAIN:
        return _certain(move, worst)
    if move.state.danger_at:
        return move.state.go("heard-again")
    waiting = move.state.but(pending=after)
    if worst.kind is Kind.OTHER_SUICIDE:
        return waiting.go("card")
    if worst.kind is Kind.SUICIDE:
        return waiting.but(asked=True).go(*("heard-again",) if move.state.asked else ("check", "alive"))
    if worst.kind is Kind.VIOLENCE:
        return None if move.state.cleared or move.state.screen.name == "fear" else waiting.go("fear")
    return waiting.go("check", "aside")


def _certain(move: Move, worst: Alarm) -> State:
    if move.state.danger_at and worst.kind not in {Kind.EMERGENCY, Kind.SELF_EMERGENCY}:
        return move.state.go("heard-again")
    return open_danger(move)


def ask_fear(state: State, after: Shown, lead: str = "") -> State:
    return state.but(pending=after).go("fear", lead=lead)


def admit(library: Library, before: State, state: State) -> State:
    """The one gate before advice, which changes nothing where it stays shut.

    Nothing while danger is open, guarded things only to those who are not afraid, and some to no one under 18.
    """
    screen = state.screen
    if screen.name not in ADVICE:
        return state
    if state.danger_at:
        return before.go("refused")
    if set(NOT_FOR_MINORS) <= {*before.rejected} and screen.about in NOT_FOR_MINORS:
        return for_a_minor(before.go("open"))
    if _guarded(library, screen) and not state.cleared:
        unsaid = state.but(screen=before.screen, previous=before.previous, seen=before.seen)
        return ask_fear(unsaid, after=screen)
    return state


def _guarded(library: Library, screen: Shown) -> bool:
    """Whether what a screen is about can harm someone who is afraid."""
    if screen.name in {"group", "practice-group"}:  # the name of a group may be an exercise's as well
        return False
    subjects: Mapping[str, Exercise | Plan | Topic] = library.topics
    if screen.name in EXERCISES | PLANS:
        subjects = library.exercises if screen.name in EXERCISES else library.plans
    return screen.about in subjects and subjects[screen.about].guarded


def resume(move: Move, state: State, lead: str = "") -> State:
    """To what waited behind a question; "back" leads past the question to what was before it."""
    after = state.pending if state.pending.name else Shown(name="open")
    going = state.but(pending=Shown(), screen=state.previous)
    if after.name == "topic" and after.args[0] in move.library.topics:
        angle = next(iter(after.args[1:]), "")
        return open_topic(move.library, going, after.args[0], angle, lead or after.lead)
    return going.at_screen(after.model_copy(update={"lead": lead or after.lead}))


def _answer(move: Move, answer: str) -> State:
    """An answer to one of the questions. The answer itself is not kept."""
    state = move.state
    if answer in ANSWERED:
        return open_danger(move)
    match answer:
        case "now":
            return state.but(danger_at=None, cleared=False).go("closed")
        case "alive-no":
            return resume(move, state.but(card_in=CARD_RETURNS_AFTER), lead="alive-no")
        case "fear-no":
            return resume(move, state.but(cleared=True), lead="fear-no")
        case "fear-skip":
            return _skip(move, state)
        case "on":
            return resume(move, state.but(card_in=CARD_RETURNS_AFTER))
    raise Stale


def _skip(move: Move, state: State) -> State:
    if not _guarded(move.library, state.pending):
        return resume(move, state)
    return state.but(practice=Practice()).go("fear-skipped")


ANSWERED = {"fear-yes", "fear-sometimes", "alive-yes"}
"""Answers that open danger."""

ASKED = {"fear": Kind.VIOLENCE, "check:alive": Kind.SUICIDE}
"""What each of the questions asks about."""


def answered(question: Shown) -> Hearing:
    """What an answer to a question says that opened danger, for the card that follows it."""
    kind = ASKED.get(question.key)
    return Hearing((Alarm(Level.CERTAIN, kind),)) if kind else Hearing()


def card_now(state: State) -> State:
    return state.but(card_in=0, screen=state.screen.model_copy(update={"card": True}))


def for_a_minor(state: State) -> State:
    """No age is kept; what is not for the young is left out of this conversation, with a line for them at hand."""
    kept_out = tuple(dict.fromkeys((*state.rejected, *NOT_FOR_MINORS)))
    ranked = tuple(name for name in state.ranked if name not in kept_out)
    state = state.but(rejected=kept_out, ranked=ranked)
    if state.screen.name in SCREENS:  # danger is answered without asides
        return state
    if {state.topic, state.practice.id} & {*NOT_FOR_MINORS}:
        state = state.but(topic="", angle="", step="", practice=Practice()).go("open")
    return state.but(screen=state.screen.model_copy(update={"lead": "minor", "youth": True}))


PRESSES: dict[str, Press] = {
    "unsafe": open_danger,
    "safe": _answer,
    "lines": to("lines"),
    "hour": to("next-hour"),
    "watched": to("watched"),
    "hide": lambda move, what="": move.state.go("hidden" if what else "hide-ask"),
}

ACTS: dict[str, Callable[[Move], State]] = {
    "number": to("lines"),
    "hide": to("hide-ask"),
    "safe": lambda move: _answer(move, "now"),
    "help": to("lines"),
}
"""Words that work while danger is open."""
