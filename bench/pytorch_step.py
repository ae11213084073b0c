"""Training steps of transformers' DebertaV2ForQuestionAnswering, float32, eager: the peer of the bench.

python pytorch_step.py CONFIG_JSON BATCH TOKENS DEVICE THREADS

DEVICE is `cpu`, or `auto` for CUDA where there is one; THREADS 0 leaves PyTorch's own number. Prints a line of JSON about
itself, then answers every line `step K` (a training step, dropout on) or `forward K` (evaluation) with a line of JSON: the
milliseconds of one of K, back to back.
"""

import json
import sys
import time

import torch
from transformers import DebertaV2Config, DebertaV2ForQuestionAnswering


def main() -> None:
    config, batch, tokens = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    threads = int(sys.argv[5])
    if threads > 0:
        torch.set_num_threads(threads)
    device = "cuda" if sys.argv[4] == "auto" and torch.cuda.is_available() else "cpu"
    # TF32 would not be float32.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(0)
    model = DebertaV2ForQuestionAnswering(DebertaV2Config(**config)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, weight_decay=0.01)
    ids = torch.randint(5, config["vocab_size"], (batch, tokens), device=device)
    mask = torch.ones_like(ids)
    starts, ends = torch.randint(0, tokens, (2, batch), device=device)

    def step() -> None:
        loss = model(
            input_ids=ids, attention_mask=mask, start_positions=starts, end_positions=ends
        ).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    def forward() -> None:
        with torch.no_grad():
            model(input_ids=ids, attention_mask=mask)

    def answer(values: dict) -> None:
        print(json.dumps(values), flush=True)

    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    answer({"torch": torch.__version__, "device": name})
    for line in sys.stdin:
        work, count = line.split()
        model.train(work == "step")
        run = step if work == "step" else forward
        begun = time.perf_counter()
        for _ in range(int(count)):
            run()
        if device == "cuda":
            torch.cuda.synchronize()
        ms = 1000 * (time.perf_counter() - begun) / int(count)
        peak = torch.cuda.max_memory_allocated() if device == "cuda" else None
        answer({"ms": ms, "peak_bytes": peak})


main()
