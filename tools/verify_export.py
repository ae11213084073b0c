"""Checks what this project writes with the real libraries (torch, transformers, accelerate, safetensors, onnx, onnxruntime).

    python verify_export.py model FOLDER LOGITS.json
    python verify_export.py checkpoint FOLDER LOSSES.json [--steps 10]
    python verify_export.py onnx FOLDER MODEL_FOLDER
    python verify_export.py tokenizer FOLDER MODEL_FOLDER [--texts FILE]
    python verify_export.py speed FOLDER MODEL_FOLDER

`model`: FOLDER is a model folder; LOGITS.json holds {"input_ids": [[...]], "attention_mask": [[...]], "token_type_ids":
[[...]] (optional), "start_logits": [[...]], "end_logits": [[...]]} of this project's engine. The largest difference of a
logit at a real token must be at most 1e-5.

`checkpoint`: FOLDER is an unpacked checkpoint zip (continue_training.py, features.safetensors, checkpoint-N);
LOSSES.json holds [{"step": N + 1, "loss": ...}, ...] as the project went on from the same checkpoint, without
dropout. The script's own Trainer takes the next steps; the largest difference of a loss must be at most 1e-4.

`onnx`: FOLDER is what `npm run export` made of MODEL_FOLDER. Every file in FOLDER/onnx passes onnx.checker with full_check and is compared
with transformers' model of MODEL_FOLDER at lengths from 8 to 512, batches from 1 to 8, padded: float32 within 1e-4, fp16 within 1 % of
the largest logit; of int8 the figure is printed.

`tokenizer`: the exported tokenizer.json gives the ids and offsets of AutoTokenizer for MODEL_FOLDER (which converts spm.model where there
is no tokenizer.json), for texts of every piece of the vocabulary, of odd characters, and the lines of FILE.

`speed`: FOLDER/onnx/model.onnx beside torch.onnx.export's own of the same model in onnxruntime: it has no more nodes (constants, which
torch writes as nodes, are not counted) and its fastest run takes at most 1.1 times as long.

Prints the figures; exits 1 when a bound is exceeded.
"""
import argparse
import importlib.util
import json
import pathlib
import random
import sys
import tempfile
import time

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, TrainerCallback

LOGITS_BOUND = 1e-5
LOGITS_BOUND_ONNX = 1e-4
SPEED_BOUND = 1.1
LOSS_BOUND = 1e-4


def check_model(folder, golden):
    model, info = AutoModelForQuestionAnswering.from_pretrained(folder, output_loading_info=True)
    model.eval()
    problems = {k: v for k, v in info.items() if v}
    inputs = {k: torch.tensor(golden[k]) for k in ("input_ids", "attention_mask", "token_type_ids") if k in golden}
    with torch.no_grad():
        output = model(**inputs)
    real = inputs["attention_mask"].bool()
    worst = max(
        float((getattr(output, name) - torch.tensor(golden[name])).abs()[real].max())
        for name in ("start_logits", "end_logits")
    )
    print(f"{type(model).__name__} from {folder}: missing, unexpected or mismatched: {problems or 'none'}")
    print(f"logits at {int(real.sum())} tokens: largest difference {worst:.2e} (bound {LOGITS_BOUND:.0e})")
    return not problems and worst <= LOGITS_BOUND


class Stop(TrainerCallback):
    """Ends the run after `steps` more steps, and tells the trainer which step a loss belongs to."""

    def __init__(self, steps):
        self.steps, self.last = steps, None

    def on_train_begin(self, args, state, control, **kwargs):
        self.last = state.global_step + self.steps

    def on_step_end(self, args, state, control, **kwargs):
        control.should_training_stop = state.global_step >= self.last


def check_checkpoint(folder, golden, steps):
    spec = importlib.util.spec_from_file_location("continue_training", folder / "continue_training.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with tempfile.TemporaryDirectory() as out:
        trainer = script.make_trainer(output_dir=out, save_strategy="no", eval_strategy="no", disable_tqdm=True)
        trainer.add_callback(Stop(steps))
        losses = {}
        training_step = trainer.training_step

        def recorded(*args, **kwargs):
            # The log rounds to four digits; this is the loss itself, summed over the micro-batches of a step.
            loss = training_step(*args, **kwargs)
            step = trainer.state.global_step + 1
            losses[step] = losses.get(step, 0.0) + float(loss)
            return loss

        trainer.training_step = recorded
        trainer.train(resume_from_checkpoint=str(script.CHECKPOINT))
    wanted = {row["step"]: row["loss"] for row in golden}
    common = sorted(losses.keys() & wanted.keys())
    for step in common:
        print(f"step {step}: Trainer {losses[step]:.7f}, ours {wanted[step]:.7f}")
    worst = max((abs(losses[step] - wanted[step]) for step in common), default=float("inf"))
    print(f"losses of {len(common)} steps after {script.CHECKPOINT.name}: largest difference {worst:.2e} (bound {LOSS_BOUND:.0e})")
    return len(common) == len(losses) and worst <= LOSS_BOUND


def batches(vocab_size, pad, type_vocab_size):
    draw = np.random.default_rng(0)
    for n in (8, 9, 33, 64, 127, 200, 384, 512):
        for b in (1, 2, 5, 8):
            ids = draw.integers(0, vocab_size, (b, n))
            mask = np.ones((b, n), np.int64)
            for row in range(1, b):
                mask[row, draw.integers(n // 2, n):] = 0
            ids[mask == 0] = pad
            yield dict(input_ids=ids, attention_mask=mask, token_type_ids=draw.integers(0, max(1, type_vocab_size), (b, n)))


def check_onnx(folder, source):
    import onnx
    import onnxruntime

    model = AutoModelForQuestionAnswering.from_pretrained(source).eval()
    c = model.config
    passed = True
    for path in sorted((folder / "onnx").glob("*.onnx")):
        onnx.checker.check_model(str(path), full_check=True)
        proto = onnx.load(str(path), load_external_data=False)
        domains = {node.domain for node in proto.graph.node}
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        worst = largest = 0.0
        count = agree = 0
        for feed in batches(c.vocab_size, c.pad_token_id or 0, c.type_vocab_size):
            with torch.no_grad():
                wanted = model(**{k: torch.tensor(v) for k, v in feed.items()})
            found = session.run(["start_logits", "end_logits"], {i.name: feed[i.name] for i in session.get_inputs()})
            for name, logits in zip(("start_logits", "end_logits"), found):
                reference = getattr(wanted, name).numpy()
                worst = max(worst, float(np.abs(logits - reference).max()))
                largest = max(largest, float(np.abs(reference).max()))
                agree += int((logits.argmax(-1) == reference.argmax(-1)).sum())
                count += len(logits)
        bound = {"model.onnx": LOGITS_BOUND_ONNX, "model_fp16.onnx": 0.01 * largest}.get(path.name, float("inf"))
        print(
            f"{path.name}: {path.stat().st_size} bytes, {len(proto.graph.node)} nodes, opset {proto.opset_import[0].version}, "
            f"domains {sorted(domains)}; logits up to {largest:.2f}, largest difference {worst:.2e} (bound {bound:.1e}), same best token {agree} of {count}"
        )
        passed &= worst <= bound and domains == {""}
    return passed


ODD = ["", " ", "  a  b ", "\u3000全角　空白", "ｶﾞｷﾞｸﾞ", "①②㍻㌔", "a\u0301e\u0301", "\x01あ\x85い\ufeff", "[SEP] [CLS]x[MASK]", "［ＳＥＰ］", "𠮷野家😀👨‍👩‍👧", "ＡＢＣ１２３", "…!?。、", "e\u200bf", "ﷺ", "A\nB\tC"]


def check_tokenizer(folder, source, texts):
    ours = Tokenizer.from_file(str(folder / "tokenizer.json"))
    theirs = AutoTokenizer.from_pretrained(source).backend_tokenizer
    pieces = [p for p in theirs.get_vocab() if p]
    draw = random.Random(0)
    strings = ODD + texts + ["".join(draw.choices(pieces + ODD, k=draw.randint(1, 12))).replace("▁", draw.choice(["▁", " "])) for _ in range(5000)]
    wrong = []
    for text in strings:
        for pair in ((text,), (draw.choice(strings), text)):
            a, b = ours.encode(*pair), theirs.encode(*pair)
            if (a.ids, a.offsets, a.type_ids) != (b.ids, b.offsets, b.type_ids):
                wrong.append(pair)
    print(f"tokenizer.json: {2 * len(strings)} texts and pairs, {len(wrong)} differ{': ' + repr(wrong[0]) if wrong else ''}")
    same = ours.get_vocab() == theirs.get_vocab()
    print(f"vocabulary of {ours.get_vocab_size()}: {'the same' if same else 'ANOTHER'}")
    return not wrong and same


def check_speed(folder, source):
    import onnx
    import onnxruntime

    model = AutoModelForQuestionAnswering.from_pretrained(source).eval()
    names = ["input_ids", "attention_mask"] + ["token_type_ids"] * (model.config.type_vocab_size > 0)
    ours = folder / "onnx" / "model.onnx"
    with tempfile.TemporaryDirectory() as out:
        theirs = pathlib.Path(out) / "torch.onnx"
        axes = {name: {0: "batch", 1: "length"} for name in (*names, "start_logits", "end_logits")}
        example = tuple(torch.ones(2, 64, dtype=torch.long) for _ in names)
        torch.onnx.export(
            model, example, str(theirs), input_names=names, output_names=["start_logits", "end_logits"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )
        nodes = [sum(n.op_type != "Constant" for n in onnx.load(str(p)).graph.node) for p in (ours, theirs)]
        sessions = [onnxruntime.InferenceSession(str(p), providers=["CPUExecutionProvider"]) for p in (ours, theirs)]
        print(f"nodes: ours {nodes[0]}, torch's {nodes[1]}")
        passed = nodes[0] <= nodes[1]
        for b, n in ((1, 64), (1, 384), (4, 128)):
            feed = {name: np.ones((b, n), np.int64) for name in names}
            feed["input_ids"] = np.random.default_rng(n).integers(5, model.config.vocab_size, (b, n))
            best = [float("inf")] * 2
            for _ in range(15):
                # In turns, so that what else the machine does meets both.
                for which, session in enumerate(sessions):
                    begin = time.perf_counter()
                    session.run(None, feed)
                    best[which] = min(best[which], time.perf_counter() - begin)
            ratio = best[0] / best[1]
            print(f"{b} x {n}: ours {1000 * best[0]:.1f} ms, torch's {1000 * best[1]:.1f} ms, ratio {ratio:.2f} (bound {SPEED_BOUND})")
            passed &= ratio <= SPEED_BOUND
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("model", "checkpoint", "onnx", "tokenizer", "speed"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--texts", type=pathlib.Path)
    a = parser.parse_args()
    if a.what == "onnx":
        passed = check_onnx(a.folder, a.golden)
    elif a.what == "speed":
        passed = check_speed(a.folder, a.golden)
    elif a.what == "tokenizer":
        passed = check_tokenizer(a.folder, a.golden, a.texts.read_text().split("\n") if a.texts else [])
    else:
        golden = json.loads(a.golden.read_text())
        passed = check_model(a.folder, golden) if a.what == "model" else check_checkpoint(a.folder, golden, a.steps)
    print("passed" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
