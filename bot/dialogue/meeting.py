"""Beginnings, listening, endings and returns, the menu, and what the bot says about itself."""

from bot.dialogue.danger import ask_fear
from bot.dialogue.moves import Move, Press, Screen, Stale, to
from bot.dialogue.state import AWAY, State
from bot.dialogue.state import Screen as Shown
from bot.dialogue.topics import open_step, open_topic
from bot.dialogue.view import View, plain
from bot.messages import Choice, Reply

LISTENS_BEFORE_ASKING = 3
OUTCOMES = ("helped", "badly", "didnt", "changed")


def menu(view: View) -> tuple[Reply, ...]:
    groups = tuple(Choice(group.label, f"group:{group.id}") for group in view.library.groups)
    return (Reply(view.lead(view.say("menu")), choices=groups),)


def group(view: View, group_id: str) -> tuple[Reply, ...]:
    topics = tuple(Choice(topic.title, f"topic:{topic.id}") for topic in view.library.in_group(group_id))
    back = view.button("menu-back", "menu", "menu")
    return (Reply(view.library.group[group_id].says, choices=(*topics, back)),)


def went_which(view: View) -> tuple[Reply, ...]:
    """The topic's own question, once they have asked to talk about it."""
    topic = view.library.topics.get(view.state.chosen or view.state.topic)
    text = view.vary([topic.followup]) if topic else view.say("went-which")
    outcomes = tuple(view.button("went", key, f"went:{key}") for key in OUTCOMES)
    return (Reply(view.lead(text), choices=outcomes),)


def privacy(view: View) -> tuple[Reply, ...]:
    """What is kept and for how long, and by whom, where the operator says so."""
    house = view.library.house
    text = view.say("privacy", days=str(house.retention_days))
    if house.operator:
        text = f"{text}\n\n{view.say('privacy-operator', operator=house.operator)}"
    choices = tuple(view.button("privacy", key, key) for key in ("export", "forget"))
    return (Reply(view.lead(text), choices=choices),)


SCREENS: dict[str, Screen] = {
    "welcome": plain("welcome", open="open", menu="menu"),
    "welcome-back": plain("welcome-back", open="open", menu="menu"),
    "open": plain("open"),
    "hello": plain("hello"),
    "return": plain("return", where="where", went="went", open="open"),
    "menu": menu,
    "group": group,
    "went-which": went_which,
    "went-helped": plain("went-helped", next="more", done="done"),
    "went-badly": plain("went-badly", angry="went:angry", brushed="went:brushed", nerve="went:nerve"),
    "went-brushed": plain("went-brushed", next="more", listen="listen", done="done"),
    "went-nerve": plain("went-nerve", next="more", again="where", done="done"),
    "went-didnt": plain("went-didnt", again="where", next="more", done="done"),
    "went-changed": plain("went-changed"),
    "listen-start": plain("listen-start"),
    "listen": plain("listen"),
    "listen-ask": plain("listen-ask", on="listen:on", try_="listen:try"),
    "done": plain("done"),
    "bye": plain("bye"),
    "thanks": plain("thanks"),
    "about": plain("about"),
    "how": plain("how", menu="menu", open="open"),
    "help-which": plain("help-which", how="how", hard="open", unsafe="unsafe"),
    "privacy": privacy,
    "forget-ask": plain("forget-ask", yes="forget:yes", no="forget:no"),
    "forgotten": plain("forgotten"),
    "kept": plain("kept"),
    "exported": plain("exported"),
    "in-a-group": plain("in-a-group", private="open:private"),
}


def greet(move: Move) -> State:
    """A return after days gets what they may want to pick up, with no topic named on the screen."""
    state = move.state
    away = state.heard_at is not None and move.at - state.heard_at >= AWAY
    return state.go("return" if away and state.topic else "hello")


def start(move: Move) -> State:
    return move.state.go("welcome-back" if move.state.introduced else "welcome").but(introduced=True)


def listen(move: Move) -> State:
    """No advice; after three turns they are asked whether that is still what they want."""
    state = move.state
    if state.screen.name not in {"listen", "listen-start"}:
        return state.go("listen-start").but(listens=0)
    if state.listens + 1 >= LISTENS_BEFORE_ASKING:
        return state.go("listen-ask").but(listens=0)
    return state.go("listen").but(listens=state.listens + 1)


def _listen_press(move: Move, answer: str = "") -> State:
    if answer == "try":
        return _where(move)
    return move.state.go("listen-start").but(listens=0) if not answer else move.state.go("listen").but(listens=0)


def _where(move: Move) -> State:
    """Where they were: the step they saw last, or the first answer where nothing else was shown."""
    state = move.state
    if not state.topic:
        return state.go("open")
    topic = move.library.topics.get(state.topic)
    if topic is None or state.chosen == topic.id or (topic.heavy and state.step):
        return open_step(move.library, state, state.topic, state.step)
    return open_topic(move.library, state, state.topic, state.angle)


def went(move: Move, outcome: str = "") -> State:
    state = move.state
    if not outcome:
        return state.go("went-which")
    if f"went-{outcome}" not in SCREENS and outcome != "angry":
        raise Stale
    if outcome == "angry":
        return ask_fear(state, after=Shown(name="went-brushed"), lead="went-angry")
    if outcome == "changed":
        return state.but(chosen="").go("went-changed")
    return state.go(f"went-{outcome}")


def _group(move: Move, group_id: str) -> State:
    if group_id not in move.library.group:
        raise Stale
    return move.state.go("group", group_id)


PRESSES: dict[str, Press] = {
    "open": to("open"),
    "menu": to("menu"),
    "group": _group,
    "where": _where,
    "went": went,
    "listen": _listen_press,
    "how": to("how"),
    "privacy": to("privacy"),
    "export": to("exported"),
    "forget": lambda move, answer="": move.state.go({"yes": "forgotten", "no": "kept"}.get(answer, "forget-ask")),
}
