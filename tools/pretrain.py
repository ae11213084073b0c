"""Pretrains the built-in model: a small DeBERTa-v2, on questions made of the texts of tools/sample and of public-domain prose.

    python tools/pretrain.py OUT_DIR --vocabulary DIR --corpus FILE.txt.xz [--minutes 50] [--threads 1] [--seed 1] [--resume]

DIR is what tools/train_vocabulary.py wrote. Every row is a question and a context; the loss is that of the answer's first and last token, and, in
a third of the rows, of masked tokens. The heads are thrown away: OUT_DIR gets the encoder in float16, and OUT_DIR/state.pt to go on from.
The texts are read again before every pool of rows, so texts that come later take part. Needs torch, transformers 4.57.
"""

import argparse
import math
import pathlib
import random
import shutil
import time

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import DebertaV2Config, DebertaV2Model, DebertaV2TokenizerFast

from question_rows import Questions, read_prose

CLS, SEP, MASK, FIRST = 1, 2, 4, 5


def configuration(size):
    return DebertaV2Config(vocab_size=size, hidden_size=128, num_hidden_layers=4, num_attention_heads=4, intermediate_size=512, max_position_embeddings=512,
        relative_attention=True, position_buckets=32, max_relative_positions=-1, share_att_key=True, pos_att_type=["p2c", "c2p"], norm_rel_ebd="layer_norm",
        position_biased_input=False, type_vocab_size=0, layer_norm_eps=1e-7, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=0)


class Pretrained(nn.Module):
    """The encoder under two heads: one for spans, one for masked tokens, whose output table is the embedding."""

    def __init__(self, config):
        super().__init__()
        self.deberta = DebertaV2Model(config)
        self.qa_outputs = nn.Linear(config.hidden_size, 2)
        self.transform = nn.Sequential(nn.Linear(config.hidden_size, config.hidden_size), nn.GELU(), nn.LayerNorm(config.hidden_size))
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, ids, mask):
        return self.deberta(input_ids=ids, attention_mask=mask).last_hidden_state

    def losses(self, batch):
        ids, mask, context, starts, ends, masked, wanted = batch
        hidden = self(ids, mask)
        start, end = self.qa_outputs(hidden).float().masked_fill(~context[..., None], -1e4).unbind(-1)
        span = (nn.functional.cross_entropy(start, starts) + nn.functional.cross_entropy(end, ends)) / 2
        if not len(wanted):
            return span, torch.zeros(())
        words = self.transform(hidden.flatten(0, 1)[masked]) @ self.deberta.embeddings.word_embeddings.weight.T + self.bias
        return span, nn.functional.cross_entropy(words.float(), wanted)


def encode(tokenizer, rows, longest=160):
    """(ids, first context token, start token, end token), without those whose answer is no run of whole tokens."""
    rows = list(rows)
    questions = tokenizer([r[0] for r in rows], add_special_tokens=False)["input_ids"]
    contexts = tokenizer([r[1] for r in rows], add_special_tokens=False, return_offsets_mapping=True)
    for (_, _, start, end), question, context, offsets in zip(rows, questions, contexts["input_ids"], contexts["offset_mapping"]):
        ids = [CLS, *question, SEP, *context, SEP]
        first = len(question) + 2
        begin = next((i for i, (a, b) in enumerate(offsets) if a == start and b > start), None)
        last = next((i for i, (_, b) in enumerate(offsets) if b == end), None)
        if begin is not None and last is not None and begin <= last and len(ids) <= longest:
            yield ids, first, first + begin, first + last


def batches(rows, rng, tokens, share, size):
    """Rows of like length together, `tokens` of them at most with padding; in `share` of the rows 15 % of the context is masked."""
    rows.sort(key=lambda row: len(row[0]) + rng.random() * 4)
    groups, group = [], []
    for row in rows:
        if group and (len(group) + 1) * len(row[0]) > tokens:
            groups.append(group)
            group = []
        group.append(row)
    rng.shuffle(groups)
    for group in groups:
        n = max(len(row[0]) for row in group)
        ids, context = torch.zeros(len(group), n, dtype=torch.long), torch.zeros(len(group), n, dtype=torch.bool)
        masked, wanted = [], []
        for k, (row, first, start, end) in enumerate(group):
            ids[k, : len(row)] = torch.tensor(row)
            context[k, first : len(row) - 1] = True
            if rng.random() < share:
                for p in range(first, len(row) - 1):
                    if rng.random() < 0.15 and not start <= p <= end:
                        masked.append(k * n + p)
                        wanted.append(row[p])
                        x = rng.random()
                        if x < 0.9:
                            ids[k, p] = MASK if x < 0.8 else rng.randrange(261, size)
        yield (ids, (ids != 0).long(), context, torch.tensor([r[2] for r in group]), torch.tensor([r[3] for r in group]),
            torch.tensor(masked, dtype=torch.long), torch.tensor(wanted, dtype=torch.long))


def save(model, optimizer, done, out, vocabulary):
    """The encoder as shipped, and the state to go on from."""
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "done": done}, out / "state.new")
    (out / "state.new").replace(out / "state.pt")
    tensors = {f"deberta.{name}": t.detach().half().contiguous() for name, t in model.deberta.state_dict().items() if "position_ids" not in name}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    config = model.deberta.config.to_dict()
    shipped = DebertaV2Config(**{**config, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1})
    shipped.architectures, shipped.torch_dtype = ["DebertaV2Model"], "float16"
    shipped.save_pretrained(out)
    for name in ("spm.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(vocabulary / name, out / name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--vocabulary", type=pathlib.Path, required=True)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    for name, kind, value in (("minutes", float, 50), ("threads", int, 1), ("seed", int, 1), ("rate", float, 1e-3), ("tokens", int, 2800), ("written", float, 0.5), ("ours", float, 0.15), ("masked", float, 0.25)):
        parser.add_argument(f"--{name}", type=kind, default=value)
    parser.add_argument("--resume", action="store_true", help="go on from OUT_DIR/state.pt, for --minutes more")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    tokenizer = DebertaV2TokenizerFast.from_pretrained(given.vocabulary)
    model = Pretrained(configuration(len(tokenizer)))
    decay = [p for n, p in model.named_parameters() if p.dim() > 1]
    plain = [p for n, p in model.named_parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.01), dict(params=plain, weight_decay=0.0)], lr=given.rate, betas=(0.9, 0.98), fused=True)
    done = 0
    if given.resume:
        state = torch.load(given.out / "state.pt")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["done"]
    print(len(tokenizer), "pieces,", sum(p.numel() for p in model.deberta.parameters()), "parameters", flush=True)
    rng, prose = random.Random(given.seed + done), read_prose(given.corpus)
    print(len(prose), "passages", flush=True)
    begin, saved, step, total = time.time(), time.time(), 0, [0.0, 0.0, 0]
    gone = 0.0
    while gone < 1:
        rows = list(encode(tokenizer, Questions(prose).rows(rng, 6000, given.written, given.ours)))
        for batch in batches(rows, rng, given.tokens, given.masked, len(tokenizer)):
            gone = (time.time() - begin) / (60 * given.minutes)
            if gone >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = given.rate * min(1, (step + 1) / 200, max(0.02, (1 - gone) / 0.7))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                span, words = model.losses(batch)
            optimizer.zero_grad()
            (span + 0.3 * words).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step, done = step + 1, done + len(batch[0])
            total = [total[0] + span.item(), total[1] + words.item(), total[2] + 1]
            if step % 100 == 0:
                print(step, done, f"span {total[0] / total[2]:.3f} words {total[1] / total[2]:.2f} {gone:.0%} {time.time() - begin:.0f} s", flush=True)
                total = [0.0, 0.0, 0]
            if time.time() - saved > 180:
                save(model, optimizer, done, given.out, given.vocabulary)
                saved = time.time()
    save(model, optimizer, done, given.out, given.vocabulary)
