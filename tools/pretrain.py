"""Makes public/model: a small DeBERTa-v2 pretrained with masked-LM on generated text, without a question-answering head.

    python tools/pretrain.py OUT_DIR [--minutes 20] [--threads 2] [--seed 1]

Needs torch, transformers 4.57, sentencepiece. Text: contexts of tools/make_sample.py with entity names that neither sample
file holds. Half of the rows are question + context with 15 % of the tokens masked; in the other half the question is followed by its
answer, masked, which recurs in the context: so the model learns to find one segment's words in the other.
The vocabulary never crosses a fact's edge (pretokenization_delimiter), so every answer ends at token boundaries.
"""
import argparse, io, json, math, pathlib, random, time
import sentencepiece as spm, torch
from transformers import DebertaV2Config, DebertaV2ForMaskedLM, DebertaV2TokenizerFast
from make_sample import contexts, fill

EDGE = "\t"


def vocabulary(out, seed, size):
    lines = []
    for _, context, qas, slots, _, _ in contexts(random.Random(seed), 2, 6000, EDGE):
        lines.append(context)
        lines += [fill(w, slots, EDGE) for _, wordings, _, _ in qas for w in wordings[:1]]
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, vocab_size=size, model_type="unigram", character_coverage=1.0,
        pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]", user_defined_symbols=["[MASK]"],
        pretokenization_delimiter=EDGE, normalization_rule_name="nmt_nfkc", split_digits=False, num_threads=1, minloglevel=2)
    (out / "spm.model").write_bytes(model.getvalue())
    tok = DebertaV2TokenizerFast(vocab_file=str(out / "spm.model"), do_lower_case=False, split_by_punct=False, model_max_length=512)
    tok.save_pretrained(out)
    return tok


def rows(tok, seed, count):
    """(ids, maskable positions, positions that are always masked)"""
    r = random.Random(seed); out = []
    for _, context, qas, slots, _, _ in contexts(r, 2, count):
        for slot, wordings, start, value in r.sample(qas, min(3, len(qas))):
            question = fill(r.choice(wordings), slots)
            cloze = r.random() < 0.6
            first = tok(question + ("" if not cloze else value), add_special_tokens=False, return_offsets_mapping=True)
            second = tok(context, add_special_tokens=False)["input_ids"]
            ids = [1] + first["input_ids"] + [2] + second + [2]
            always = [i + 1 for i, (s, _) in enumerate(first["offset_mapping"]) if s >= len(question)] if cloze else []
            out.append((ids, always))
    return out


def batches(data, r, size):
    order = sorted(range(len(data)), key=lambda i: len(data[i][0]) + r.random() * 8)
    groups = [order[i:i + size] for i in range(0, len(order), size)]; r.shuffle(groups)
    for g in groups:
        n = max(len(data[i][0]) for i in g)
        ids = torch.zeros(len(g), n, dtype=torch.long); labels = torch.full((len(g), n), -100)
        for k, i in enumerate(g):
            row, always = data[i]
            ids[k, :len(row)] = torch.tensor(row)
            rate = 0.04 if always else 0.15
            chosen = set(always) | {p for p in range(1, len(row) - 1) if row[p] != 2 and r.random() < rate}
            for p in chosen:
                labels[k, p] = row[p]
                x = r.random()
                ids[k, p] = 4 if p in always or x < 0.8 else (r.randrange(5, 1500) if x < 0.9 else row[p])
        yield ids, (ids != 0).long(), labels


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("out", type=pathlib.Path); ap.add_argument("--minutes", type=float, default=20); ap.add_argument("--threads", type=int, default=2); ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args(); a.out.mkdir(parents=True, exist_ok=True); torch.manual_seed(a.seed); torch.set_num_threads(a.threads)
    tok = vocabulary(a.out, a.seed, 1600)
    cfg = DebertaV2Config(vocab_size=len(tok), hidden_size=96, num_hidden_layers=4, num_attention_heads=4, intermediate_size=384, max_position_embeddings=512, relative_attention=True, position_buckets=32,
        max_relative_positions=-1, share_att_key=True, pos_att_type=["p2c", "c2p"], norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0, layer_norm_eps=1e-7,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=0)
    model = DebertaV2ForMaskedLM(cfg); opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    print(len(tok), "tokens,", sum(p.numel() for p in model.parameters()), "parameters", flush=True)
    r = random.Random(a.seed); begin = time.time(); step, epoch, total = 0, 0, 0.0
    while (gone := (time.time() - begin) / (60 * a.minutes)) < 1:
        for ids, mask, labels in batches(rows(tok, a.seed + 1000 + epoch, 4000), r, 48):
            gone = (time.time() - begin) / (60 * a.minutes)
            if gone >= 1: break
            for g in opt.param_groups: g["lr"] = 2e-3 * min(1, step / 200) * max(0.02, 0.5 * (1 + math.cos(math.pi * gone)))
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss; opt.zero_grad(); loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step(); step += 1; total += loss.item()
            if step % 50 == 0: print(step, round(total / 50, 3), f"{gone:.0%}", flush=True); total = 0.0
        epoch += 1
    model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = 0.1
    model.save_pretrained(a.out)
