"""Records what transformers' squad_metrics.py and run_qa.py's utils_qa.py give for random answers, for src/answering/squad-v2.test.ts.

    python squad_v2_fixtures.py src/answering/fixtures/squad-v2.json

`postprocess` is postprocess_qa_predictions of examples/pytorch/question-answering/utils_qa.py (transformers 4.57) with version_2_with_negative and
without its files and logging, which the transformers package does not contain.
"""
import json
import pathlib
import sys
from types import SimpleNamespace

import numpy as np
from transformers.data.metrics.squad_metrics import squad_evaluate

N_BEST_SIZE, MAX_ANSWER_LENGTH = 20, 30


def postprocess(context, features, threshold):
    min_null_prediction, prelim_predictions = None, []
    for start_logits, end_logits, offset_mapping in features:
        feature_null_score = start_logits[0] + end_logits[0]
        if min_null_prediction is None or min_null_prediction["score"] > feature_null_score:
            min_null_prediction = {"offsets": (0, 0), "score": feature_null_score, "start_logit": start_logits[0], "end_logit": end_logits[0]}
        start_indexes = np.argsort(start_logits)[-1 : -N_BEST_SIZE - 1 : -1].tolist()
        end_indexes = np.argsort(end_logits)[-1 : -N_BEST_SIZE - 1 : -1].tolist()
        for start_index in start_indexes:
            for end_index in end_indexes:
                if offset_mapping[start_index] is None or offset_mapping[end_index] is None:
                    continue
                if end_index < start_index or end_index - start_index + 1 > MAX_ANSWER_LENGTH:
                    continue
                prelim_predictions.append(
                    {
                        "offsets": (offset_mapping[start_index][0], offset_mapping[end_index][1]),
                        "score": start_logits[start_index] + end_logits[end_index],
                        "start_logit": start_logits[start_index],
                        "end_logit": end_logits[end_index],
                    }
                )
    prelim_predictions.append(min_null_prediction)
    null_score = min_null_prediction["score"]
    predictions = sorted(prelim_predictions, key=lambda x: x["score"], reverse=True)[:N_BEST_SIZE]
    if not any(p["offsets"] == (0, 0) for p in predictions):
        predictions.append(min_null_prediction)
    for pred in predictions:
        offsets = pred["offsets"]
        pred["text"] = context[offsets[0] : offsets[1]]
    i = 0
    while predictions[i]["text"] == "":
        i += 1
    best_non_null_pred = predictions[i]
    score_diff = null_score - best_non_null_pred["start_logit"] - best_non_null_pred["end_logit"]
    return ("" if score_diff > threshold else best_non_null_pred["text"]), float(score_diff)


def main():
    rng = np.random.default_rng(0)
    sets = []
    for threshold in (0.0, 1.5, -2.0):
        questions, examples, predictions, differences = [], [], {}, {}
        for q in range(12):
            context = "".join(rng.choice(list("東京は日本の首都で😀人口が多いthe an"), 40))
            features, recorded = [], []
            for _ in range(rng.integers(1, 4)):
                before, tokens = int(rng.integers(2, 6)), int(rng.integers(3, 45))
                offsets = [None] * before + [(min(39, i), min(40, i + 1)) for i in range(tokens)] + [None]
                start, end = (rng.normal(size=len(offsets)).astype(np.float32) * 2 for _ in range(2))
                if rng.random() < 0.5:
                    start[0] += 3
                    end[0] += 3
                features.append((start, end, offsets))
                recorded.append({"start": [float(x) for x in start], "end": [float(x) for x in end], "offsets": offsets})
            text, difference = postprocess(context, features, threshold)
            answers = [] if rng.random() < 0.4 else [text or context[3:6], context[1:4]] if rng.random() < 0.6 else [context[5:9]]
            questions.append({"context": context, "windows": recorded, "answers": answers, "text": text, "difference": difference})
            examples.append(SimpleNamespace(qas_id=str(q), answers=[{"text": a} for a in answers]))
            predictions[str(q)], differences[str(q)] = text, difference
        # run_qa.py's figures, whose probabilities of no answer are all 0, and the thresholds over the differences.
        figures = squad_evaluate(examples, predictions)
        best = squad_evaluate(examples, predictions, differences, float("inf"))
        sets.append({"threshold": threshold, "questions": questions, "figures": {**figures, **{k: v for k, v in best.items() if k.startswith("best_")}}})
    pathlib.Path(sys.argv[1]).write_text("[\n" + ",\n".join(json.dumps(s, ensure_ascii=False) for s in sets) + "\n]\n")


if __name__ == "__main__":
    main()
