"""Makes public/sample/train.json and valid.json from the texts of tools/sample, in SQuAD v1.1 format.

    python tools/make_sample.py OUT_DIR [--seed 1]

train.json: 5,000 questions of the training texts. Every text of at most 200 characters stands in it as it was written, with three of its
questions, and many of them multiplied: with other names, places, numbers, dates and things, some of them arbitrary strings, sentences moved, questions in other words. valid.json: 360 questions, three of each
evaluation text, as they were written. All text is CC0.
"""

import argparse
import json
import pathlib
import random

from exchange_words import Words, exchange
from reword_questions import rearrange, reword_question
from sample_texts import read_texts

TRAIN, VALID, EACH = 5000, 360, 3
LONGEST = 200


def paragraph(text, questions, name):
    """One SQuAD article of one paragraph."""
    qas = [{"id": f"{name}q{i}", "question": q["question"], "answers": [{"text": q["answer"], "answer_start": q["start"]}], "is_impossible": False} for i, q in enumerate(questions)]
    return {"title": name, "paragraphs": [{"context": text["context"], "qas": qas}]}


def training(rng):
    """Every text as it was written, then rounds over multiplied texts until there are enough questions."""
    texts = [text for text in read_texts("train") if len(text["context"]) <= LONGEST]
    words, contexts = Words(texts), [text["context"] for text in texts]
    articles, count, turn = [], 0, 0
    while True:
        for text in rng.sample(texts, len(texts)):
            name = f"{text['id']}-{turn}"
            if turn:
                text = rearrange(exchange(text, words, rng, rng.choice([0.0, 0.1, 0.3, 0.7])), rng, contexts, LONGEST)
            questions = rng.sample(text["questions"], min(EACH, len(text["questions"]), TRAIN - count))
            if turn:
                questions = [{**q, "question": reword_question(q["question"], rng)} for q in questions]
            articles.append(paragraph(text, questions, name))
            count += len(questions)
            if count == TRAIN:
                return articles
        turn += 1


def evaluation(rng):
    texts = read_texts("evaluation")
    assert EACH * len(texts) == VALID
    return [paragraph(text, sorted(rng.sample(text["questions"], EACH), key=lambda q: q["start"]), text["id"]) for text in texts]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name, make in (("train", training), ("valid", evaluation)):
        data = make(random.Random(f"{given.seed} {name}"))
        file = {"version": "1.1", "license": "CC0-1.0", "data": data}
        (given.out / f"{name}.json").write_text(json.dumps(file, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n", "utf-8")
        contexts = [p["context"] for article in data for p in article["paragraphs"]]
        count = sum(len(p["qas"]) for article in data for p in article["paragraphs"])
        print(name, count, "questions,", len(contexts), "contexts,", sum(map(len, contexts)) // len(contexts), "characters each")
