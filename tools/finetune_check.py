"""Fine-tunes public/model on public/sample with PyTorch as the page does, and reports exact match before and after.

    python tools/finetune_check.py [--lr 1e-3 --epochs 8 --train 1000 --eval 100 --batch 8 --seeds 5 --threads 1]

What is not said is the `sample` preset of src/app/settings/presets.ts; every row of the sample is shorter than its 192 tokens.
"""
import argparse, json, pathlib, random, time
import torch
from transformers import AutoTokenizer, DebertaV2ForQuestionAnswering

ROOT = pathlib.Path(__file__).resolve().parent.parent / "public"
SAMPLE = [json.loads((ROOT / "sample" / f"{f}.json").read_text()) for f in ("train", "valid")]


def examples(file): return [(q["question"], p["context"], q["answers"][0]) for d in file["data"] for p in d["paragraphs"] for q in p["qas"]]


def encode(tok, q, c, a):
    e = tok(q, c, return_offsets_mapping=True); seq = e.sequence_ids(); off = e["offset_mapping"]
    s = next(i for i, (x, (b, f)) in enumerate(zip(seq, off)) if x == 1 and f > a["answer_start"])
    t = max(i for i, (x, (b, f)) in enumerate(zip(seq, off)) if x == 1 and b < a["answer_start"] + len(a["text"]))
    return e["input_ids"], s, t, off, seq


def pad(rows):
    n = -(-max(len(r[0]) for r in rows) // 32) * 32; ids = torch.zeros(len(rows), n, dtype=torch.long)
    for k, r in enumerate(rows): ids[k, :len(r[0])] = torch.tensor(r[0])
    return dict(input_ids=ids, attention_mask=(ids != 0).long())


def exact_match(model, data, rows):
    model.eval(); hits = 0
    with torch.no_grad():
        for i in range(0, len(rows), 20):
            out = model(**pad(rows[i:i + 20]))
            for k, (ids, _, _, off, seq) in enumerate(rows[i:i + 20]):
                ok = torch.tensor([x == 1 for x in seq]); n = len(ids)
                s = out.start_logits[k, :n].masked_fill(~ok, -1e4).softmax(0); e = out.end_logits[k, :n].masked_fill(~ok, -1e4).softmax(0)
                m = torch.triu(torch.outer(s, e)).tril(14); b, f = divmod(int(m.argmax()), n)
                hits += data[i + k][1][off[b][0]:off[f][1]] == data[i + k][2]["text"]
    return hits / len(rows)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    for name, kind, value in [("lr", float, 1e-3), ("epochs", int, 8), ("train", int, 1000), ("eval", int, 100), ("batch", int, 8), ("seeds", int, 1), ("threads", int, 1), ("model", str, str(ROOT / "model"))]:
        ap.add_argument("--" + name, type=kind, default=value)
    a = ap.parse_args(); torch.set_num_threads(a.threads); tok = AutoTokenizer.from_pretrained(a.model); results = []
    train_all, valid_all = examples(SAMPLE[0]), examples(SAMPLE[1])
    off_boundary = sum(c[o[s][0]:o[t][1]] != x["text"] for q, c, x in valid_all for _, s, t, o, _ in [encode(tok, q, c, x)])
    print("answers off token boundaries:", off_boundary, "of", len(valid_all))
    for seed in range(a.seeds):
        r = random.Random(seed); torch.manual_seed(seed); begin = time.time()
        train, valid = r.sample(train_all, a.train), r.sample(valid_all, a.eval)
        model = DebertaV2ForQuestionAnswering.from_pretrained(a.model)
        rows, held = [encode(tok, *x) for x in train], [encode(tok, *x) for x in valid]
        before = exact_match(model, valid, held)
        decay = [p for n, p in model.named_parameters() if not n.endswith(".bias") and "LayerNorm" not in n]; ids = {id(p) for p in decay}
        opt = torch.optim.AdamW([dict(params=decay, weight_decay=0.01), dict(params=[p for p in model.parameters() if id(p) not in ids], weight_decay=0.0)], lr=a.lr)
        steps = a.epochs * -(-len(rows) // a.batch); k = 0; curve = []
        for _ in range(a.epochs):
            order = list(range(len(rows))); r.shuffle(order); model.train(); total = 0
            for i in range(0, len(order), a.batch):
                b = [rows[j] for j in order[i:i + a.batch]]
                for g in opt.param_groups: g["lr"] = a.lr * (1 - k / steps)
                loss = model(**pad(b), start_positions=torch.tensor([x[1] for x in b]), end_positions=torch.tensor([x[2] for x in b])).loss
                opt.zero_grad(); loss.backward(); torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step(); k += 1; total += loss.item()
            curve.append(round(total * a.batch / len(rows), 2))
        after = exact_match(model, valid, held); results.append(after)
        print(f"seed {seed}: EM before {before:.0%} after {after:.0%}, loss {curve}, {time.time() - begin:.0f} s, {sum(len(x[0]) for x in rows) / len(rows):.0f} tokens a row", flush=True)
    print("mean", sum(results) / len(results), "min", min(results), "max", max(results))
