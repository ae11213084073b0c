"""Random files and model folders, read here and by plain Python (json, csv, pyarrow, transformers): both must find the same.

    python fuzz_inputs.py data OUT [--count 2000] [--seed 0]
    python fuzz_inputs.py models OUT [--count 500] [--seed 0]
    python fuzz_inputs.py record OUT.json [--count 50] [--seed 0]    # src/squad/fixtures/read-plainly.json: files and what Python reads

`data`: files of questions in every form, with faults in rows, damaged packing and cut ends. The reader below is Python's own modules and the
rules of src/squad, written a second time. `models`: folders with edited configs, names and types of weights; each is read and saved by
tools/fuzz-read.ts, and both the saved folder and the checkpoint in it are loaded by transformers: no tensor missing or mismatched, every value equal.
Prints the differences and the counts; exits 1 where there is a difference, a crash or an error that is no ManabiError.
"""
import argparse
import base64
import csv
import gzip
import io
import json
import math
import pathlib
import random
import shutil
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TEXT = "山手線の新しい駅は二〇二〇年に開業した。駅の名前は高輪ゲートウェイ😀である。 a\"b,c\t'd\\\n;{}[]é"
WORDS = ["二〇二〇年", "高輪ゲートウェイ", "駅", "😀", "a\"b", "東京", ",c"]


# --- writing -------------------------------------------------------------------------------------------------------------


def random_text(r, longest=60):
    return "".join(r.choice(TEXT) for _ in range(r.randint(1, longest)))


def random_question(r, i):
    """A row, and shapes and faults that files have."""
    context = random_text(r) + r.choice(WORDS) + random_text(r)
    start = r.randrange(len(context))
    text = context[start : start + r.randint(1, 6)]
    place = r.choice([start] * 12 + [start + 1, start + 2, start + 3, start - 1, -1, str(start), f" {start}.0 ", float(start), start + 0.5, None, "x", True, math.nan])
    pairs = [(text, place)] + [(r.choice(WORDS), r.choice([0, 3, None, "7"])) for _ in range(r.choice([0, 0, 0, 1, 2]))]
    if r.random() < 0.1:
        pairs = [(r.choice(["", None]), r.choice([0, -1, None]))] + pairs[1:]
    row = {
        "id": r.choice([f"q{i}"] * 8 + [i, f"q{max(0, i - 1)}", None, "", 12345678901234567890 + i, True, math.nan, [1]]),
        "question": r.choice([random_text(r, 12)] * 12 + ["", "  ", None, 5]),
        "context": r.choice([context] * 14 + ["", None, 7]),
        "answers": answers_of(r, pairs),
    }
    if r.random() < 0.2:
        row["is_impossible"] = r.choice([True, False, "true", 0, 1, None])
    for key in ("id", "answers", "question", "context"):
        if r.random() < 0.02:
            del row[key]
    return row


def answers_of(r, pairs):
    shape = r.randrange(9)
    if shape <= 3:
        return [{"text": t, "answer_start": s} for t, s in pairs]
    if shape == 4:
        return {"text": [t for t, _ in pairs], "answer_start": [s for _, s in pairs]}
    if shape == 5:
        return {"text": pairs[0][0], "answer_start": pairs[0][1]}
    if shape == 6:
        return [t for t, _ in pairs]
    if shape == 7:
        return r.choice([None, [], {}, math.nan])
    return r.choice([7, {"x": 1}, [[1]], [3], pairs[0][0]])


def nested(r, rows):
    articles = []
    while rows:
        paragraphs = []
        for _ in range(r.randint(1, 3)):
            taken, rows = rows[: r.randint(1, 3)], rows[r.randint(1, 3) :]
            context = r.choice([row.get("context") for row in taken] or [None])
            qas = [{k: v for k, v in row.items() if k != "context" or r.random() < 0.3} for row in taken]
            paragraphs.append({"context": context, "qas": r.choice([qas] * 20 + [None, 3])})
        articles.append(r.choice([{"title": "t", "paragraphs": paragraphs}] * 20 + [None, 4, {"title": "x"}, {"paragraphs": {}}]))
    return {"version": "1.1", "data": articles}


def table_rows(r, rows):
    out = []
    for row in rows:
        answers = row.get("answers")
        first = answers[0] if isinstance(answers, list) and answers and isinstance(answers[0], dict) else {}
        text, start = first.get("text"), first.get("answer_start")
        if r.random() < 0.2:
            text, start = str([text]), json.dumps([start])
        out.append([row.get("id"), row.get("context"), row.get("question"), text, start])
    return out


def as_table(r, rows, delimiter):
    names = r.choice(
        [
            ["id", "context", "question", "answer_text", "answer_start"],
            ["ID", "Passage", "Question", "Answer", "Start"],
            ["番号", "文章", "質問", "答え", "開始位置"],
            ["qid", "context", "question", "answers", "answer_start"],
            ["id", "context", "question", "text", "note"],
        ]
    )
    out = io.StringIO()
    quoting = r.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=r.choice(["\n", "\r\n"]))
    writer.writerow(names)
    writer.writerows([["" if c is None else c for c in cells] for cells in table_rows(r, rows)])
    return out.getvalue()


def as_parquet(r, rows):
    import pyarrow as pa
    import pyarrow.parquet as pq

    clean = []
    for i, row in enumerate(rows):
        answers = row.get("answers")
        pairs = [(a.get("text"), a.get("answer_start")) for a in answers if isinstance(a, dict)] if isinstance(answers, list) else []
        pairs = [(t, s) for t, s in pairs if isinstance(t, str) and isinstance(s, int) and not isinstance(s, bool)]
        clean.append(
            {
                "id": f"p{i}",
                "context": row.get("context") if isinstance(row.get("context"), str) else None,
                "question": row.get("question") if isinstance(row.get("question"), str) else None,
                "answers": {"text": [t for t, _ in pairs], "answer_start": [s for _, s in pairs]},
            }
        )
    answers = pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(r.choice([pa.int32(), pa.int64()])))])
    schema = pa.schema([("id", pa.string()), ("context", pa.string()), ("question", pa.string()), ("answers", answers)])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(clean, schema=schema), sink, compression=r.choice(["snappy", "gzip", "zstd", "none", "brotli"]), row_group_size=r.choice([2, 100]))
    return sink.getvalue()


def random_file(r, folder, i):
    rows = [random_question(r, n) for n in range(r.randint(1, 12))]
    form = r.choice(["squad", "squad", "rows", "data", "jsonl", "csv", "tsv", "parquet"])
    name = f"{i:05d}"
    if form == "parquet":
        data, name = as_parquet(r, rows), f"{name}.parquet"
    else:
        if form in ("csv", "tsv"):
            text, name = as_table(r, rows, "\t" if form == "tsv" else r.choice(",;")), f"{name}.{form}"
        elif form == "jsonl":
            lines = [json.dumps(row, ensure_ascii=r.random() < 0.5) for row in rows]
            if r.random() < 0.2:
                lines.insert(r.randint(1, len(lines)), r.choice(["", "{", "not json", "3", "null"]))
            text, name = "\n".join(lines) + r.choice(["", "\n"]), f"{name}.jsonl"
        else:
            value = nested(r, rows) if form == "squad" else rows if form == "rows" else {"data": rows}
            text, name = json.dumps(value, ensure_ascii=r.random() < 0.5, indent=r.choice([None, 1])), f"{name}.json"
        if r.random() < 0.04:
            text = text[: r.randrange(len(text))]
        encoding = r.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16"])
        data = text.encode(encoding)
    packing = r.choice([None] * 6 + ["gz", "zip", "gz.damaged"])
    if packing == "gz":
        data, name = gzip.compress(data), name + ".gz"
    elif packing == "gz.damaged":
        data, name = bytearray(gzip.compress(data)), name + ".gz"
        data[r.randrange(10, len(data))] ^= 1 << r.randrange(8)
        data = bytes(data)
    elif packing == "zip":
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", r.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as z:
            z.writestr("folder/" + name, data)
            if r.random() < 0.2:
                z.writestr("__MACOSX/._" + name, b"x")
        data, name = sink.getvalue(), name + ".zip"
    (folder / name).write_bytes(data)


# --- reading by the same rules ---------------------------------------------------------------------------------------------


class Refused(Exception):
    pass


WHITE = " \t\n\r\v\f\u00a0\ufeff\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
COLUMNS = {
    "id": ["id", "qid", "番号"],
    "context": ["context", "passage", "文章"],
    "question": ["question", "質問"],
    "answers": ["answers", "answer", "答え"],
    "answer_text": ["answertext"],
    "answer_start": ["answerstart", "start", "開始位置"],
    "is_impossible": ["isimpossible"],
}


def columns_of(names):
    plain = {}
    for name in names:
        plain.setdefault(name.lower().replace("_", ""), name)
    found = {field: next((plain[n] for n in known if n in plain), None) for field, known in COLUMNS.items()}
    if "text" in plain:
        if found["context"] is None:
            found["context"] = plain["text"]
        elif found["answer_text"] is None:
            found["answer_text"] = plain["text"]
    return found


def missing(v):
    return v is None or (isinstance(v, float) and math.isnan(v))


def list_answers(v):
    if missing(v) or v == "":
        return []
    if isinstance(v, str):
        inner = in_text(v)
        return [(v, None)] if isinstance(inner, str) else list_answers(inner)
    if isinstance(v, list):
        out = []
        for item in v:
            part = None if isinstance(item, list) else list_answers(item)
            if part is None:
                return None
            out += part
        return out
    if not isinstance(v, dict):
        return None
    if not v:
        return []
    key = next((k for k in ("text", "answer_text", "answer") if k in v), None)
    if key is None:
        return None
    start = next((v[k] for k in ("answer_start", "start", "answer_begin", "begin") if k in v), None)
    return pair_answers(v[key], start)


def in_text(v):
    if isinstance(v, str) and v.lstrip(WHITE)[:1] in ("[", "{"):
        for parse in (json.loads, literal):
            try:
                return parse(v)
            except (ValueError, SyntaxError):
                continue
    return v


def literal(text):
    import ast

    def plain(v):
        if isinstance(v, tuple):
            return [plain(x) for x in v]
        return v

    return plain(ast.literal_eval(text))


def pair_answers(texts, starts):
    starts = starts if isinstance(starts, list) else [starts]
    out = []
    for i, text in enumerate(texts if isinstance(texts, list) else [texts]):
        if missing(text) or text == "":
            continue
        if not isinstance(text, str):
            return None
        out.append((text, starts[i] if i < len(starts) else None))
    return out


def start_of(v):
    import re

    if isinstance(v, bool):
        return None
    if isinstance(v, str):
        return int(float(v)) if re.fullmatch(r"\s*\+?[0-9]+(\.0*)?\s*", v) else None
    if isinstance(v, int) or (isinstance(v, float) and v.is_integer()):
        return int(v) if v >= 0 else None
    return None


def place_first(text, start, context):
    first = context.find(text)
    if missing(start) or start == "":
        if first < 0:
            return "answer-not-in-context"
        return first if context.find(text, first + 1) < 0 else "answer-ambiguous"
    at = start_of(start)
    if at is None:
        return "answer-start"
    for back in (0, 1, 2):
        if at - back >= 0 and context[at - back : at - back + len(text)] == text:
            return at - back
    return "answer-not-at-start"


class Rows:
    def __init__(self):
        self.examples, self.excluded, self.seen = [], [], set()

    def out(self, place, reason):
        self.excluded.append([place, reason])

    def read(self, v, place, context=None):
        if not isinstance(v, dict):
            return self.out(place, "not-a-question")
        if "paragraphs" in v:
            return self.read_all(v["paragraphs"], place + ".paragraphs", context)
        if "qas" in v:
            own = v.get("context")
            return self.read_all(v["qas"], place + ".qas", context if own is None else own)
        c = columns_of(v.keys())
        get = lambda field: v.get(c[field]) if c[field] is not None else None
        question = get("question")
        own = get("context")
        context = context if own is None else own
        if c["question"] is None and context is None:
            return self.out(place, "not-a-question")
        key = get("id")
        if missing(key) or key == "" or isinstance(key, (list, dict)):
            key = place
        key = {True: "true", False: "false"}[key] if isinstance(key, bool) else str(key)
        if key in self.seen:
            return self.out(place, "duplicate-id")
        self.seen.add(key)
        for value, reason in ((context, "empty-context"), (question, "empty-question")):
            if missing(value) or (isinstance(value, str) and not value.strip(WHITE)):
                return self.out(place, reason)
        if not isinstance(context, str) or not isinstance(question, str):
            return self.out(place, "not-a-question")
        impossible = get("is_impossible")
        impossible = impossible.strip().lower() in ("true", "yes", "1") if isinstance(impossible, str) else impossible is True or impossible == 1
        given, start = list_answers(get("answers")), in_text(get("answer_start"))
        if c["answer_text"] is not None and not given:
            given = pair_answers(in_text(get("answer_text")), start)
        elif given is not None and len(given) == 1 and given[0][1] is None:
            given = pair_answers(given[0][0], start)
        if given is None:
            return self.out(place, "answer-shape")
        if impossible or not given:
            return self.examples.append([key, question, context, [], None])
        at = place_first(*given[0], context)
        if isinstance(at, str):
            return self.out(place, at)
        self.examples.append([key, question, context, [t for t, _ in given], at])

    def read_all(self, values, place, context=None):
        if not isinstance(values, list):
            return self.out(place, "not-a-question")
        for i, v in enumerate(values):
            self.read(v, f"{place}[{i}]", context)


def unpack(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            names = [n for n in z.namelist() if not n.startswith("__MACOSX/")]
            return z.read(names[0])
    return data


def read_plainly(path):
    try:
        data = unpack(path.read_bytes())
    except Exception as error:
        raise Refused(str(error))
    rows = Rows()
    if data[:4] == b"PAR1":
        import pyarrow.parquet as pq

        for i, row in enumerate(pq.read_table(io.BytesIO(data)).to_pylist()):
            rows.read(row, f"row {i + 1}")
    else:
        try:
            text = data.decode("utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(str(error))
        read_text(path.name, text, rows)
    if not rows.examples and all(reason == "not-a-question" for _, reason in rows.excluded):
        raise Refused("shape")
    return {"examples": rows.examples, "excluded": rows.excluded}


def table_of(text, delimiter):
    """Rows that are not empty; None for one with a quote that nothing closes: the next row begins after the line of that quote."""
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    table = []
    while True:
        done = reader.line_num
        try:
            table.append(next(reader))
        except StopIteration:
            return [cells for cells in table if cells not in ([], [""])]
        except csv.Error as error:
            if "unexpected end" not in str(error):  # quotes inside a cell: another delimiter than that of the file
                return [cells for cells in csv.reader(lines, delimiter=delimiter) if cells not in ([], [""])]
            break
    begin = sum(len(line) for line in lines[:done])
    end = text.find("\n", open_quote(text, begin, delimiter))
    rest = csv.reader(io.StringIO(text[end + 1 :], newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE) if end >= 0 else []
    return [*(cells for cells in table if cells not in ([], [""])), None, *(cells for cells in rest if cells not in ([], [""]))]


def open_quote(text, at, delimiter):
    """Where the quote stands that nothing closes, in the row that begins at `at`."""
    while True:
        if text[at] == '"':
            begin = at
            while True:
                at = text.find('"', at + 1)
                if at < 0:
                    return begin
                if text[at + 1 : at + 2] != '"':
                    break
                at += 1
        at = text.index(delimiter, at) + 1


def read_text(name, text, rows):
    if not text.strip(WHITE):
        raise Refused("empty")
    if ".csv" in name or ".tsv" in name:
        for delimiter in ",\t;":
            table = table_of(text, delimiter)
            c = columns_of(table[0] or ())
            if c["context"] is not None and c["question"] is not None and (c["answers"] is not None or c["answer_text"] is not None):
                break
        else:
            raise Refused("columns")
        for i, cells in enumerate(table[1:]):
            if cells is None:
                rows.out(f"row {i + 2}", "quote-not-closed")
                continue
            rows.read({n: cells[at] if at < len(cells) else "" for at, n in enumerate(table[0])}, f"row {i + 2}")
        return
    try:
        root = json.loads(text)
    except ValueError as error:
        if ".jsonl" not in name:
            raise Refused(str(error))
        for i, line in enumerate(text.split("\n")):
            if not line.strip(WHITE):
                continue
            try:
                value = json.loads(line)
            except ValueError:
                rows.out(f"line {i + 1}", "line-not-json")
                continue
            rows.read(value, f"line {i + 1}")
        return
    if isinstance(root, list):
        rows.read_all(root, "")
    elif isinstance(root, dict) and "data" in root:
        rows.read_all(root["data"], "data")
    else:
        rows.read(root, "")


# --- models ------------------------------------------------------------------------------------------------------------------


def base_model():
    import torch
    from transformers import DebertaV2Config, DebertaV2ForQuestionAnswering

    torch.manual_seed(0)
    config = DebertaV2Config(
        vocab_size=3000, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64,
        relative_attention=True, position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"],
        position_biased_input=False, type_vocab_size=0,
    )
    return DebertaV2ForQuestionAnswering(config)


def random_model(r, model, folder):
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    for name in ("spm.model", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(HERE.parent / "src/parity/fixtures/tokenizers/small" / name, folder / name)
    config = model.config.to_dict()
    edits = {
        "num_labels": r.choice([1, 2, 3, 5]), "id2label": {str(i): f"L{i}" for i in range(r.choice([1, 3, 5]))},
        "label2id": {"a": 0, "b": 1, "c": 2}, "problem_type": "regression", "torch_dtype": r.choice(["float16", "bfloat16", None]),
        "dtype": r.choice(["float16", "float32", None]), "architectures": r.choice([None, [], ["DebertaV2ForMaskedLM"], ["DebertaV2ForSequenceClassification"]]),
        "tie_word_embeddings": r.choice([True, False]), "is_decoder": False, "pruned_heads": {}, "unused": r.choice([math.inf, -math.inf, math.nan, None, "x", [1]]),
        "output_attentions": False, "hidden_act": r.choice(["gelu", "gelu_python"]), "pos_att_type": r.choice([["p2c", "c2p"], "p2c|c2p", " C2P | p2c "]),
        "finetuning_task": "mnli", "auto_map": {"AutoModel": "x.Y"}, "max_position_embeddings": 64, "_name_or_path": "/nowhere", "return_dict": True,
        "model_type": r.choice(["deberta-v2"] * 6 + ["bert"]), "hidden_size": r.choice([16] * 8 + [24, "16", -1]),
    }
    for key in r.sample(sorted(edits), r.randint(0, 8)):
        config[key] = edits[key]
    text = json.dumps(config)
    (folder / "config.json").write_bytes(text.encode(r.choice(["utf-8", "utf-8", "utf-8-sig"])))

    dtype = r.choice([torch.float32] * 4 + [torch.float16, torch.bfloat16, torch.float64])
    state = {k: v.detach().clone().to(dtype) for k, v in model.state_dict().items()}
    expected = {k: v.to(torch.float32) for k, v in state.items()}
    if r.random() < 0.4:
        state = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in state.items()}
    if r.random() < 0.3:
        state = {k.removeprefix("deberta."): v for k, v in state.items()}
    prefix = r.choice(["", "", "module.", "_orig_mod.", "model.", "module._orig_mod."])
    state = {prefix + k: v for k, v in state.items()}
    odd = [torch.int64, torch.bool, torch.uint8, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64, torch.uint16, torch.int8]
    for i in range(r.randint(0, 3)):
        state[f"other.{i}"] = torch.zeros(r.randint(1, 4), 2).to(r.choice(odd))
    if r.random() < 0.5:
        save_file({k: v.contiguous() for k, v in state.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        for key in r.sample(["model", "state_dict", "model_state_dict"], r.choice([0, 0, 1])):
            state = {key: state, "epoch": 3, "note": "x", "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}}
        torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=r.random() < 0.8)
    good = config["model_type"] == "deberta-v2" and config["hidden_size"] == 16
    return expected if good else None


def check_saved(folder, expected):
    import torch
    from transformers import AutoConfig, AutoModelForQuestionAnswering

    problems = []
    for path in (folder, folder / "checkpoint-1"):
        model, info = AutoModelForQuestionAnswering.from_pretrained(path, output_loading_info=True)
        wrong = {k: v for k, v in info.items() if v}
        if wrong:
            problems.append(f"{path.name}: {wrong}")
        state = model.state_dict()
        if state.keys() != expected.keys() or any(not torch.equal(state[k], expected[k]) for k in expected):
            problems.append(f"{path.name}: other values")
        config = AutoConfig.from_pretrained(path)
        if config.num_labels != 2 or len(config.id2label) != 2 or config.vocab_size != 3000 or config.architectures != ["DebertaV2ForQuestionAnswering"]:
            problems.append(f"{path.name}: config {config.num_labels} {config.architectures}")
    from transformers import TrainerState

    TrainerState.load_from_json(folder / "checkpoint-1" / "trainer_state.json")
    return problems


# --- the two runs --------------------------------------------------------------------------------------------------------------


def node(what, out):
    subprocess.run(["npx", "tsx", str(HERE / "fuzz-read.ts"), what, str(out)], check=True, cwd=HERE.parent)
    lines = (out / "read.jsonl").read_text().splitlines()
    return {row.pop("name"): row for row in map(json.loads, lines)}


def fuzz_data(out, count, r):
    files = out / "files"
    files.mkdir(parents=True)
    for i in range(count):
        random_file(r, files, i)
    found, differences, refused, rows = node("data", out), [], 0, 0
    for path in sorted(files.iterdir()):
        got = found[path.name]
        try:
            wanted = read_plainly(path)
        except Refused as why:
            refused += 1
            if "error" not in got:
                differences.append((path.name, f"refused here ({why})", got))
            continue
        rows += len(wanted["examples"])
        if got != wanted:
            differences.append((path.name, wanted, got))
    return differences, found, f"{count} files, {refused} of them to be refused, {rows} questions read"


def fuzz_models(out, count, r):
    model, expected = base_model(), {}
    for i in range(count):
        name = f"{i:05d}"
        expected[name] = random_model(r, model, out / "models" / name)
    found, differences, refused = node("models", out), [], 0
    for name, values in expected.items():
        got = found[name]
        if values is None:
            refused += 1
            if "error" not in got:
                differences.append((name, "to be refused", got))
        elif "error" in got or "crash" in got or got["missing"]:
            differences.append((name, "to be read", got))
        else:
            differences += [(name, "loads", problem) for problem in check_saved(out / "saved" / name, values)]
    return differences, found, f"{count} model folders, {refused} of them to be refused"


def record(out, count, r):
    folder = out.with_suffix("")
    folder.mkdir(parents=True)
    rows = []
    for i in range(count):
        random_file(r, folder, i)
    for path in sorted(folder.iterdir()):
        try:
            wanted = read_plainly(path)
        except Refused:
            wanted = "refused"
        rows.append({"name": path.name, "base64": base64.b64encode(path.read_bytes()).decode(), "wanted": wanted})
    shutil.rmtree(folder)
    out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("data", "models", "record"))
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    if a.what == "record":
        return record(a.out, a.count or 50, random.Random(a.seed))
    shutil.rmtree(a.out, ignore_errors=True)
    run, count = (fuzz_data, 2000) if a.what == "data" else (fuzz_models, 500)
    differences, found, summary = run(a.out, a.count or count, random.Random(a.seed))
    crashes = [(name, got["crash"]) for name, got in found.items() if "crash" in got]
    for difference in differences[:10]:
        print(*difference, sep="\n  ")
    for crash in crashes[:5]:
        print("crash", *crash)
    print(f"{summary}: {len(differences)} differences, {len(crashes)} crashes")
    return 1 if differences or crashes else 0


if __name__ == "__main__":
    sys.exit(main())
