"""Makes the parts of src/parity/fixtures that depend on the built-in model and sample, or on nothing: tokenization and metrics.

    python tools/parity_fixtures.py MAKE_DIR src/parity/fixtures

Needs transformers 4.57. MAKE_DIR holds the scripts that record such folders (../shared/golden/make). All text
is public/sample and what is written below. The tokenizer `small`, the model `qa-trained` and the pipeline's answers were made from the sample
that the page shipped first (see this file's history); they hold their own text and are kept.
"""
import argparse, gzip, json, pathlib, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "public"
VALID = ROOT / "sample" / "valid.json"
CASES = [["東京", ["東京"]], ["東京。", ["東京"]], ["。東京", ["東京"]], ["大阪府", ["大阪", "大阪市"]], ["", ["京都"]], ["京都", [""]], ["", [""]],
         ["1880年", ["1,880年", "1880年 "]], ["The Red Book", ["red  book!"]], ["a b c", ["c b d", "b"]], ["ＡＢＣ", ["ABC"]], ["山田\u3000太郎", ["山田 太郎"]]]


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("make", type=pathlib.Path); ap.add_argument("out", type=pathlib.Path); a = ap.parse_args()
    sys.path.insert(0, str(a.make.resolve())); import metrics
    run = lambda script, *args: subprocess.run([sys.executable, str(a.make / script), *map(str, args)], check=True)
    fixed, strings = a.out / "fixed.json", a.out / "strings.json"; fixed.write_text("[]")
    run("strings.py", fixed, strings, "--seed", 11, "--count", 200)
    for name, folder in (("small", a.out / "tokenizers" / "small"), ("model", ROOT / "model")):
        run("tokenization.py", folder, VALID, strings, a.out / "tokenization" / name)
    # The converter leaves the bytes of a spm.model out, which tokenizer.json has: strings that need them are the same in one of both forms only.
    rows = a.out / "tokenization" / "model" / "strings.jsonl.gz"
    with gzip.open(rows, "rt") as f: kept = [line for line in f if not any(5 <= i < 261 for i in json.loads(line)["ids"])]
    with gzip.GzipFile(rows, "wb", mtime=0) as f: f.write("".join(kept).encode())
    fixed.unlink(); strings.unlink()
    (a.out / "metrics.json").write_text(json.dumps([metrics.scores(p, golds) for p, golds in CASES], ensure_ascii=True, indent=0) + "\n")
