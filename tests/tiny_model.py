"""Trains a tiny model twice: `make tiny`, with the standard library's runner, in the environment of `make model`."""

import tempfile
import unittest
from pathlib import Path

from intents.measure import Message
from intents.model import Model
from intents.phrases import Phrase
from intents.reading import OUTSIDE
from intents.training.temperature import fitted_temperature
from intents.training.train import train

LINES = {
    ("listening", "mine"): ("I never let her finish", "I interrupt my husband when he talks", "my phone wins over her"),
    ("listening", "theirs"): ("he doesn't hear me", "she looks at her phone when I talk", "nobody listens to me here"),
    ("intimacy", "mine"): ("I don't want sex any more", "my desire is gone since the baby", "sex hurts and I avoid it"),
    ("intimacy", "theirs"): ("he never wants sex", "she turns me down in bed", "my wife has no desire for me"),
    ("thanks", ""): ("thank you", "thanks a lot", "cheers, that helped"),
    (OUTSIDE, "human"): ("my boss shouts at me", "my mother is ill", "I failed my exam and feel low"),
    (OUTSIDE, "task"): ("what's the weather", "play some music", "translate this to French"),
    ("safety-violence", ""): ("he hit me", "she slapped me again", "he choked me last night"),
    ("safety-suicide", ""): ("I want to die", "I don't want to live any more", "I'd be better off dead"),
    ("safety-child", ""): ("he beats our son", "my girl is touched by him", "the kids get nothing to eat"),
    ("no-danger", ""): ("he beat me at chess", "I'm dying of laughter", "the car died"),
}
PHRASES = [Phrase(text, label, side) for (label, side), texts in LINES.items() for text in texts]
LONG = "We have two kids and a dog. My wife turns me down in bed every night. I don't know what to do about that."


class TinyModel(unittest.TestCase):
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for name in ("one", "two"):
            train(PHRASES, cls.folder / name)

    def test_the_same_phrases_give_the_same_bytes(self) -> None:
        """Trained twice on one machine, all files of the model are the same."""
        names = sorted(path.name for path in (self.folder / "one").iterdir())
        assert names == ["about.json", "model.onnx", "vocabulary.txt", "words.npy"]
        for name in names:
            assert (self.folder / "one" / name).read_bytes() == (self.folder / "two" / name).read_bytes(), name

    def test_it_reads_what_it_was_trained_on(self) -> None:
        """The label and the danger of its own phrases are found, by the files alone."""
        model = Model(self.folder / "one")
        guesses = [(phrase, model.guess(phrase.text, [])) for phrase in PHRASES]
        known = [(phrase, guess) for phrase, guess in guesses if not phrase.label.startswith(("safety", "no-"))]
        right = sum(guess.labels[0].id == phrase.label for phrase, guess in known)
        assert right >= 0.9 * len(known)
        sounds = {phrase.text: max(guess.danger.values()) for phrase, guess in guesses}
        danger = [sounds[phrase.text] for phrase in PHRASES if phrase.label.startswith("safety")]
        calm = [sounds[phrase.text] for phrase in PHRASES if not phrase.label.startswith("safety")]
        assert min(danger) > sum(calm) / len(calm)

    def test_the_temperature_fits_the_messages(self) -> None:
        """One is found for readings half of which are right; for none, or such as are all right, there is none."""
        model = Model(self.folder / "one")
        messages = [Message(LONG, (topic,), frozenset({topic})) for topic in ("intimacy", "listening")]
        assert fitted_temperature(model, messages) > 0.3
        for unfit in ([], messages[:1]):
            with self.assertRaisesRegex(ValueError, "no temperature fits"):  # noqa: PT027 - not run by pytest
                fitted_temperature(model, unfit)


if __name__ == "__main__":
    unittest.main()
