"""Guided exercises: how they are offered and shown, and what their buttons do."""

from dataclasses import replace

from bot.dialogue import practice
from bot.dialogue.moves import Move, Press, Screen, Stale
from bot.dialogue.state import Practice, State
from bot.dialogue.state import Screen as Shown
from bot.dialogue.view import View, plain
from bot.messages import MOST_CHOICES, Choice, Reply
from content import Ask, Exercise, Library

ONCE_MORE = {"do-changing", "do-choose", "do-shorter"}
"""What is said before a question that is put again."""
LINE_LENGTH = 36  # characters of an answer that a button shows

# Screens: what is said.


def begin(view: View, exercise_id: str) -> tuple[Reply, ...]:
    """How long it takes, who takes part and what comes of it; with the first question."""
    exercise = view.library.exercises[exercise_id]
    opening = view.say(
        "do-opening",
        title=exercise.title,
        minutes=str(exercise.minutes),
        who=view.say("do-alone" if exercise.alone else "do-both"),
        outcome=exercise.outcome,
    )
    choices = view.buttons("do-opening", {"careful": f"careful:{exercise_id}", "stop": f"leave:{exercise_id}"})
    return (Reply(view.lead(opening), choices=choices), _question(view, exercise))


def question(view: View, exercise_id: str, _step: str) -> tuple[Reply, ...]:
    asked = _question(view, view.library.exercises[exercise_id])
    return (replace(asked, text=view.lead(asked.text)),)


def _question(view: View, exercise: Exercise) -> Reply:
    """The question that is open, after what is said before it."""
    if practice.asks_contact(exercise, view.state.practice):
        answers = {key: f"do:{exercise.id}:contact:{key}" for key in ("no", "space", "none")}
        buttons = view.buttons("do-contact", {**answers, "stop": f"leave:{exercise.id}"})
        return Reply(view.say("do-contact"), choices=buttons)
    where = practice.standing(exercise, view.state.practice)
    step = where.ask or exercise.steps[0]
    says = () if view.state.screen.lead in ONCE_MORE else where.says  # those were read the first time
    pieces = (piece.replace("\n", "\n\n") for piece in (*says, step.ask or ""))
    text = "\n\n".join(_filled(view, piece, where.slots) for piece in pieces)
    payload = f"do:{exercise.id}:{step.name}"
    choices = [Choice(option.label, f"{payload}:{name}") for name, option in step.choices.items()]
    if not choices and view.platform == "discord":  # elsewhere the answer is simply typed
        choices = [
            replace(view.button("do-write", "write", payload), asks=_filled(view, step.ask or "", where.slots) or None)
        ]
    return Reply(text, choices=tuple(choices))


def _filled(view: View, text: str, slots: dict[str, str]) -> str:
    return practice.fill(text, {**slots, **view.partners})


def notice(view: View, exercise_id: str, step: str, name: str) -> tuple[Reply, ...]:
    """One sentence about words in the answer, which is neither judged nor praised."""
    found = view.library.exercises[exercise_id].notices[name]
    choices = tuple(view.button("do-notice", key, f"answer:{key}:{exercise_id}:{step}") for key in ("leave", "change"))
    return (Reply(view.lead(_filled(view, found.says, {})), choices=choices),)


def which(view: View, exercise_id: str, step: str) -> tuple[Reply, ...]:
    choices = tuple(view.button("do-which", key, f"answer:{key}:{exercise_id}:{step}") for key in ("mine", "new"))
    return (Reply(view.say("do-which"), choices=choices),)


def cannot(view: View, exercise_id: str) -> tuple[Reply, ...]:
    payloads = {"skip": "skip", "go": f"do:{exercise_id}", "stop": f"leave:{exercise_id}"}
    return (Reply(view.say("do-cannot"), choices=view.buttons("do-cannot", payloads)),)


def careful(view: View, exercise_id: str) -> tuple[Reply, ...]:
    text = view.say("do-careful", careful=_filled(view, view.library.exercises[exercise_id].careful, {}))
    payloads = {"go": f"do:{exercise_id}", "stop": f"leave:{exercise_id}"}
    return (Reply(text, choices=view.buttons("do-careful", payloads)),)


def room(view: View, exercise_id: str) -> tuple[Reply, ...]:
    """That closeness is not to be asked of someone who asked for space; what else there is, and on all the same."""
    payloads = {"own": "do:own-time", "hold": "do:hold", "go": f"do:{exercise_id}", "stop": f"leave:{exercise_id}"}
    return (Reply(view.say("do-room"), choices=view.buttons("do-room", payloads)),)


def done(view: View, exercise_id: str) -> tuple[Reply, ...]:
    """What came of it, alone in a message and so ready to copy; then the last words."""
    exercise = view.library.exercises[exercise_id]
    where = practice.standing(exercise, view.state.practice)
    says = tuple(Reply(_filled(view, text, where.slots)) for text in where.says)
    result = practice.result(exercise, view.state.practice, **view.partners)
    if not result:
        return (*says, Reply(view.lead(view.say("do-nothing"))))
    payloads = {"keep": "keep", "fix": f"fix:{exercise_id}", "done": "done"}
    last = Reply(
        view.say("do-done", ending=_filled(view, exercise.ending, {})), choices=view.buttons("do-done", payloads)
    )
    return (*says, Reply(view.lead(result)), last)


def fix(view: View, exercise_id: str) -> tuple[Reply, ...]:
    """Each line that can be done again, by what stands in it."""
    exercise = view.library.exercises[exercise_id]
    answered = practice.standing(exercise, view.state.practice).answered
    choices = tuple(Choice(_shown(view, step), f"fix:{exercise_id}:{step.name}") for step in answered)
    return (Reply(view.say("do-fix"), choices=choices[:MOST_CHOICES]),)


def _shown(view: View, step: Ask) -> str:
    answer = view.state.practice.answers[step.name]
    option = step.choices.get(answer)
    text = " ".join((option.label if option else answer).split())
    if not text:
        return view.library.phrases["do-fix"].buttons["open"]
    return text if len(text) <= LINE_LENGTH else f"{text[:LINE_LENGTH].rstrip()}…"


def menu(view: View) -> tuple[Reply, ...]:
    groups = (group for group in view.library.groups if view.library.practised_in(group.id))
    choices = tuple(Choice(group.label, f"practice:{group.id}") for group in groups)
    return (Reply(view.say("practice"), choices=choices),)


def group(view: View, group_id: str) -> tuple[Reply, ...]:
    exercises = view.library.practised_in(group_id)[: MOST_CHOICES - 1]
    choices = tuple(Choice(exercise.title, f"do:{exercise.id}") for exercise in exercises)
    return (Reply(view.say("practice-group"), choices=(*choices, view.button("practice-group", "menu", "practice"))),)


def offer(view: View) -> Reply:
    """That an exercise is still open, after something else was answered."""
    exercise = view.library.exercises[view.state.practice.id]
    payloads = {"go": f"do:{exercise.id}", "stop": f"leave:{exercise.id}"}
    return Reply(view.say("do-offer", title=exercise.title), choices=view.buttons("do-offer", payloads))


SCREENS: dict[str, Screen] = {
    "do-begin": begin,
    "do": question,
    "do-notice": notice,
    "do-which": which,
    "do-cannot": cannot,
    "do-careful": careful,
    "do-room": room,
    "do-done": done,
    "do-fix": fix,
    "do-stopped": plain("do-stopped"),
    "do-none": plain("do-none", hold="do:hold:contact:none", own="do:own-time", listen="listen"),
    "do-again": plain("do-again", send="look:send", rest="look:rest", hold="do:hold"),
    "do-again-send": plain("do-again-send"),
    "do-again-rest": plain("do-again-rest"),
    "practice": menu,
    "practice-group": group,
}


def exists(library: Library, state: State, screen: Shown) -> bool:
    """Whether a screen can still be drawn: its exercise runs, and what it points at is there."""
    if screen.name == "practice-group":
        return screen.about in library.group
    if screen.name not in practice.INSIDE:
        return True
    exercise = library.exercises.get(screen.about)
    if exercise is None or exercise.id != state.practice.id:
        return False
    return screen.name != "do-notice" or screen.args[2] in exercise.notices


# Moves.


def do(move: Move, exercise_id: str, step: str = "", choice: str = "") -> State:
    """Begins an exercise or goes on with it, or answers the question that its button belongs to."""
    exercise = known(move.library, exercise_id)
    running = move.state.practice.id == exercise_id
    if step == "contact":
        if choice not in {"no", "space", "none"}:
            raise Stale
        return practice.contact(move if running else _begun(move, exercise), choice)
    over = not step and practice.finished(move.library, move.state) and move.state.screen.name != "do-careful"
    if not running or over:  # "hold" below what came of the last one holds the next one
        return _begun(move, exercise).state.go("do-begin", exercise_id) if not step else _stale(move, exercise)
    ask = practice.standing(exercise, move.state.practice).ask
    if practice.asks_contact(exercise, move.state.practice) or not step or ask is None:
        return practice.go_on(move, move.state.practice, "" if step else "do-continue")
    if ask.name != step or (choice and choice not in ask.choices):
        return practice.go_on(move, move.state.practice, "gone-step")
    return practice.record(move, ask, choice) if choice else practice.go_on(move, move.state.practice)


def known(library: Library, exercise_id: str) -> Exercise:
    if exercise_id not in library.exercises:
        raise Stale
    return library.exercises[exercise_id]


def _begun(move: Move, exercise: Exercise) -> Move:
    return move.with_state(move.state.but(practice=Practice(id=exercise.id, at=move.at)))


def _stale(move: Move, exercise: Exercise) -> State:
    """A button of an exercise that has ended since: it begins anew."""
    return _begun(move, exercise).state.go("do-begin", exercise.id, lead="gone-exercise")


def _answer(move: Move, what: str, exercise_id: str, _step: str) -> State:
    if move.state.practice.id != exercise_id or what not in {"leave", "change", "mine", "new"}:
        raise Stale
    return practice.decide(move, what)


def _fix(move: Move, exercise_id: str, step: str = "") -> State:
    running = move.state.practice
    if running.id != exercise_id:
        raise Stale
    if not step:
        return move.state.go("do-fix", exercise_id)
    if step not in running.answers:
        raise Stale
    answers = {name: answer for name, answer in running.answers.items() if name != step}
    looked = tuple(name for name in running.looked if name != step)
    return practice.go_on(move, running.but(answers=answers, looked=looked), "do-changing")


def _careful(move: Move, exercise_id: str) -> State:
    known(move.library, exercise_id)
    return move.state.go("do-careful", exercise_id)


def _leave(move: Move, exercise_id: str) -> State:
    return practice.stop(move) if move.state.practice.id == exercise_id else move.state.go("stopped")


def _skip(move: Move) -> State:
    if not move.state.practice.id:
        raise Stale
    return practice.skip(move)


def _menu(move: Move, group_id: str = "") -> State:
    if not group_id:
        return move.state.go("practice")
    if group_id not in move.library.group:
        raise Stale
    return move.state.go("practice-group", group_id)


PRESSES: dict[str, Press] = {
    "do": do,
    "answer": _answer,
    "fix": _fix,
    "careful": _careful,
    "leave": _leave,
    "skip": _skip,
    "practice": _menu,
}
