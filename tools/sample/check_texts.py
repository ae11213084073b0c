"""Checks the texts beside it: form, answers that stand in their context, kinds, likeness. Exit status 1 on a fault."""

import json
import sys
from collections import Counter
from pathlib import Path

KINDS = {"いつ", "どこ", "誰", "何", "どれくらい", "なぜ", "どのように", "どちら"}


def shingles(text: str) -> set[str]:
    return {text[i : i + 6] for i in range(len(text) - 5)}


def main() -> None:
    faults, texts, kinds, ids = [], [], Counter(), set()
    for path in sorted(Path(__file__).parent.glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            place = f"{path.name}:{number}"
            row = json.loads(line)
            context = row["context"]
            if row["id"] in ids:
                faults.append(f"{place}: id {row['id']} is there twice")
            ids.add(row["id"])
            if row["split"] not in ("train", "evaluation", "development"):
                faults.append(f"{place}: split {row['split']}")
            if not 40 <= len(context) <= 400:
                faults.append(f"{place}: {len(context)} characters")
            if len(row["questions"]) < 3:
                faults.append(f"{place}: fewer than three questions")
            for question in row["questions"]:
                kinds[question["kind"]] += 1
                count = context.count(question["answer"])
                if question["kind"] not in KINDS:
                    faults.append(f"{place}: kind {question['kind']}")
                if not question["answer"] or count < question.get("occurrence", 1):
                    faults.append(f"{place}: no answer {question['answer']!r}")
                elif count > 1 and "occurrence" not in question:
                    faults.append(f"{place}: {question['answer']!r} stands {count} times")
            texts.append((row["id"], row["split"], shingles(context)))
    for i, (name, _, mine) in enumerate(texts):
        for other, _, theirs in texts[:i]:
            if len(mine & theirs) > 0.3 * min(len(mine), len(theirs)):
                faults.append(f"{name} and {other} are alike")
    splits = Counter(split for _, split, _ in texts)
    print(f"{dict(splits)} texts, {sum(kinds.values())} questions: {dict(kinds)}")
    for fault in faults:
        print(fault)
    sys.exit(bool(faults))


main()
