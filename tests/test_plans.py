"""Plans: what a button of yesterday, a prompt that was put off, or danger does to one that runs."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from conversation import START, Client, Screen
from test_conversations import passing

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.respond import respond
from bot.dialogue.state import Course, Daily, State
from bot.messages import Incoming, parse_command
from content import load_library
from intents.reading import Kind, Reading

LIBRARY = load_library()
DAYS = 12


def _pressed(state: State, payload: str) -> State:
    return respond(LIBRARY, state, Incoming("m1", "test:1", START, press=payload), Reading()).state


def _running(**course: object) -> State:
    daily = Daily(time="22:00", zone="Europe/Dublin", fit="strained", fit_asked=True)
    return State(cleared=True, daily=daily, course=Course(id="fight-less", day="d4").but(seen=True, **course))


def test_an_old_start_button_begins_nothing_anew() -> None:
    """Pressed again on the fifth day, [Start it] leaves the plan where it is; of another plan it begins that one."""
    assert _pressed(_running(), "plan:start:fight-less").course == _running().course
    assert _pressed(_running(), "plan:start:reconnect").course == Course(id="reconnect")


def test_a_prompt_that_was_put_off_does_not_come_beside_a_plan() -> None:
    """With the start of a plan the prompt of that day is let go, so that nothing comes twice."""
    state = State(daily=_running().daily.but(on=True)).later("later", START + timedelta(hours=3))
    assert not _pressed(state, "plan:start:reconnect").once


def test_what_was_put_off_while_a_plan_runs_is_what_comes() -> None:
    """Behind the cover of a prompt that was put off stands the prompt, not a step of the plan."""
    state = _running().but(daily=_running().daily.but(on=True, current="thanks-1", day="2026-03-02"))
    due = Incoming("m1", "test:1", START, timer="later")
    shown = respond(LIBRARY, state.later("later", START), due, Reading()).state.screen
    assert shown.args == ("prompt", "2026-03-02")


def test_no_plan_goes_on_while_danger_is_open() -> None:
    """An older [Go on with it] is refused then, and what was suspended stays so."""
    state = _pressed(_running().but(danger_at=START, suspended=True), "plan:on")
    assert state.screen.name == "refused"
    assert state.suspended
    assert not state.delivers


def test_a_paused_plan_is_not_said_to_run() -> None:
    """`/plan` after danger says that it waits, for nothing of it comes."""
    command = parse_command("/plan")
    asked = Incoming("m1", "test:1", START, command=command)
    assert respond(LIBRARY, _running().but(suspended=True), asked, Reading()).state.screen.name == "plan-paused"


def test_an_old_start_button_leads_past_no_question_about_fear() -> None:
    """A guarded plan whose button is older than the last danger begins only once they say that they are not afraid."""
    asked = _pressed(State(daily=_running().daily), "plan:start:fight-less")
    assert (asked.screen.name, asked.course) == ("fear", Course())
    assert _pressed(asked, "safe:fear-no").screen.args == ("fight-less",)


@pytest.mark.parametrize("press", ["plan:start:reconnect", "plan:on"])
def test_a_plan_brings_back_no_prompts_that_danger_stopped(press: str) -> None:
    """Begun or gone on with after danger, it leaves the prompts off, so that none come by themselves when it ends."""
    state = _running().but(suspended=True, daily=_running().daily.but(on=True))
    after = _pressed(state, press)
    assert after.planned
    assert not after.daily.on


def test_back_leads_past_a_plan_that_was_left() -> None:
    """What is no longer so cannot be said again: "back" is answered without it."""
    left = _pressed(_pressed(_running().but(course=Course()), "plan:start:reconnect"), "plan:off")
    back = respond(LIBRARY, left, Incoming("m1", "test:1", START, text="back"), Reading(Kind.ACT, command="back"))
    assert back.state.screen.name == "nothing-back"


def test_a_plan_that_a_content_update_took_away() -> None:
    """With the plan or its day gone, what is typed still has an answer."""
    plan = LIBRARY.plans["fight-less"]
    shorter = replace(LIBRARY, plans={plan.id: plan.model_copy(update={"days": plan.days[:1]})})
    for library in (shorter, replace(LIBRARY, plans={})):
        for shown in (_pressed(_running(), "plan:show:2026-03-02"), _pressed(_running(), "plan:about:fight-less")):
            assert respond(library, shown, Incoming("m1", "test:1", START, text="hm"), Reading(words=1)).replies


async def test_a_plan_and_the_prompts_send_one_message_a_day(dialogue: Dialogue) -> None:
    """With both on, one cover comes on each of twelve days: seven of the plan, then the prompts again."""
    client = Client(dialogue.handle, pass_time=passing(dialogue))
    for text in ("/daily 22:00 every day Dublin", "/plan"):
        command = parse_command(text)
        assert command
        await client.command(command)
    await client._do(press="plan:start:appreciate-more")
    covers: Counter[str] = Counter()
    kinds = []
    for hour in range(24 * DAYS):
        client.screen, to = Screen(), START + timedelta(hours=hour + 1)
        await passing(dialogue)(client, to)
        for reply in client.screen.replies:
            covers[f"{to:%j}"] += 1
            show = next(choice.payload for choice in reply.choices if ":show:" in choice.payload)
            kinds.append(show.partition(":")[0])
            await client._do(press=show)
        client.at = to
    assert set(covers.values()) == {1}
    assert kinds == ["plan"] * 7 + ["prompt"] * 5
