"""Checks what this project writes with the real libraries (torch, transformers, accelerate, safetensors).

    python verify_export.py model FOLDER LOGITS.json
    python verify_export.py checkpoint FOLDER LOSSES.json [--steps 10]

`model`: FOLDER is a model folder; LOGITS.json holds {"input_ids": [[...]], "attention_mask": [[...]], "token_type_ids":
[[...]] (optional), "start_logits": [[...]], "end_logits": [[...]]} of this project's engine. The largest difference of a
logit at a real token must be at most 1e-5.

`checkpoint`: FOLDER is an unpacked checkpoint zip (continue_training.py, features.safetensors, checkpoint-N);
LOSSES.json holds [{"step": N + 1, "loss": ...}, ...] as the project went on from the same checkpoint, without
dropout. The script's own Trainer takes the next steps; the largest difference of a loss must be at most 1e-4.

Prints the figures; exits 1 when a bound is exceeded.
"""
import argparse
import importlib.util
import json
import pathlib
import sys
import tempfile

import torch
from transformers import AutoModelForQuestionAnswering, TrainerCallback

LOGITS_BOUND = 1e-5
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("model", "checkpoint"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=10)
    a = parser.parse_args()
    golden = json.loads(a.golden.read_text())
    passed = check_model(a.folder, golden) if a.what == "model" else check_checkpoint(a.folder, golden, a.steps)
    print("passed" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
