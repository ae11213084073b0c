"""Makes the parts of src/parity/fixtures that hold text: tokenizers, tokenization, pipeline, metrics and the model that answers.

    python tools/parity_fixtures.py MAKE_DIR src/parity/fixtures

Needs torch, transformers 4.57, sentencepiece. MAKE_DIR holds the scripts that record such folders (../shared/golden/make). All text
is public/sample and what is written below. The tokenizer is small because it has no table of normalization; public/model has one.
"""
import argparse, gzip, io, json, pathlib, random, subprocess, sys
import sentencepiece as spm, torch
from transformers import DebertaV2Config, DebertaV2ForQuestionAnswering, DebertaV2TokenizerFast

ROOT = pathlib.Path(__file__).resolve().parent.parent / "public"
TRAIN, VALID = ROOT / "sample" / "train.json", ROOT / "sample" / "valid.json"
# Of every kind of pipeline row, so many are kept.
ROWS = {"seed": 24, "top5": 8, "impossible": 8, "limits": 6, "long": 4}
CASES = [["東京", ["東京"]], ["東京。", ["東京"]], ["。東京", ["東京"]], ["大阪府", ["大阪", "大阪市"]], ["", ["京都"]], ["京都", [""]], ["", [""]],
         ["1880年", ["1,880年", "1880年 "]], ["The Red Book", ["red  book!"]], ["a b c", ["c b d", "b"]], ["ＡＢＣ", ["ABC"]], ["山田\u3000太郎", ["山田 太郎"]]]


def vocabulary(out):
    lines = [line for p in paragraphs(TRAIN) for line in [p["context"], *(q["question"] for q in p["qas"])]]
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, vocab_size=700, hard_vocab_limit=False, model_type="unigram", pad_id=0, bos_id=1,
        eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]", user_defined_symbols=["[MASK]"],
        normalization_rule_name="identity", num_threads=1, minloglevel=2)
    out.mkdir(parents=True, exist_ok=True); (out / "spm.model").write_bytes(model.getvalue())
    tok = DebertaV2TokenizerFast(vocab_file=str(out / "spm.model"), do_lower_case=False, split_by_punct=False, model_max_length=512)
    tok.save_pretrained(out); return tok


def paragraphs(path): return [p for article in json.loads(path.read_text())["data"] for p in article["paragraphs"]]


def qa_model(tok, out):
    torch.manual_seed(0); torch.set_num_threads(1); r = random.Random(0)
    model = DebertaV2ForQuestionAnswering(DebertaV2Config(vocab_size=len(tok), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=512, relative_attention=True, position_buckets=32, max_relative_positions=-1, share_att_key=True, pos_att_type=["p2c", "c2p"],
        norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0, layer_norm_eps=1e-7, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0))
    rows = [(q["question"], p["context"], q["answers"][0]) for p in paragraphs(TRAIN) for q in p["qas"]]
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(600):
        batch = r.sample(rows, 16); e = tok([q for q, _, _ in batch], [c for _, c, _ in batch], padding=True, return_tensors="pt", return_offsets_mapping=True)
        edge = lambda i, at: next(t for t, (s, (a, b)) in enumerate(zip(e.sequence_ids(i), e["offset_mapping"][i].tolist())) if s == 1 and a <= at < b)
        ends = [(a["answer_start"], a["answer_start"] + len(a["text"]) - 1) for _, _, a in batch]
        spans = [torch.tensor([edge(i, pair[side]) for i, pair in enumerate(ends)]) for side in (0, 1)]
        loss = model(input_ids=e["input_ids"], attention_mask=e["attention_mask"], start_positions=spans[0], end_positions=spans[1]).loss
        loss.backward(); torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step(); opt.zero_grad()
        if step % 100 == 99: print("step", step + 1, round(loss.item(), 3), flush=True)
    model.save_pretrained(out); tok.save_pretrained(out)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("make", type=pathlib.Path); ap.add_argument("out", type=pathlib.Path); a = ap.parse_args()
    sys.path.insert(0, str(a.make.resolve())); import metrics, pipeline
    run = lambda script, *args: subprocess.run([sys.executable, str(a.make / script), *map(str, args)], check=True)
    tok = vocabulary(a.out / "tokenizers" / "small"); qa = a.out / "models" / "qa-trained"; qa_model(tok, qa)
    fixed, strings = a.out / "fixed.json", a.out / "strings.json"; fixed.write_text("[]")
    run("strings.py", fixed, strings, "--seed", 11, "--count", 200)
    for name, folder in (("small", a.out / "tokenizers" / "small"), ("model", ROOT / "model")):
        run("tokenization.py", folder, VALID, strings, a.out / "tokenization" / name)
    fixed.unlink(); strings.unlink()
    answers = a.out / "pipeline" / "answers.jsonl.gz"; answers.parent.mkdir(exist_ok=True)
    pipeline.record(str(qa), str(TRAIN), str(answers), 7, True)
    with gzip.open(answers, "rt") as f: rows = [json.loads(line) for line in f]
    left = dict(ROWS); kept = []
    for row in rows:
        if left.setdefault(row["kind"], 1) > 0: left[row["kind"]] -= 1; kept.append(row)
    with gzip.GzipFile(answers, "wb", mtime=0) as f: f.write("".join(json.dumps(x, ensure_ascii=True, separators=(",", ":")) + "\n" for x in kept).encode())
    (a.out / "metrics.json").write_text(json.dumps([metrics.scores(p, golds) for p, golds in CASES], ensure_ascii=True, indent=0) + "\n")
