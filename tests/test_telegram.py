"""Telegram from end to end: the unmodified library against a Bot API server of our own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from conversation import play
from telegram.error import InvalidToken
from telegram_people import LISTED, QUICK, STICKER, Echo, Phone, passing, running, serving, telegram
from telegram_server import CONTRACT, Json, No, TelegramServer

from bot.dialogue.dialogue import Dialogue
from bot.messages import Choice, Command, File, Incoming, Outlet, Place, Reply, Unreachable
from bot.platforms.telegram import Telegram
from bot.platforms.telegram_chat import Timing
from bot.platforms.telegram_limits import Limiter
from bot.platforms.telegram_replies import keyboard, parts, split

MODES = ("polling", "webhook")
FOLDERS = sorted(folder for folder in (Path(__file__).parent / "conversations").iterdir() if folder.is_dir())
SHORT = 0.3  # seconds, where a test has to let a delay pass


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as opened:
        yield opened
    assert opened.complaints == []


def test_contract_is_there() -> None:
    """Requests are held against the Bot API's own description."""
    if not CONTRACT:
        pytest.skip("the folder shared/contracts is not there, and CONTRACTS_DIR names no other")


# Conversations


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_conversations(
    folder: Path, mode: str, server: TelegramServer, dialogue: Dialogue, subtests: pytest.Subtests
) -> None:
    """Each conversation file goes over Telegram as it is written; every press is answered and its keyboard gone."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))}
    # What falls due is played where the clock is ours.
    files = [path for path, text in texts.items() if "place: server" not in text and "\ndue:" not in text]
    files = files if mode == MODES[0] else files[::3]  # the webhook differs in how things come in, not in what is said
    async with serving(server, dialogue.handle, mode) as platform:
        for chat, path in enumerate(files, 1):
            phone = Phone(
                dialogue.handle,
                server=server,
                library=dialogue.library,
                chat=chat,
                pass_time=passing(dialogue, platform),
            )
            with subtests.test(path.stem):
                await play(path, phone, dialogue.library)
            await dialogue.store.erase(f"telegram:{chat}")  # the next file begins earlier
    pressed = [call.method for call in server.calls]
    assert pressed.count("answerCallbackQuery") == pressed.count("editMessageReplyMarkup")
    assert not server.queries


@pytest.mark.parametrize("mode", MODES)
async def test_a_walk(mode: str, server: TelegramServer, dialogue: Dialogue) -> None:
    """Somebody new is welcomed, is offered a step for their problem, and finds an old button answered."""
    async with serving(server, dialogue.handle, mode):
        phone = Phone(dialogue.handle, server=server, library=dialogue.library)
        await phone.command(Command("start"))
        first = server.sent(77)[0]
        await phone.say("my wife says I never listen to her")
        assert phone.screen.choices
        await phone.press(phone.screen.choices[0].label)
        assert phone.screen.replies
        stale = await server.press(77, "step:listening:no-such-step", first.shown)
        await server.settled(stale)
        assert shown_texts(server)[-1]


# What is said, and how it comes in


async def _heard(server: TelegramServer, **update: Json) -> list[Incoming]:
    echo = Echo()
    async with serving(server, echo):
        await server.settled(await server.push(**update))
    return echo.heard


async def test_words_come_in_whole(server: TelegramServer) -> None:
    """A message has its update's id, its person, its time, its words and its own receipt."""
    said = server.message(5, text="we fight *all* the time\n<b>")
    (heard,) = await _heard(server, message=said)
    assert (heard.person, heard.text, heard.at, heard.place) == ("telegram:5", said["text"], server.now, Place.PRIVATE)
    assert heard.receipt == str(said["message_id"])
    assert heard.id.startswith("u")


@pytest.mark.parametrize(
    "content",
    [
        {"voice": {"file_id": "a", "file_unique_id": "b", "duration": 3}},
        {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9}]},
        {"sticker": STICKER},
    ],
    ids=lambda content: next(iter(content)),
)
async def test_what_is_no_text(server: TelegramServer, content: Json) -> None:
    """A voice note, a picture or a sticker comes in without words, for the dialogue to say that it reads text only."""
    (heard,) = await _heard(server, message=server.message(5, **content))
    assert (heard.text, heard.press, heard.command) == ("", "", None)


async def test_words_below_a_picture(server: TelegramServer) -> None:
    """What is typed below a picture is read like any words: danger may be in it."""
    photo = [{"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9}]
    (heard,) = await _heard(server, message=server.message(5, photo=photo, caption="he hit me"))
    assert heard.text == "he hit me"


async def test_an_edited_message_is_said_anew(server: TelegramServer) -> None:
    """An edit comes in as new words, with the time of the edit."""
    later = int(server.now.timestamp()) + 60
    (heard,) = await _heard(server, edited_message=server.message(5, text="I want to die", edit_date=later))
    assert heard.text == "I want to die"
    assert heard.at.timestamp() == later


async def test_a_forwarded_message_is_read(server: TelegramServer) -> None:
    """What a partner wrote and somebody forwards is read like their own words."""
    origin = {"type": "hidden_user", "date": int(server.now.timestamp()), "sender_user_name": "P"}
    (heard,) = await _heard(server, message=server.message(5, text="leave and I'll end it", forward_origin=origin))
    assert heard.text == "leave and I'll end it"


async def test_a_deep_link(server: TelegramServer) -> None:
    """A link into the chat starts where it says."""
    (heard,) = await _heard(server, message=server.message(5, text="/start topic_listening"))
    assert heard.command == Command("start", "topic_listening")


async def test_service_messages_are_passed_over(server: TelegramServer) -> None:
    """A pinned message, a channel's post or a changed title asks for no answer."""
    assert not await _heard(
        server, message=server.message(5, message_auto_delete_timer_changed={"message_auto_delete_time": 9})
    )


async def test_the_same_update_twice(server: TelegramServer) -> None:
    """An update that Telegram hands out again is answered once."""
    echo = Echo()
    async with serving(server, echo):
        said = {"message": server.message(5, text="once")}
        key = await server.push(**said)
        await server.settled(key)
        server.confirmed.clear()
        await server.repeat(key, said)
        await server.settled(key)
    assert len(server.sent(5)) == 1


# Groups


async def test_a_group_gets_one_line_and_a_link(server: TelegramServer, dialogue: Dialogue) -> None:
    """A command in a group is answered with a way into the private chat, whatever is typed behind it."""
    async with serving(server, dialogue.handle):
        await server.settled(await server.say(-9, "/start@RekindleTestBot he hit me"))
    (sent,) = server.sent(-9)
    assert [button["url"] for button in sent.buttons] == ["https://t.me/RekindleTestBot?start=hello"]
    assert "\n" not in sent.words


@pytest.mark.parametrize("text", ["I hate him", "/help@SomeOtherBot", "/ban him"])
async def test_a_group_is_not_listened_to(server: TelegramServer, text: str) -> None:
    """Talk, other bots' commands and commands that are not ours come to nothing in a group."""
    assert not await _heard(server, message=server.message(-9, text=text))


@pytest.mark.parametrize(
    ("old", "new", "answers"), [("left", "member", 1), ("member", "kicked", 0), ("member", "left", 0)]
)
async def test_coming_to_a_group_and_going(server: TelegramServer, old: str, new: str, answers: int) -> None:
    """Added to a group, the bot says once that it talks in private; removed, nothing."""
    user = {"id": 7654321, "is_bot": True, "first_name": "Rekindle"}
    change = server.message(-9) | {
        "old_chat_member": {"status": old, "user": user} | ({"until_date": 0} if old == "kicked" else {}),
        "new_chat_member": {"status": new, "user": user} | ({"until_date": 0} if new == "kicked" else {}),
    }
    heard = await _heard(server, my_chat_member=change)
    assert [one.place for one in heard] == [Place.GROUP] * answers


async def test_a_group_that_became_a_supergroup(server: TelegramServer) -> None:
    """An answer to a group that got a new number goes to the new one."""

    def moved(method: str, form: Json) -> No | None:
        if method == "sendMessage" and form["chat_id"] == -9:
            return No(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1009})
        return None

    server.faults.append(moved)
    async with serving(server, Echo()):
        await server.settled(await server.say(-9, "/help"))
    assert len(server.sent(-1009)) == 1


# How it is shown


async def test_markup_that_people_type_stays_words(server: TelegramServer) -> None:
    """Nothing is interpreted: what looks like markup arrives as it was, half characters as a replacement."""
    async with serving(server, Echo()):
        await server.settled(await server.say(5, "<b>*_[x](y)` \ud83d @everyone &lt;"))
    (sent,) = server.sent(5)
    assert sent.words == "heard: <b>*_[x](y)` \ufffd @everyone &lt;"
    assert "parse_mode" not in sent.form


async def test_a_title_is_bold(server: TelegramServer) -> None:
    """The title stands in bold above the text, measured as Telegram measures."""

    async def answer(_: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply("Say it back.", "Listen 👂 first"))

    async with serving(server, answer):
        await server.settled(await server.say(5, "x"))
    (sent,) = server.sent(5)
    assert sent.form["entities"] == [{"type": "bold", "offset": 0, "length": 15}]
    assert sent.words == "Listen 👂 first\nSay it back."


def test_two_short_labels_in_a_row_or_a_long_one() -> None:
    """Labels that a phone would cut have a row of their own."""
    labels = ["Yes", "No", "What to say to them", "Menu"]
    made = keyboard([Choice(label, f"do:{number}") for number, label in enumerate(labels)], "Me")
    assert made
    assert [[button.text for button in row] for row in made.inline_keyboard] == [
        ["Yes", "No"],
        ["What to say to them"],
        ["Menu"],
    ]


def test_long_text_is_cut_between_words() -> None:
    """Pieces end at words, lose none and keep surrogate pairs whole."""
    text = "word 👩‍❤️‍👨 " * 900
    pieces = split(text.strip(), 4096)
    assert all(len(piece.encode("utf-16-le")) <= 8192 for piece in pieces)
    assert " ".join(pieces) == text.strip()


def test_a_caption_that_is_too_long() -> None:
    """A file goes ahead of a text that does not fit below it, and the buttons stay with the text."""
    file = File("a.png", "image/png", b"x", "A picture")
    first, second = parts(Reply("x" * 2000, choices=(Choice("Menu", "menu"),), file=file), "Me")
    assert (first.file, first.keyboard, second.file, second.text) == (file, None, None, "x" * 2000)
    assert second.keyboard


@pytest.mark.parametrize(("media", "method"), [("image/png", "sendPhoto"), ("application/json", "sendDocument")])
async def test_files(server: TelegramServer, media: str, method: str) -> None:
    """A picture is shown as one, anything else as a document; both with their words and buttons below."""

    async def answer(_: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply("Here", "All", (Choice("Menu", "menu"),), File("a.bin", media, b"x", "A file")))

    async with serving(server, answer):
        await server.settled(await server.say(5, "x"))
    (sent,) = server.sent(5)
    assert (sent.method, sent.words, len(sent.buttons)) == (method, "All\nHere", 1)


async def test_what_was_said_is_taken_back(server: TelegramServer) -> None:
    """Messages are deleted one by one, and those that are gone do not count."""
    async with serving(server, Echo()) as platform:
        await server.settled(await server.say(5, "x"))
        (sent,) = server.sent(5)
        assert await platform.hide("telegram:5", [str(sent.shown), "1,2"]) == 1


async def test_typing_is_shown_to_who_waits(server: TelegramServer) -> None:
    """While an answer takes long, the chat shows that something is being typed."""

    async def answer(_: Incoming, outlet: Outlet) -> None:
        await server.until(lambda: any(call.method == "sendChatAction" for call in server.calls))
        await outlet.send(Reply("At last"))

    platform = telegram(server, Timing(typing=0, first_delay=0.01))
    async with running(platform, answer):
        await server.settled(await server.say(5, "x"))
    assert len(server.sent(5)) == 1


async def test_the_menu_is_set_when_it_differs(server: TelegramServer) -> None:
    """Telegram's menu lists the commands of the content; a second start changes nothing."""
    for _ in range(2):
        async with serving(server, Echo()):
            pass
    assert server.commands == [{"command": one.name, "description": one.description} for one in LISTED]
    assert [call.method for call in server.calls].count("setMyCommands") == 1


# Faults


async def test_a_button_of_last_year(server: TelegramServer, dialogue: Dialogue) -> None:
    """A press that Telegram no longer lets answer is still answered in words."""
    old = server.query(5, "step:gone:long-ago", 3, "777")
    old["message"] |= {"date": 0}
    del old["message"]["text"]
    async with serving(server, dialogue.handle):
        await server.settled(await server.push(callback_query=old))
    (sent,) = server.sent(5)
    assert sent.buttons


async def test_the_server_is_gone_for_a_minute(server: TelegramServer, caplog: pytest.LogCaptureFixture) -> None:
    """An answer waits until Telegram is back, what was said meanwhile is answered, nothing is said twice."""
    gone = asyncio.Event()

    async def answer(incoming: Incoming, outlet: Outlet) -> None:
        if incoming.text == "first":
            await server.close()
            gone.set()
        await outlet.send(Reply(incoming.text))

    async with serving(server, answer):
        await server.say(5, "first")
        await gone.wait()
        await server.say(6, "second")
        await _logged(caplog, "cannot be reached")
        await server.open()
        await server.until(lambda: len(server.confirmed) == 2)
    assert sorted(shown_texts(server)) == ["first", "second"]  # two people, neither waits for the other


async def test_bad_gateways(server: TelegramServer) -> None:
    """A request that Telegram failed to carry out is repeated, and shown once."""
    refused: list[str] = []

    def bad_gateway(method: str, _: Json) -> No | None:
        if method in {"sendMessage", "getUpdates", "getMe"} and refused.count(method) < 3:
            refused.append(method)
            return No(502, "Bad Gateway")
        return None

    server.faults.append(bad_gateway)
    async with serving(server, Echo()):
        await server.settled(await server.say(5, "x"))
    assert len(server.sent(5)) == 1
    assert len(refused) == 9


async def test_a_message_that_may_have_been_shown(server: TelegramServer) -> None:
    """When the connection breaks after a message was sent, it is not sent again, and the person is heard further."""
    server.cut.add("sendMessage")
    async with serving(server, Echo()):
        await server.settled(await server.say(5, "one"))
        server.cut.clear()
        await server.settled(await server.say(5, "two"))
    assert shown_texts(server) == ["heard: one", "heard: two"]


async def test_a_storm_of_429(server: TelegramServer) -> None:
    """Who is throttled waits alone, and is answered once; everybody else is served meanwhile."""
    storm = 3

    def throttle(method: str, form: Json) -> No | None:
        nonlocal storm
        if method == "sendMessage" and form["chat_id"] == 5 and storm:
            storm -= 1
            return No(429, "Too Many Requests: retry after 1", {"retry_after": SHORT})
        return None

    server.faults.append(throttle)
    async with serving(server, Echo()):
        slow = await server.say(5, "slow")
        await server.until(lambda: storm < 3)
        for chat in range(100, 110):
            await server.say(chat, "quick")
        await server.settled(slow)
    order = [call.chat for call in server.calls if call.method == "sendMessage"]
    assert (sorted(order[:-1]), order[-1]) == ([*range(100, 110)], 5)


async def test_one_who_is_held_back_does_not_hold_up_others(server: TelegramServer) -> None:
    """A hundred unanswered updates are all that Telegram hands out: those that are committed make room in the end."""
    go = asyncio.Event()

    async def answer(incoming: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply(incoming.text))

    def throttle(method: str, form: Json) -> No | None:
        held = method == "sendMessage" and int(form["chat_id"]) < 200 and not go.is_set()
        return No(429, "Too Many Requests", {"retry_after": SHORT}) if held else None

    server.faults.append(throttle)
    platform = telegram(server, replace(QUICK, held=SHORT))
    async with running(platform, answer):
        for chat in range(100, 200):
            await server.say(chat, "held")
        await server.say(200, "free")
        await server.until(lambda: shown_texts(server) == ["free"])
        go.set()
        await server.until(lambda: len(shown_texts(server)) == 101)


async def tell(platform: Telegram, news: str) -> None:
    await platform.turn("telegram:6")
    await platform.send("telegram:6", Reply(news))


async def test_conversation_goes_before_broadcast(server: TelegramServer) -> None:
    """When broadcasts have used up their budget, somebody who writes is answered at once."""
    platform = telegram(server, limiter=Limiter(10_000, 2))
    async with running(platform, Echo()):
        waiting = [asyncio.create_task(tell(platform, f"news {n}")) for n in range(4)]
        await server.until(lambda: len(server.sent(6)) == 2)
        await server.settled(await server.say(5, "x"))
        assert (len(server.sent(5)), len(server.sent(6))) == (1, 2)
        await asyncio.gather(*waiting)


async def test_somebody_blocks_the_bot(server: TelegramServer) -> None:
    """Who blocks in the middle of a conversation stops nothing, and is answered when they write again."""
    blocked = True

    def block(method: str, form: Json) -> No | None:
        told = method.startswith("send") and form["chat_id"] == 5 and blocked
        return No(403, "Forbidden: bot was blocked by the user") if told else None

    server.faults.append(block)
    async with serving(server, Echo()) as platform:
        await server.settled(await server.say(5, "before"))
        with pytest.raises(Unreachable):
            await platform.send("telegram:5", Reply("Good morning"))
        blocked = False
        await server.settled(await server.say(5, "after"))
    assert shown_texts(server) == ["heard: after"]


@pytest.mark.parametrize("when", ["at start", "later"])
async def test_a_token_that_is_revoked(server: TelegramServer, when: str, caplog: pytest.LogCaptureFixture) -> None:
    """The log says it in a sentence without the token, once; the platform is not ready, and the process goes on."""
    server.revoked = when == "at start"
    platform = telegram(server, Timing(poll=0, first_delay=0.01))
    async with running(platform, Echo(), connected=when == "later") as task:
        server.revoked = True
        await _logged(caplog, "does not accept the token")
        assert not platform.ready
        assert not task.done()
    assert platform.token not in caplog.text
    assert caplog.text.count("does not accept the token") == 1


async def test_a_token_that_is_revoked_behind_a_webhook(
    server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Telegram stops calling without a word: it is noticed nevertheless, told once, and nobody can be written to."""
    platform = telegram(server, replace(QUICK, stale=SHORT), webhook="http://127.0.0.1:9/hook")
    async with running(platform, Echo()) as task:
        server.revoked = True
        await _logged(caplog, "does not accept the token")
        assert not platform.ready
        assert not task.done()
        with pytest.raises(InvalidToken):
            await platform.send("telegram:5", Reply("Good morning"))
    assert caplog.text.count("does not accept the token") == 1


async def test_a_webhook_that_is_taken_away(server: TelegramServer) -> None:
    """A webhook that somebody else deleted is set again."""
    platform = telegram(server, replace(QUICK, stale=SHORT), webhook="http://127.0.0.1:9/hook")
    async with running(platform, Echo()):
        server.webhook = {}
        await server.until(lambda: server.webhook)
        assert server.webhook["url"] == "http://127.0.0.1:9/hook"


async def test_a_second_poller(server: TelegramServer, caplog: pytest.LogCaptureFixture) -> None:
    """Two processes with one token are told so, and neither ends."""
    async with serving(server, Echo()), serving(server, Echo()):
        await _logged(caplog, "another process asks")


async def test_silent_polling_is_noticed(server: TelegramServer) -> None:
    """When a request for updates is never answered, the platform is not ready, and then asks on a new connection."""
    server.silent = True
    platform = telegram(server, Timing(poll=60, stale=SHORT, first_delay=0.01))
    async with running(platform, Echo()):
        await server.until(lambda: server.polls == 2)
        assert not platform.ready
        server.silent = False
        await server.settled(await server.say(5, "x"))
        assert platform.ready


async def test_an_ordered_end(server: TelegramServer) -> None:
    """What was received is answered before the end, and Telegram is told; what was not waits for the next start."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def answer(incoming: Incoming, outlet: Outlet) -> None:
        begun.set()
        await go.wait()
        await outlet.send(Reply(incoming.text))

    platform = telegram(server)
    async with running(platform, answer) as task:
        taken = [await server.say(5, "one")]
        await begun.wait()
        taken.append(await server.say(5, "two"))
        await server.until(lambda: server.polls >= 4)
        task.cancel()
        await asyncio.sleep(0)
        left = await server.say(6, "three")
        go.set()
    assert set(taken) <= server.confirmed
    assert left in server.waiting
    assert shown_texts(server) == ["one", "two"]


async def test_what_was_broken_off_is_taken_up(server: TelegramServer) -> None:
    """An answer that does not end in time is left at Telegram, and given when the platform runs again."""
    begun, never = asyncio.Event(), asyncio.Event()

    async def hang(_: Incoming, __: Outlet) -> None:
        begun.set()
        await never.wait()

    platform = telegram(server, replace(QUICK, drain=0.01))
    async with running(platform, hang):
        said = await server.say(5, "x")
        await begun.wait()
    assert said in server.waiting
    async with running(platform, Echo()):
        await server.settled(said)
    assert shown_texts(server) == ["heard: x"]


async def test_a_fault_of_one_turn(server: TelegramServer, caplog: pytest.LogCaptureFixture) -> None:
    """A turn that breaks stops nobody, and its words are not in the log."""

    async def answer(incoming: Incoming, outlet: Outlet) -> None:
        if incoming.person == "telegram:5":
            raise ValueError(incoming.text)
        await outlet.send(Reply("fine"))

    async with serving(server, answer):
        await server.settled(await server.say(5, "my secret"))
        await server.settled(await server.say(6, "x"))
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


# Webhook


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, "{}", 403),
        ({"X-Telegram-Bot-Api-Secret-Token": "wrong"}, "{}", 403),
        ({"X-Telegram-Bot-Api-Secret-Token": "\u00fc"}, "{}", 403),
        ({"X-Telegram-Bot-Api-Secret-Token": "right"}, "no JSON", 400),
        ({"X-Telegram-Bot-Api-Secret-Token": "right"}, "[1]", 400),
    ],
)
async def test_a_webhook_refuses_strangers(
    server: TelegramServer, headers: dict[str, str], body: str, status: int
) -> None:
    """Without the secret, or with something that is no update, nothing is taken in."""
    echo = Echo()
    async with serving(server, echo, "webhook"), aiohttp.ClientSession() as session:
        headers = {name: value.replace("right", server.webhook["secret_token"]) for name, value in headers.items()}
        async with session.post(server.webhook["url"], data=body, headers=headers) as answer:
            assert answer.status == status
        async with session.get(server.webhook["url"]) as answer:
            assert answer.status == 405
    assert not echo.heard


async def test_a_webhook_is_answered_after_the_turn(server: TelegramServer) -> None:
    """Telegram keeps an update until it is dealt with; the same one again is answered once."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def answer(incoming: Incoming, outlet: Outlet) -> None:
        begun.set()
        await go.wait()
        await outlet.send(Reply(incoming.text))

    async with serving(server, answer, "webhook"):
        said = {"message": server.message(5, text="x")}
        key = await server.push(**said)
        await begun.wait()
        assert key in server.waiting
        go.set()
        await server.settled(key)
        server.confirmed.clear()
        await server.repeat(key, said)
        await server.settled(key)
    assert shown_texts(server) == ["x"]


# Many


@pytest.mark.parametrize(("mode", "people"), [("polling", 500), ("webhook", 100)])
async def test_many_at_once(mode: str, people: int, server: TelegramServer) -> None:
    """Each of 500 people who write at once gets their own answers, all of them, in order."""
    async with serving(server, Echo(), mode):
        for number in range(2):
            for chat in range(1, people + 1):
                await server.say(chat, f"{chat} says {number}")
        await server.until(lambda: len(server.confirmed) == 2 * people, within=50)
    for chat in range(1, people + 1):
        assert [call.words for call in server.sent(chat)] == [f"heard: {chat} says {number}" for number in range(2)]


def shown_texts(server: TelegramServer) -> list[str]:
    return [call.words for call in server.calls if call.method == "sendMessage"]


async def _logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(10):
        while words not in caplog.text:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0)
