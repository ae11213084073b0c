"""The texts of tools/sample, one dictionary a text."""

import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent / "sample"


def read_texts(split):
    """The texts of `split` ("train" or "evaluation"), in the order of the files' names. Each question has its `start` in the context."""
    texts = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            text = json.loads(line)
            if text["split"] != split:
                continue
            for question in text["questions"]:
                start = -1
                for _ in range(question.get("occurrence", 1)):
                    start = text["context"].index(question["answer"], start + 1)
                question["start"] = start
            texts.append(text)
    return texts
