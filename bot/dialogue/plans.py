"""Plans: one small step a day for a week or two, at the hour of the daily prompts and in their place."""

from bot.dialogue import daily
from bot.dialogue.hours import moment
from bot.dialogue.moves import Move, Press, Screen, Stale, dispatch
from bot.dialogue.state import Course, State
from bot.dialogue.state import Screen as Shown
from bot.dialogue.timers import next_of
from bot.dialogue.view import View, plain
from bot.messages import Choice, Reply
from content import Day, Library, Plan
from content.model import Fit
from intents.reading import Reading
from intents.times import Act, read_time

# Screens.


def menu(view: View) -> tuple[Reply, ...]:
    """The plans that fit how things are, as far as that is known."""
    fit = view.state.daily.fit or Fit.STRAINED
    fitting = [plan for plan in view.library.plans.values() if fit in plan.fits]
    if not fitting:
        together = (view.button("daily-fit", fit.value, f"plan:fit:{fit.value}") for fit in (Fit.FINE, Fit.STRAINED))
        return (Reply(view.say("plans-none"), choices=tuple(together)),)
    return (Reply(view.say("plans"), choices=tuple(Choice(plan.title, f"plan:about:{plan.id}") for plan in fitting)),)


def about(view: View, plan_id: str) -> tuple[Reply, ...]:
    plan = view.library.plans[plan_id]
    promises = view.vary([plan.promises])
    text = view.say("plan-about", title=plan.title, days=str(len(plan.days)), promises=promises)
    choices = view.buttons("plan-about", {"start": f"plan:start:{plan_id}", "others": "plan"})
    return (Reply(view.lead(text), choices=choices),)


def begun(view: View, next_at: str) -> tuple[Reply, ...]:
    """That it runs, and when the next day of it comes."""
    payloads = {"pause": "plan:pause", "off": "plan:off"}
    text = view.say("plan-set", title=view.library.plans[view.state.course.id].title, next=moment(view, next_at))
    return (Reply(view.lead(text), choices=view.buttons("plan-set", payloads)),)


def day(view: View, plan_id: str, name: str) -> tuple[Reply, ...]:
    """The step of a day, with the exercise or the subject that goes with it."""
    plan = view.library.plans[plan_id]
    shown = next(one for one in plan.days if one.name == name)
    number, count = str(plan.days.index(shown) + 1), str(len(plan.days))
    text = view.vary([shown.text])
    if shown is plan.days[-1]:
        text = f"{text}\n\n{view.say('plan-last')}"
    payloads = {"later": "plan:later", "changed": "plan:changed", "pause": "plan:pause", "off": "plan:off"}
    choices = (*_with(view, shown), *view.buttons("plan-day", payloads))
    title = view.say("plan-day", title=plan.title, number=number, count=count)
    return (Reply(view.lead(text), title=title, choices=choices),)


def _with(view: View, shown: Day) -> list[Choice]:
    if shown.exercise:
        return [Choice(view.library.exercises[shown.exercise].title, f"do:{shown.exercise}")]
    return [Choice(view.topic(shown.topic).title, f"topic:{shown.topic}")] if shown.topic else []


def changed(view: View) -> tuple[Reply, ...]:
    choices = tuple(view.button("daily-fit", fit.value, f"plan:fit:{fit.value}") for fit in Fit)
    return (
        Reply(view.lead(view.say("plan-changed")), choices=(*choices, view.button("plan-changed", "same", "plan:on"))),
    )


SCREENS: dict[str, Screen] = {
    "plans": menu,
    "plan-about": about,
    "plan-set": begun,
    "plan-day": day,
    "plan-later": plain("plan-later"),
    "plan-changed": changed,
    "plan-paused": plain("plan-paused", on="plan:on", off="plan:off"),
    "plan-off": plain("plan-off"),
    "plan-unfit": plain("plan-unfit"),
}


def exists(library: Library, state: State, screen: Shown) -> bool:
    """Whether a screen can still be drawn: its plan, and the day of it, are there."""
    match screen.name:
        case "plan-set":
            return state.course.id in library.plans
        case "plan-about":
            return screen.about in library.plans
        case "plan-day":
            plan = library.plans.get(screen.about)
            return plan is not None and screen.args[1] in (one.name for one in plan.days)
    return True


WORDS: dict[Act, str] = {Act.OFF: "off", Act.PAUSE: "pause", Act.RESUME: "on"}
FEW_WORDS = 5  # of what pauses a plan or ends it, while it is on the screen

# Moves.


def typed(move: Move, text: str, reading: Reading) -> State | None:
    """A few words that pause the plan on the screen, end it or go on with it."""
    screen, course = move.state.screen, move.state.course
    shown = screen.name in SCREENS or (screen.name == "cover" and screen.args[:1] == ("plan",))
    if not shown or course.id not in move.library.plans or course.starting or reading.words > FEW_WORDS:
        return None
    verb = WORDS.get(read_time(text).act, "")
    return _press(move, verb) if verb else None


def open_plans(move: Move) -> State:
    """Where the plan stands that runs, else which there are."""
    course = move.state.course
    if course.id not in move.library.plans or course.starting or move.state.danger_at:
        return move.state.go("plans")
    return move.state.go("plan-paused") if course.paused or move.state.suspended else _standing(move)


def next_day(move: Move, date: str) -> State | None:
    """What is due on a local date: the day after one that was opened, else the same again; None after the last."""
    state = move.state
    plan = move.library.plans.get(state.course.id)
    following = _following(plan, state.course) if plan else None
    if following is None:
        return None
    return state.but(
        course=state.course.but(day=following.name, seen=False), daily=state.daily.but(day=date, served=date)
    )


def _following(plan: Plan, course: Course) -> Day | None:
    names = [one.name for one in plan.days]
    if course.day not in names:  # none yet, or a content update took it away
        return plan.days[0]
    place = names.index(course.day) + course.seen
    return plan.days[place] if place < len(names) else None


def _known(move: Move, plan_id: str) -> Plan:
    if plan_id not in move.library.plans:
        raise Stale
    return move.library.plans[plan_id]


def _about(move: Move, plan_id: str) -> State:
    return move.state.go("plan-about", _known(move, plan_id).id)


def _start(move: Move, plan_id: str) -> State:
    """At the hour of the prompts; where there is none yet, it is asked for first."""
    plan = _known(move, plan_id)
    if move.state.course.id == plan.id and not move.state.course.starting:  # an old button begins nothing anew
        return open_plans(move)
    if plan.guarded and not move.state.cleared:
        return _about(move, plan_id)  # before which it is asked about fear; an old button leads past that question
    state = move.state.without("later").but(course=Course(id=plan.id, starting=True))
    return daily.for_plan(move.with_state(state))


def unstarted(move: Move) -> Move:
    """Asked for the prompts themselves, with a plan whose hour was never given let go."""
    course = move.state.course
    asking = move.state.screen.name in daily.SCREENS
    return move.with_state(move.state.but(course=Course())) if course.starting and not asking else move


def _standing(move: Move) -> State:
    return move.state.go("plan-set", next_of(move.state.daily, move.at).isoformat())


def _running(move: Move) -> Move:
    if move.state.course.id not in move.library.plans or not move.state.daily.zone:
        raise Stale
    return move


def _show(move: Move, _date: str) -> State:
    """What stood behind the cover; behind an older one, the latest."""
    course = _running(move).state.course
    if course.day not in (one.name for one in move.library.plans[course.id].days):
        raise Stale
    return move.state.but(course=course.but(seen=True)).go("plan-day", course.id, course.day)


def _later(move: Move) -> State:
    course = _running(move).state.course
    return move.state.but(course=course.but(seen=False)).go("plan-later")


def pause(move: Move) -> State:
    """Until they say; it begins again with the day that is due."""
    course = _running(move).state.course
    return move.state.but(course=course.but(paused=True)).go("plan-paused")


def _on(move: Move) -> State:
    course = _running(move).state.course
    state = move.state.resumed()
    return _standing(move.with_state(state.but(course=course.but(paused=False), daily=state.daily.but(until=""))))


def _off(move: Move) -> State:
    return move.state.but(course=Course()).go("plan-off")


def changed_since(move: Move) -> State:
    course = _running(move).state.course
    return move.state.but(course=course.but(paused=True)).go("plan-changed")


def _fit(move: Move, fit: str) -> State:
    """A plan that no longer fits ends; the prompts keep to what fits."""
    course = move.state.course
    if fit not in {one.value for one in Fit}:
        raise Stale
    state = move.state.but(daily=move.state.daily.but(fit=fit, fit_asked=True))
    if course.id not in move.library.plans:
        return state.go("plans")
    if fit in move.library.plans[course.id].fits:
        return _on(move.with_state(state))
    return state.but(course=Course()).go("plan-unfit")


def _press(move: Move, verb: str = "", *parts: str) -> State:
    verbs: dict[str, Press] = {
        "": open_plans, "about": _about, "start": _start, "show": _show, "later": _later, "pause": pause, "on": _on,
        "off": _off, "changed": changed_since, "fit": _fit,
    }  # fmt: skip
    return dispatch(verbs, verb, move, *parts)


PRESSES: dict[str, Press] = {"plan": _press}
