"""The questions that the built-in model is pretrained on, made as they are needed: of the texts of tools/sample, multiplied, and of prose."""

import lzma
import re

from ask_prose import ask
from exchange_words import Words, exchange
from reword_questions import rearrange, reword_question
from sample_texts import read_texts

LONGEST = 210


def read_prose(path):
    """Passages of 40 to 150 characters: sentences that follow each other in one work."""
    passages, held, want = [], "", 60
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                held = ""
                continue
            for sentence in re.findall(r"[^。]*。?[」』）]?", line.strip()):
                if len(held) + len(sentence) > 150:
                    held = ""
                if len(sentence) <= 150:
                    held += sentence
                if len(held) >= want:
                    passages.append(held)
                    # Lengths from 40 to 120, of no pattern, yet the same each time.
                    held, want = "", 40 + (len(passages) * 37) % 81
    return passages


class Questions:
    """An endless source of (question, context, start, end, kind)."""

    def __init__(self, prose):
        self.prose = prose
        self.texts = read_texts("train")
        self.words = Words(self.texts, prose[:20000])
        self.contexts = [text["context"] for text in self.texts]

    def written(self, rng):
        """Written questions of one text, multiplied."""
        text = exchange(rng.choice(self.texts), self.words, rng, rng.choice([0.0, 0.1, 0.3, 0.6, 0.9]))
        text = rearrange(text, rng, self.contexts, LONGEST)
        for q in rng.sample(text["questions"], min(2, len(text["questions"]))):
            yield {**q, "question": reword_question(q["question"], rng)}, text["context"]

    def made(self, rng, contexts):
        """One question made of a context's own words."""
        text = ask(rng.choice(contexts), rng)
        if text is not None:
            text = exchange(text, self.words, rng, rng.choice([0.0, 0.0, 0.15, 0.5]))
            text = rearrange(text, rng, self.contexts, LONGEST)
            yield text["questions"][0], text["context"]

    def rows(self, rng, count, written=0.5, ours=0.15):
        """`count` rows: so many of them from written questions, from our own contexts, and the rest from prose."""
        made = 0
        while made < count:
            x = rng.random()
            if x < written / 2:
                found = self.written(rng)
            else:
                found = self.made(rng, self.contexts if x < written / 2 + ours else self.prose)
            for q, context in found:
                made += 1
                yield q["question"], context, q["start"], q["start"] + len(q["answer"])
