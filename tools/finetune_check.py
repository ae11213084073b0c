"""Fine-tunes a model folder with PyTorch as the page's preset `sample` does, and reports exact match and F1 on whatever files are named.

    python tools/finetune_check.py [--model DIR] [--train FILE] [--on FILE ...] [--count 200] [--seeds 1] [--threads 1] [--random] [--bfloat16]

What is not said is public/ and the preset (src/training/training-arguments.ts). Files are SQuAD's JSON or tools/sample's JSON Lines; of a file,
`--count` questions are asked, drawn with seed 0. --random: the same architecture from random weights. Exact match is of the whole answer, F1 over
characters; spans have at most 15 tokens, as in the page.
"""

import argparse
import json
import pathlib
import random
import time
from collections import Counter

import torch
from transformers import AutoConfig, AutoTokenizer, DebertaV2ForQuestionAnswering

PUBLIC = pathlib.Path(__file__).resolve().parent.parent / "public"


def questions(path):
    """(question, context, answer, start) of a file."""
    text = pathlib.Path(path).read_text("utf-8")
    if str(path).endswith(".jsonl"):
        texts = [json.loads(line) for line in text.splitlines()]
        return [(q["question"], t["context"], q["answer"], t["context"].index(q["answer"])) for t in texts for q in t["questions"]]
    paragraphs = [p for article in json.loads(text)["data"] for p in article["paragraphs"]]
    return [(q["question"], p["context"], q["answers"][0]["text"], q["answers"][0]["answer_start"]) for p in paragraphs for q in p["qas"]]


def encode(tokenizer, row, longest):
    """(ids, offsets of the context's tokens, first context token, start token, end token)"""
    question, context, answer, at = row
    e = tokenizer(question, context, truncation="only_second", max_length=longest, return_offsets_mapping=True)
    sequence = e.sequence_ids()
    first = sequence.index(1)
    offsets = [o for o, s in zip(e["offset_mapping"], sequence) if s == 1]
    inside = [i for i, (a, b) in enumerate(offsets) if a < at + len(answer) and b > at]
    start, end = (first + inside[0], first + inside[-1]) if inside and offsets[-1][1] >= at + len(answer) else (0, 0)
    return e["input_ids"], offsets, first, start, end


def pad(rows, multiple=8):
    n = -(-max(len(r[0]) for r in rows) // multiple) * multiple
    ids = torch.zeros(len(rows), n, dtype=torch.long)
    for k, r in enumerate(rows):
        ids[k, : len(r[0])] = torch.tensor(r[0])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


def f1(a, b):
    same = sum((Counter(a) & Counter(b)).values())
    return 2 * same / (len(a) + len(b)) if same else 0.0


@torch.no_grad()
def answers(model, rows, data):
    """The likeliest span of every row."""
    model.eval()
    found = [""] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    for i in range(0, len(order), 16):
        part = order[i : i + 16]
        out = model(**pad([rows[j] for j in part]))
        for k, j in enumerate(part):
            ids, offsets, first, _, _ = rows[j]
            s = out.start_logits[k, first : first + len(offsets)].float().softmax(0)
            e = out.end_logits[k, first : first + len(offsets)].float().softmax(0)
            b, f = divmod(int(torch.triu(torch.outer(s, e)).tril(14).argmax()), len(offsets))
            found[j] = data[j][1][offsets[b][0] : offsets[f][1]]
    return found


def score(model, tokenizer, data, show=0):
    rows = [encode(tokenizer, row, 512) for row in data]
    found = answers(model, rows, data)
    for row, answer in list(zip(data, found))[:show]:
        print("  ", "o" if answer == row[2] else "x", row[0], "|", row[2], "|", answer)
    return sum(a == r[2] for a, r in zip(found, data)) / len(data), sum(f1(a, r[2]) for a, r in zip(found, data)) / len(data)


def finetune(model, rows, given, rng):
    decay = [p for n, p in model.named_parameters() if not n.endswith(".bias") and "LayerNorm" not in n]
    ids = {id(p) for p in decay}
    plain = [p for p in model.parameters() if id(p) not in ids]
    optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.01), dict(params=plain, weight_decay=0.0)], lr=given.lr)
    steps, step, curve = given.epochs * -(-len(rows) // given.batch), 0, []
    for _ in range(given.epochs):
        order = list(range(len(rows)))
        rng.shuffle(order)
        if given.grouped:
            order = [i for at in range(0, len(order), given.batch * 50) for i in sorted(order[at : at + given.batch * 50], key=lambda i: -len(rows[i][0]))]
        groups = [order[i : i + given.batch] for i in range(0, len(order), given.batch)]
        if given.grouped:
            rng.shuffle(groups)
        model.train()
        total = 0.0
        for group in groups:
            batch = [rows[j] for j in group]
            for g in optimizer.param_groups:
                g["lr"] = given.lr * (1 - step / steps)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=given.bfloat16):
                loss = model(**pad(batch), start_positions=torch.tensor([r[3] for r in batch]), end_positions=torch.tensor([r[4] for r in batch])).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step, total = step + 1, total + loss.item()
        curve.append(round(total / len(groups), 2))
    return curve


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, kind, value in (("lr", float, 5e-4), ("epochs", int, 1), ("rows", int, 4000), ("count", int, 200), ("batch", int, 8), ("seeds", int, 1), ("threads", int, 1), ("longest", int, 192), ("show", int, 0)):
        parser.add_argument(f"--{name}", type=kind, default=value)
    parser.add_argument("--model", default=str(PUBLIC / "model"))
    parser.add_argument("--train", default=str(PUBLIC / "sample" / "train.json"))
    parser.add_argument("--on", nargs="*", default=[str(PUBLIC / "sample" / "valid.json")])
    for flag in ("random", "bfloat16", "grouped"):
        parser.add_argument(f"--{flag}", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    train = questions(given.train)
    asked = {path: random.Random(0).sample(all, min(given.count, len(all))) for path in given.on for all in [questions(path)]}
    for seed in range(1, given.seeds + 1):
        rng, begin = random.Random(seed), time.time()
        torch.manual_seed(seed)
        model = DebertaV2ForQuestionAnswering(AutoConfig.from_pretrained(given.model)) if given.random else DebertaV2ForQuestionAnswering.from_pretrained(given.model, dtype=torch.float32)
        before = {path: score(model, tokenizer, data) for path, data in asked.items()} if seed == 1 else {}
        rows = [encode(tokenizer, row, given.longest) for row in rng.sample(train, min(given.rows, len(train)))]
        curve = finetune(model, rows, given, rng)
        print(f"seed {seed}: loss {curve}, {len(rows)} rows of {sum(len(r[0]) for r in rows) / len(rows):.0f} tokens, {time.time() - begin:.0f} s, {time.process_time():.0f} s of processor", flush=True)
        for path, data in asked.items():
            em, f = score(model, tokenizer, data, given.show)
            was = f" (before {before[path][0]:.3f} / {before[path][1]:.3f})" if before else ""
            print(f"  {pathlib.Path(path).name}: EM {em:.3f} F1 {f:.3f} of {len(data)}{was}", flush=True)
