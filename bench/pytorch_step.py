"""A training step of transformers' DebertaV2ForQuestionAnswering, float32, eager: the peer of the bench.

python pytorch_step.py CONFIG_JSON BATCH TOKENS STEPS -> one line of JSON.
"""

import json
import sys
import time

import torch
from transformers import DebertaV2Config, DebertaV2ForQuestionAnswering


def main() -> None:
    config, batch, tokens, steps = json.loads(sys.argv[1]), *map(int, sys.argv[2:5])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # TF32 would not be float32.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(0)
    model = DebertaV2ForQuestionAnswering(DebertaV2Config(**config)).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, weight_decay=0.01)
    ids = torch.randint(5, config["vocab_size"], (batch, tokens), device=device)
    mask = torch.ones_like(ids)
    starts, ends = torch.randint(0, tokens, (2, batch), device=device)

    def step() -> float:
        loss = model(
            input_ids=ids, attention_mask=mask, start_positions=starts, end_positions=ends
        ).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach()

    for _ in range(2):
        step().item()
    begun = time.perf_counter()
    for _ in range(steps):
        loss = step()
    loss.item()
    if device == "cuda":
        torch.cuda.synchronize()
    step_ms = 1000 * (time.perf_counter() - begun) / steps
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else None
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "device": name,
                "step_ms": step_ms,
                "examples_per_s": 1000 * batch / step_ms,
                "peak_bytes": peak,
            }
        )
    )


main()
