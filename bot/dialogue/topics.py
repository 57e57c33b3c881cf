"""Advice on a topic: which side it is, the first answer, steps one at a time or all at once, and what was chosen."""

from bot.dialogue.moves import Move, Press, Screen, Stale
from bot.dialogue.pages import paged
from bot.dialogue.state import State
from bot.dialogue.view import View
from bot.messages import Choice, Reply
from content import Library, Step, Topic

# Screens: what is said.


def topic(view: View, topic_id: str, angle: str = "") -> tuple[Reply, ...]:
    shown = view.topic(topic_id)
    if shown.angles and not angle:
        return (_which_angle(view, shown),)
    if shown.heavy:
        return (_heavy_answer(view, shown, angle),)
    return (_light_answer(view, shown, angle),)


def _which_angle(view: View, shown: Topic) -> Reply:
    text = f"{_reflection(view, shown, '')}\n\n{shown.question}"
    angles = [Choice(angle.label, f"topic:{shown.id}:{name}") for name, angle in shown.angles.items()]
    return Reply(view.lead(text), choices=(*angles, view.button("angle-buttons", "wrong", "wrong")))


def _light_answer(view: View, shown: Topic, angle: str) -> Reply:
    step = shown.path(angle)[0]
    first = view.say("first-step", step=_filled(view, step.title))
    text = f"{_reflection(view, shown, angle)}\n\n{_filled(view, shown.summary)}\n\n{first}"
    how = () if step.words else (view.button("topic-buttons", "how", f"step:{shown.id}:{step.name}"),)
    ways = [*how, *_step_choices(view, shown, step)]
    if practised := _practised(view, shown):  # in the place of the reasons, which stay a word away
        ways[-1] = practised
    choices = (*ways, view.button("topic-buttons", "wrong", "wrong"))
    return Reply(view.lead(text), choices=choices)


def _heavy_answer(view: View, shown: Topic, angle: str) -> Reply:
    """Listening comes before advising: no step yet, only where to begin."""
    text = f"{_reflection(view, shown, angle)}\n\n{view.say('heavy-question')}"
    if view.fresh.quote:
        text = f"{view.say('quote', quote=view.fresh.quote)}\n\n{text}"
    return Reply(view.lead(text), choices=(*_doors(view, shown), view.button("topic-buttons", "wrong", "wrong")))


def _doors(view: View, shown: Topic) -> list[Choice]:
    """The ways on from something heavy, to be listened to among them."""
    doors = [Choice(door.label, f"door:{shown.id}:{name}") for name, door in shown.doors.items()]
    return [*doors, view.button("topic-buttons", "listen", "listen")]


def _reflection(view: View, shown: Topic, angle: str) -> str:
    return view.vary(shown.angles[angle].reflections if angle else shown.reflections)


def _filled(view: View, text: str) -> str:
    return view.vary([text])


def step(view: View, topic_id: str, name: str) -> tuple[Reply, ...]:
    shown = view.topic(topic_id)
    one = shown.step[name]
    practised = _practised(view, shown)
    choices = (
        *_step_choices(view, shown, one),
        *((practised,) if practised else ()),
        view.button("topic-buttons", "all", f"all:{topic_id}"),
        view.button("topic-buttons", "done", "enough"),
    )
    return (Reply(view.lead(f"{_filled(view, one.title)}\n\n{_filled(view, one.text)}"), choices=choices),)


def _practised(view: View, shown: Topic) -> Choice | None:
    """The exercise that fits the side."""
    exercise = view.library.exercises.get(shown.exercise(_angle(view.state, shown.id)))
    return Choice(exercise.title, f"do:{exercise.id}") if exercise else None


def _step_choices(view: View, shown: Topic, one: Step) -> list[Choice]:
    """Each label is the topic's own."""
    name = one.name
    choices = [Choice(shown.buttons.words, f"words:{shown.id}:{name}")] if one.words else []
    choices.append(Choice(shown.buttons.try_, f"try:{shown.id}:{name}"))
    choices.append(Choice(shown.buttons.next, f"next:{shown.id}:{name}"))
    choices.append(view.button("topic-buttons", "why", f"why:{shown.id}"))
    return choices


def words(view: View, topic_id: str, name: str) -> tuple[Reply, ...]:
    shown = view.topic(topic_id)
    one = shown.step[name]
    text = view.say("step-words", words=_filled(view, one.words)) if one.words else view.say("no-words")
    if _unread(view):
        text = f"{_filled(view, one.text)}\n\n{text}"
    choices = (
        Choice(shown.buttons.try_, f"try:{topic_id}:{name}"),
        Choice(shown.buttons.next, f"next:{topic_id}:{name}"),
        view.button("topic-buttons", "done", "enough"),
    )
    return (Reply(view.lead(text), choices=choices),)


def _unread(view: View) -> bool:
    """Whether only the step's title has been seen, so that how to do it, and when not to, comes first."""
    return view.state.previous.name == "topic"


def all_steps(view: View, topic_id: str) -> tuple[Reply, ...]:
    shown = view.topic(topic_id)
    pieces = [view.say("all-of-it", title=shown.title)]
    pieces += [_one_of_all(view, one) for one in shown.path(_angle(view.state, topic_id))]
    pages = paged(pieces)
    why = view.button("topic-buttons", "why", f"why:{topic_id}")
    choices = (why, view.button("topic-buttons", "done", "enough"))
    return (*map(Reply, pages[:-1]), Reply(pages[-1], choices=choices))


def _one_of_all(view: View, one: Step) -> str:
    title, text = _filled(view, one.title), _filled(view, one.text)
    if one.words:
        return view.say("all-step-words", title=title, text=text, words=_filled(view, one.words))
    return view.say("all-step", title=title, text=text)


def why(view: View, topic_id: str) -> tuple[Reply, ...]:
    shown = view.topic(topic_id)
    text = view.say("why", why=_filled(view, shown.why), careful=_filled(view, shown.careful))
    one = _current(view.state, shown)
    ways = [
        Choice(shown.buttons.try_, f"try:{topic_id}:{one.name}"),
        Choice(shown.buttons.next, f"next:{topic_id}:{one.name}"),
    ]
    choices = (
        *(_doors(view, shown) if unseen(view.library, view.state) else ways),
        view.button("topic-buttons", "done", "enough"),
    )
    return (Reply(view.lead(text), choices=choices),)


def related(view: View, topic_id: str) -> tuple[Reply, ...]:
    """After the last step a second topic is offered."""
    others = [view.topic(name) for name in view.topic(topic_id).related if name not in view.state.rejected]
    practised = _practised(view, view.topic(topic_id))
    choices = [*((practised,) if practised else ()), *(Choice(other.title, f"topic:{other.id}") for other in others)]
    return (
        Reply(
            view.lead(view.say("last-step")),
            choices=(*choices, view.button("topic-buttons", "done", "enough")),
        ),
    )


def plan(view: View, topic_id: str, name: str) -> tuple[Reply, ...]:
    one = view.topic(topic_id).step[name]
    what = _filled(view, f"{one.title}\n\n{one.text}" if _unread(view) else one.title)
    whens = tuple(view.button("plan", key, f"when:{key}") for key in ("today", "tomorrow", "week"))
    return (Reply(view.lead(f"{what}\n\n{view.say('plan')}"), choices=whens),)


def enough(view: View) -> tuple[Reply, ...]:
    topic_id = view.state.topic
    ask = (view.button("enough", "ask", f"checkin:ask:{topic_id}"),) if topic_id else ()
    choices = (*ask, view.button("enough", "done", "done"), view.button("enough", "more", "more"))
    return (Reply(view.lead(view.say("enough")), choices=choices),)


TOLD = {"topic", "step", "words", "all", "why", "plan"}
"""Screens on which a topic is being talked about."""

SCREENS: dict[str, Screen] = {
    "topic": topic,
    "step": step,
    "words": words,
    "all": all_steps,
    "why": why,
    "related": related,
    "plan": plan,
    "enough": enough,
}

# Moves: where a press or a word leads.


def open_topic(library: Library, state: State, topic_id: str, angle: str = "", lead: str = "") -> State:
    """To the first answer about a topic, or to the question which side it is."""
    shown = known_topic(library, topic_id)
    angle = angle if angle in shown.angles else ""
    first = shown.path(angle)[0].name
    rejected = tuple(name for name in state.rejected if name != topic_id)
    args = (topic_id, angle) if angle else (topic_id,)
    moved = state.but(topic=topic_id, angle=angle, step=first, rejected=rejected, misses=0)
    return moved.go("topic", *args, lead=lead)


def open_step(library: Library, state: State, topic_id: str, name: str, lead: str = "") -> State:
    shown = known_topic(library, topic_id)
    if name not in shown.step:
        return open_topic(library, state, topic_id, _angle(state, topic_id), lead="gone-step")
    moved = state.but(topic=topic_id, angle=_angle(state, topic_id), step=name)
    return moved.go("step", topic_id, name, lead=lead)


def next_step(library: Library, state: State, topic_id: str, name: str, lead: str = "") -> State:
    """To the step after the one of that name; after the last, to what is related."""
    shown = known_topic(library, topic_id)
    path = [one.name for one in shown.path(_angle(state, topic_id))]
    if name not in path:
        return open_topic(library, state, topic_id, _angle(state, topic_id), lead="gone-step")
    later = path[path.index(name) + 1 :]
    if later:
        return open_step(library, state, topic_id, later[0], lead)
    return state.but(topic=topic_id).go("related", topic_id, lead=lead)


def open_door(library: Library, state: State, topic_id: str, door: str) -> State:
    shown = known_topic(library, topic_id)
    if door not in shown.doors:
        raise Stale
    behind = shown.behind(door, _angle(state, topic_id))
    return open_step(library, state, topic_id, behind.name if behind else shown.steps[0].name)


def known_topic(library: Library, topic_id: str) -> Topic:
    if topic_id not in library.topics:
        raise Stale
    return library.topics[topic_id]


def _angle(state: State, topic_id: str) -> str:
    return state.angle if state.topic == topic_id else ""


def _current(state: State, shown: Topic) -> Step:
    """The step that was shown last, or the first where a content update took it away."""
    if state.topic == shown.id and state.step in shown.step:
        return shown.step[state.step]
    return shown.path(_angle(state, shown.id))[0]


def _try(move: Move, topic_id: str, name: str) -> State:
    shown = known_topic(move.library, topic_id)
    if name not in shown.step:
        return open_step(move.library, move.state, topic_id, name)
    chosen = move.state.but(topic=topic_id, angle=_angle(move.state, topic_id), step=name, chosen=topic_id)
    return chosen.go("plan", topic_id, name) if shown.step[name].plan else chosen.go("enough")


def _at_step(screen: str) -> Press:
    """Shows something about one step, which must still exist."""

    def press(move: Move, topic_id: str, name: str) -> State:
        if name not in known_topic(move.library, topic_id).step:
            return open_step(move.library, move.state, topic_id, name)
        return move.state.go(screen, topic_id, name)

    return press


def _about(screen: str) -> Press:
    def press(move: Move, topic_id: str) -> State:
        known_topic(move.library, topic_id)
        return move.state.but(topic=topic_id, angle=_angle(move.state, topic_id)).go(screen, topic_id)

    return press


def unseen(library: Library, state: State) -> bool:
    """Whether something heavy was answered so far without a step."""
    topic = library.topics.get(state.topic)
    first = state.previous if state.screen.name == "why" else state.screen
    return topic is not None and topic.heavy and first.name == "topic"


def _more(move: Move) -> State:
    state = move.state
    if not state.topic:
        return state.go("nothing-more")
    if unseen(move.library, state):
        return open_step(move.library, state, state.topic, state.step)
    return next_step(move.library, state, state.topic, state.step)


PRESSES: dict[str, Press] = {
    "topic": lambda move, topic_id, angle="": open_topic(move.library, move.state, topic_id, angle),
    "step": lambda move, topic_id, name: open_step(move.library, move.state, topic_id, name),
    "next": lambda move, topic_id, name: next_step(move.library, move.state, topic_id, name),
    "door": lambda move, topic_id, door: open_door(move.library, move.state, topic_id, door),
    "words": _at_step("words"),
    "all": _about("all"),
    "why": _about("why"),
    "try": _try,
    "when": lambda move, _when: move.state.go("enough"),
    "more": _more,
    "enough": lambda move: move.state.go("done"),
    "done": lambda move: move.state.go("done"),
}
