"""Tokenizers made at random from every part that tokenizer.json may hold, and what transformers makes of random texts and pairs, held to
the project's own tokenizer.

    python tools/fuzz_tokenizers.py --tokenizers 500 --seed 1 [--texts 40] [--pairs 10] [--keep FILE]
    python tools/fuzz_tokenizers.py --tokenizers 400 --seed 9 --texts 6 --pairs 2 --small --keep FILE

Needs transformers 4.57.6 and tokenizers 0.22.2, and node. The second form keeps small ones that together have every part;
gzipped it is src/tokenizer/fixtures/random.jsonl.gz. A tokenizer that the reference
cannot load, or a text on which it fails, has no answer to be held to: then the project may only answer or say a ManabiError.
"""
import argparse, base64, json, os, pathlib, random, subprocess, sys, tempfile, unicodedata
os.environ.update(TOKENIZERS_PARALLELISM="false", RUST_BACKTRACE="0")
from tokenizers import Tokenizer, models, trainers
from transformers import AutoTokenizer
from transformers.utils import logging
logging.set_verbosity_error()
HERE = pathlib.Path(__file__).parent

WORDS = """東京 大阪 日本語 東京都 人工知能 機械学習 図書館 学校 大学 学生 今日 明日 天気 本 犬 猫 水 山 川 の は が を に で と も する した ます です ました ラーメン カタカナ コンピューター ー ひらがな
the quick brown fox don't we'll They've GPU Tokyo New York 1 12 123 2024 3,000 3.14 １２ ① ² ½ ４５ 、 。 ！ ? . , - / | ・ 「 」 ( ) [ ] … _ ' " ⒶⒷ ㍿ ㌔ ﬁ É é e\u0301 ñ ü ß İ ı Σς か\u3099 が ｶﾞ ﾃｽﾄ ヴ
𠮷 𠮷野家 👩\u200d🚀 🇯🇵 👍🏽 한국어 \u1112\u1161\u11ab абв Жук עב ไทย \u0915\u094d Ⅷ ٣ \ufeff \u200b \u00ad \u2581 \u0085 \u2028 \t \r\n \n \u3000 \u00a0 \u0000 \u0001 \u007f \ufffd [CLS] [SEP] [MASK] [UNK] <s> </s> <nl> [E1]
Ġ Ċ Ã ã\u0302 ##ing <0x41> 々 ヶ ヵ ゝ 〆 ㈱ Å Å Ω ｱ ﷺ \u0344 \u0f73 龘 \U0002a6d6 𝐀 \ue000""".split(" ") + [" ", "  ", "   "]
WORDS = [w for line in WORDS for w in ([line] if "\n" not in line or line in ("\n", "\r\n") else [x for x in line.split("\n") if x] + ["\n", "\r\n"])]
PLAIN = [w for w in WORDS if w.strip() and not any(ord(c) < 32 for c in w)]
RANGES = [(0x20, 0x7F), (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x900, 0xE80), (0x1100, 0x1200), (0x2000, 0x2070), (0x2100, 0x2200), (0x2460, 0x2600), (0x3000, 0x30FF), (0x3040, 0x3100), (0x3200, 0x3400),
          (0x4E00, 0x5200), (0xAC00, 0xAC80), (0xF900, 0xFA30), (0xFE00, 0xFE70), (0xFF00, 0xFFF0), (0x1F1E0, 0x1F200), (0x1F300, 0x1F6FF), (0x20000, 0x20100), (0, 0x10FFFF)]
REGEXES = [r"\s+", r"\p{Han}+", r"[ぁ-ん]+", r"\p{N}{1,3}", r"\d", r"[^\r\n\p{L}\p{N}]?\p{L}+", r"\w+|[^\w\s]+", r"\b", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+", r"[、。！？]", r"$", r"^", r"(?<=の)", r"(?=は)", r"\s*", r"a|an|the", r" {2,}", r"[A-Za-z]+",
           r"(?<![0-9])[0-9]{2}", r"\p{Katakana}[\p{Katakana}ー]*", r"[[:punct:]]", r"[^[:alpha:]]", r"\h+", r"\R", r".", r"(?m:.)", r"[\p{L}&&[^a-z]]", r"(?>a+)b?", r"\p{^L}", r"(\p{L})\1", r"\W", r"[\W_]", r"\s+(?!\S)|\s+", r"x*",
           r"(?i:[^\r\n\p{L}\p{N}]?)\p{Lu}?\p{Ll}*", r"\A.", r"\z", r"[\u2010-\u2015\u2212]", r"\p{M}", r"\p{Hiragana}|\p{Han}", r"(?x) a  b ", r"[^ ]", r"\B", r"(?~\s)", r"\p{So}|\p{Sm}",
           r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+", r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?", r"(?i:st|ff|ss)", r"(?i)é|ǆ|ω",
           r"(?<w>\w)\k<w>", r"(?:a|ab)(?:c|bcd)?", r"\p{Alpha}{2,}?", r"[a-c[x-z]]", r"\x{3042}|\u304c", r"(?<!\p{L})\p{L}", r"[\s&&[^\n]]+", r"\D+", r"[[:space:]]", r"(?m).*", r"(?-m:.)+$", r"^.", r"(?<=^|\s)\S", r"\p{Common}+", r"\p{Nd}\p{Nd}", r"\Aa|b\Z"]
STRINGS = [" ", "の", "ー", "a", "ab", ".", "", "\u2581", "が", "##", "\n", "は、", "(", "年", "e\u0301"]


class Maker:
    def __init__(self, seed, small=False): self.r = random.Random(seed); self.small = small
    def maybe(self, p=.5): return self.r.random() < p
    def pick(self, *items): return self.r.choice(items)
    def some(self, items, low, high): return [self.r.choice(items) for _ in range(self.r.randint(low, high))]

    def text(self, own=()):
        out = []
        for _ in range(self.pick(0, 1, 1, 2, 3, 5, 8, 13, 20)):
            x = self.r.random()
            if x < .12 and own: out.append(self.r.choice(own))
            elif x < .2: out.append("".join(chr(c) for c in (self.r.randrange(*self.r.choice(RANGES)) for _ in range(self.r.randint(1, 4))) if not 0xD800 <= c < 0xE000))
            elif x < .25: out.append(self.r.choice(WORDS) * self.r.randint(2, 6))
            else: out.append(self.r.choice(WORDS))
            if self.maybe(.2): out.append(" ")
        return "".join(out)

    def pattern(self): return {"Regex": self.r.choice(REGEXES)} if self.maybe(.6) else {"String": self.r.choice(STRINGS)}

    def normalizer(self, depth=0):
        kind = self.pick("NFC", "NFD", "NFKC", "NFKD", "Nmt", "Strip", "StripAccents", "Lowercase", "Replace", "Replace", "Prepend", "BertNormalizer", "ByteLevel", "Precompiled", *(["Sequence"] * 4 if depth == 0 else []))
        if kind == "Sequence": return {"type": kind, "normalizers": [self.normalizer(1) for _ in range(self.r.randint(0, 4))]}
        if kind == "Strip": return {"type": kind, "strip_left": self.maybe(), "strip_right": self.maybe()}
        if kind == "Replace": return {"type": kind, "pattern": self.pattern(), "content": self.pick("", " ", "\u2581", "ab", "語", "\u3099")}
        if kind == "Prepend": return {"type": kind, "prepend": self.pick("\u2581", " ", "ab", "")}
        if kind == "BertNormalizer": return {"type": kind, "clean_text": self.maybe(), "handle_chinese_chars": self.maybe(), "strip_accents": self.pick(None, True, False), "lowercase": self.maybe()}
        if kind == "Precompiled": return {"type": kind, "precompiled_charsmap": CHARSMAP}
        return {"type": kind}

    def behavior(self): return self.pick("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")

    def pre_tokenizer(self, depth=0):
        kind = self.pick("Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "UnicodeScripts", "Split", "Split", "CharDelimiterSplit", "Metaspace", "Metaspace", "ByteLevel", "BertPreTokenizer", "FixedLength", *(["Sequence"] * 5 if depth == 0 else []))
        if kind == "Sequence": return {"type": kind, "pretokenizers": [self.pre_tokenizer(1) for _ in range(self.r.randint(0, 4))]}
        if kind == "Punctuation": return {"type": kind, "behavior": self.behavior()}
        if kind == "Digits": return {"type": kind, "individual_digits": self.maybe()}
        if kind == "Split": return {"type": kind, "pattern": self.pattern(), "behavior": self.behavior(), "invert": self.maybe(.3)}
        if kind == "CharDelimiterSplit": return {"type": kind, "delimiter": self.pick("/", " ", "の", "|")}
        if kind == "Metaspace":
            if self.maybe(.2): return {"type": kind, "replacement": "\u2581", "add_prefix_space": True}
            return {"type": kind, "replacement": self.pick("\u2581", "\u2581", "\u2581", "_"), "prepend_scheme": self.pick("always", "first", "never"), "split": self.maybe(.7)}
        if kind == "ByteLevel": return {"type": kind, "add_prefix_space": self.maybe(), "trim_offsets": self.maybe(), **({"use_regex": self.maybe()} if self.maybe() else {})}
        if kind == "FixedLength": return {"type": kind, "length": self.r.randint(1, 6)}
        return {"type": kind}

    def template(self, names, ids):
        sp = lambda t, y: {"SpecialToken": {"id": t, "type_id": y}}
        sq = lambda n, y: {"Sequence": {"id": n, "type_id": y}}
        cls, sep = names["cls"], names["sep"]; b = self.pick(1, 1, 1, 0)
        forms = [([sp(cls, 0), sq("A", 0), sp(sep, 0)], [sp(cls, 0), sq("A", 0), sp(sep, 0), sq("B", b), sp(sep, b)]),
                 ([sp(cls, 0), sq("A", 0), sp(sep, 0)], [sp(cls, 0), sq("A", 0), sp(sep, 0), sp(sep, 0), sq("B", b), sp(sep, b)]),
                 ([sq("A", 0), sp(sep, 0), sp(cls, 0)], [sq("A", 0), sp(sep, 0), sq("B", b), sp(sep, b), sp(cls, 2)]),
                 ([sq("A", 0)], [sq("B", 0), sp(sep, 0), sq("A", 1)])]
        single, pair = forms[self.pick(0, 0, 0, 0, 1, 2, 3)]
        special = {t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in (cls, sep)}
        if self.maybe(.05): special[cls] = {"id": cls, "ids": [ids[cls], ids[sep]], "tokens": [cls, sep]}
        return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": special}

    def post_processor(self, names, ids, depth=0):
        kind = self.pick("Template", "Template", "Template", "Bert", "Roberta", "ByteLevel", None, *(["Sequence"] * 2 if depth == 0 else []))
        two = lambda n: [names[n], ids[names[n]]]
        if kind == "Template": return self.template(names, ids)
        if kind == "Bert": return {"type": "BertProcessing", "sep": two("sep"), "cls": two("cls")}
        if kind == "Roberta": return {"type": "RobertaProcessing", "sep": two("sep"), "cls": two("cls"), "trim_offsets": self.maybe(), "add_prefix_space": self.maybe()}
        if kind == "ByteLevel" or (kind is None and depth): return {"type": "ByteLevel", "add_prefix_space": self.maybe(), "trim_offsets": self.maybe(), "use_regex": True}
        if kind == "Sequence":
            steps = [{"type": "ByteLevel", "add_prefix_space": self.maybe(), "trim_offsets": self.maybe(.8), "use_regex": True}] if self.maybe() else []
            return {"type": kind, "processors": steps + [self.post_processor(names, ids, 1)] if self.maybe(.9) else []}
        return None

    def model(self, normalizer, pre, names):
        kind = self.pick("Unigram", "Unigram", "BPE", "BPE", "BPE", "WordPiece", "WordLevel")
        byte_fallback = self.maybe(.1 if self.small else .4); special = list(dict.fromkeys(names.values()))
        make = {"BPE": models.BPE, "Unigram": models.Unigram, "WordPiece": lambda: models.WordPiece(unk_token=names["unk"]), "WordLevel": lambda: models.WordLevel(unk_token=names["unk"])}[kind]
        t = Tokenizer(make()); shell = Tokenizer.from_str(json.dumps(dict(version="1.0", added_tokens=[], normalizer=normalizer, pre_tokenizer=pre, post_processor=None, decoder=None, model=dict(type="BPE", vocab={}, merges=[]))))
        if shell.normalizer: t.normalizer = shell.normalizer
        if shell.pre_tokenizer and self.maybe(.8): t.pre_tokenizer = shell.pre_tokenizer
        prefix, suffix = self.pick(None, None, None, "##", "@"), self.pick(None, None, None, "</w>")
        size = self.r.randint(40, 70) if self.small else self.r.randint(60, 300); letters = self.r.randint(20, 40) if self.small else self.r.randint(20, 150)
        tr = {"BPE": lambda: trainers.BpeTrainer(vocab_size=size, limit_alphabet=letters, max_token_length=self.pick(4, 10), show_progress=False, **({'continuing_subword_prefix': prefix} if prefix else {}), **({'end_of_word_suffix': suffix} if suffix else {})),
              "Unigram": lambda: trainers.UnigramTrainer(vocab_size=size + 300, unk_token=names["unk"], special_tokens=[names["unk"]], max_piece_length=8, shrinking_factor=.7, n_sub_iterations=1, show_progress=False),
              "WordPiece": lambda: trainers.WordPieceTrainer(vocab_size=size, limit_alphabet=letters, continuing_subword_prefix=self.pick("##", "##", ""), show_progress=False),
              "WordLevel": lambda: trainers.WordLevelTrainer(vocab_size=size, show_progress=False)}[kind]()
        corpus = ["".join(self.some(PLAIN + [" "] * 30, 5, 30)) for _ in range(25)]
        t.train_from_iterator(corpus, tr); m = json.loads(t.to_str())["model"]
        bytes_ = [f"<0x{b:02X}>" for b in range(256)] if byte_fallback and kind in ("BPE", "Unigram") else []
        if bytes_ and self.maybe(.15): bytes_ = self.r.sample(bytes_, 200)
        if kind == "Unigram":
            kept = [[p, round(s, self.r.randint(1, 8))] for p, s in m["vocab"] if p not in special]
            pieces = [[p, 0.0] for p in special + bytes_] + kept
            ids = {p: i for i, (p, _) in enumerate(pieces)}
            return dict(type=kind, unk_id=None if self.maybe(.05) else ids[names["unk"]], vocab=pieces, **({"byte_fallback": byte_fallback} if self.maybe(.9) else {})), ids
        pieces = [p for p, _ in sorted(m["vocab"].items(), key=lambda x: x[1]) if p not in special]
        ids = {p: i for i, p in enumerate(dict.fromkeys(special + bytes_ + pieces))}
        if kind == "BPE":
            merges = [x if isinstance(x, list) else x.split(" ") for x in m["merges"]]
            if self.maybe(.7): merges = [x for x in merges if " " not in "".join(x)]; legacy = self.maybe()
            else: legacy = False
            return dict(type=kind, dropout=None, unk_token=None if self.maybe(.25) else names["unk"], continuing_subword_prefix=m["continuing_subword_prefix"] if self.maybe(.9) else None, end_of_word_suffix=m["end_of_word_suffix"] if self.maybe(.9) else None,
                        fuse_unk=self.maybe(), byte_fallback=byte_fallback, ignore_merges=self.maybe(.3), vocab=ids, merges=[" ".join(x) for x in merges] if legacy else merges), ids
        if kind == "WordPiece": return dict(type=kind, unk_token=names["unk"], continuing_subword_prefix=m["continuing_subword_prefix"], max_input_chars_per_word=self.pick(100, 100, 8, 3), vocab=ids), ids
        return dict(type=kind, unk_token=names["unk"], vocab=ids), ids

    def flags(self, special=None): return dict(single_word=self.maybe(.2), lstrip=self.maybe(.25), rstrip=self.maybe(.25), normalized=self.maybe(.4), special=self.maybe(.4) if special is None else special)

    def named(self, content):
        """A special token as a config writes it."""
        return content if self.maybe(.7) else {"content": content, **self.flags(True), "__type": "AddedToken"}

    def folder(self):
        names = self.pick(dict(cls="[CLS]", sep="[SEP]", pad="[PAD]", unk="[UNK]", mask="[MASK]"), dict(cls="[CLS]", sep="[SEP]", pad="[PAD]", unk="[UNK]", mask="[MASK]"), dict(cls="<s>", sep="</s>", pad="<pad>", unk="<unk>", mask="<mask>"))
        normalizer = self.normalizer() if self.maybe(.8) else None; pre = self.pre_tokenizer() if self.maybe(.85) else None
        model, ids = self.model(normalizer, pre, names)
        added = {t: self.flags(True) if self.maybe(.3) else dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True) for t in names.values()}
        pool = ["東京", "ab", "<nl>", "[E1]", "[E1]x", "ＧＰＵ", "GPU", "New York", "é", "が", "12", "ｶﾞ", "the", "ラーメン", "㍿", "機械", "ß", " a", "x ", "Tokyo", "\n", "Ġ", "し", "ﬁ", "É", "\u2581日", "日本"]
        for t in self.some(pool, 0, 6): added[t] = self.flags()
        rows, nxt = [], len(ids)
        for t, f in added.items():
            if t in ids: i = ids[t]
            else: i, nxt = nxt, nxt + 1
            rows.append(dict(id=i, content=t, **f))
        if self.maybe(.8): rows.sort(key=lambda x: x["id"])
        every = {**ids, **{x["content"]: x["id"] for x in rows}}
        doc = dict(version="1.0", truncation=dict(direction=self.pick("Right", "Left"), max_length=self.pick(16, 64), strategy="LongestFirst", stride=0) if self.maybe(.15) else None,
                   padding=dict(strategy={"Fixed": 64}, direction="Right", pad_to_multiple_of=None, pad_id=every[names["pad"]], pad_type_id=0, pad_token=names["pad"]) if self.maybe(.15) else None,
                   added_tokens=rows, normalizer=normalizer, pre_tokenizer=pre, post_processor=self.post_processor(names, every), decoder=None, model=model)
        config = dict(tokenizer_class=self.pick("DebertaV2Tokenizer", "DebertaV2TokenizerFast", "PreTrainedTokenizerFast", "PreTrainedTokenizerFast", "BertTokenizer", "RobertaTokenizerFast", "XLMRobertaTokenizer", "AlbertTokenizerFast", "GPT2Tokenizer", "DebertaTokenizer", "ElectraTokenizerFast"))
        for k, v in names.items():
            if self.maybe(.9) or k in ("pad", "cls", "sep"): config[f"{k}_token"] = self.named(v)
        if self.maybe(.3): config["bos_token"] = self.named(self.pick("[CLS]", "<bos>", "東京", names["cls"]))
        if self.maybe(.3): config["eos_token"] = self.pick("[SEP]", "<eos>", None, names["sep"])
        if self.maybe(.25): config["additional_special_tokens"] = [self.named(x) for x in self.some(["<ent>", "</ent>", "[Q]", "東京", "ab", "[E1]"], 0, 3)]
        if self.maybe(.2): config["extra_special_tokens"] = {f"x{i}_token": self.named(x) for i, x in enumerate(self.some(["<image>", "<doc>", "ab", "の"], 1, 2))}
        if self.maybe(.2): config["split_special_tokens"] = self.maybe(.7)
        if self.maybe(.3): config["add_prefix_space"] = self.maybe()
        if self.maybe(.1): config["truncation_side"] = self.pick("left", "right")
        for key in ("do_lower_case", "tokenize_chinese_chars", "strip_accents", "trim_offsets", "split_by_punct"):
            if self.maybe(.15): config[key] = self.maybe()
        files = {"tokenizer.json": json.dumps(doc, ensure_ascii=False)}
        if self.maybe(.4):
            table = {str(x["id"]): {k: x[k] for k in ("content", "lstrip", "normalized", "rstrip", "single_word", "special")} for x in rows if self.maybe(.9)}
            if self.maybe(.4): table[str(nxt)] = {"content": "<late>", **self.flags()}
            if self.maybe(.2) and table: table[self.r.choice(list(table))].update(self.flags())
            config["added_tokens_decoder"] = table
        files["tokenizer_config.json"] = json.dumps(config, ensure_ascii=False)
        if self.maybe(.5):
            table = {f"{k}_token": v if self.maybe(.7) else {"content": v, **{k: w for k, w in self.flags().items() if k != "special"}} for k, v in names.items() if self.maybe(.8)}
            if self.maybe(.4): table["additional_special_tokens"] = [x if self.maybe(.7) else {"content": x, **{k: w for k, w in self.flags().items() if k != "special"}} for x in self.some(["<ent>", "[Q]", "日本", "[A]"], 0, 3)]
            files["special_tokens_map.json"] = json.dumps(table, ensure_ascii=False)
        if self.maybe(.2): files["added_tokens.json"] = json.dumps({t: nxt + i for i, t in enumerate(dict.fromkeys(self.some(["<old>", "<older>", "ab", names["mask"]], 0, 3)))}, ensure_ascii=False)
        return files, [*added, "<ent>", "<late>", "<old>", "[Q]", *self.r.sample(sorted(ids), min(20, len(ids)))]


    def sentencepiece_folder(self):
        """spm.model alone, as transformers converts it."""
        import io, sentencepiece
        kind = self.pick("unigram", "bpe")
        out = io.BytesIO(); corpus = ["".join(self.some(PLAIN + [" "] * 30, 5, 30)) for _ in range(60)]
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_writer=out, model_type=kind, vocab_size=self.r.randint(280, 420) + (400 if kind == "bpe" else 0), num_threads=1, minloglevel=2, byte_fallback=kind == "bpe" and self.maybe(.2), **({"hard_vocab_limit": False} if kind == "unigram" else {}), pad_id=0, bos_id=1, eos_id=2, unk_id=3,
            pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="<unk>" if kind == "bpe" and self.maybe(.3) else "[UNK]", user_defined_symbols=self.some(["[MASK]", "<nl>", "東京", "ab"], 0, 2) and ["[MASK]"], normalization_rule_name=self.pick("nmt_nfkc", "nfkc_cf", "identity"))
        files, own = self.folder(); files.pop("tokenizer.json")
        config = json.loads(files["tokenizer_config.json"]); config.pop("added_tokens_decoder", None)
        config["tokenizer_class"] = self.pick("DebertaV2Tokenizer", "DebertaV2TokenizerFast")
        files["tokenizer_config.json"] = json.dumps(config, ensure_ascii=False); files["spm.model"] = base64.b64encode(out.getvalue()).decode()
        return files, own


def parts(value):
    """Names of the parts of a tokenizer."""
    if isinstance(value, list): return set().union(*(parts(v) for v in value[:9]))
    if not isinstance(value, dict): return set()
    kind = value.get("type"); own = set()
    if isinstance(kind, str):
        flags = ("behavior", "prepend_scheme", "invert", "use_regex", "trim_offsets", "byte_fallback", "ignore_merges", "fuse_unk", "handle_chinese_chars", "clean_text", "individual_digits")
        own = {kind} | {f"{kind} {k} {value[k]}" for k in flags if k in value} | ({f"{kind} {next(iter(value['pattern']))}"} if "pattern" in value else set())
    return own.union(*(parts(v) for k, v in value.items() if k not in ("vocab", "merges")))


def answers(files, texts, pairs):
    with tempfile.TemporaryDirectory() as d:
        for name, data in files.items(): pathlib.Path(d, name).write_bytes(base64.b64decode(data) if name == "spm.model" else data.encode())
        try: tok = AutoTokenizer.from_pretrained(d, use_fast=True); assert tok.is_fast
        except (KeyboardInterrupt, SystemExit): raise
        except BaseException as error: return f"{type(error).__name__}: {error}"[:200], None, None
        def one(t):
            try: e = tok(t, return_offsets_mapping=True); return [e["input_ids"], [x for o in e["offset_mapping"] for x in o], [-1 if s is None else s for s in e.sequence_ids(0)]]
            except (KeyboardInterrupt, SystemExit): raise
            except BaseException: return None
        def two(q, c, m, s):
            try:
                e = tok([q], [c], truncation="only_second", max_length=m, stride=s, return_overflowing_tokens=True, return_offsets_mapping=True, return_token_type_ids=True)
                return [[e["input_ids"][w], [x for o in e["offset_mapping"][w] for x in o], [-1 if x is None else x for x in e.sequence_ids(w)], e["token_type_ids"][w]] for w in range(len(e["input_ids"]))]
            except (KeyboardInterrupt, SystemExit): raise
            except BaseException: return None
        return None, [one(t) for t in texts], [two(*p) for p in pairs]


def charsmap():
    import io, sentencepiece
    rules = {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in [*range(0xFF01, 0xFF5F), *range(0x2460, 0x2480), *range(0x3300, 0x3358), 0xFB01]}
    rules.update({"ｶﾞ": "ガ", "ｶ": "カ", "か\u3099": "が", "e\u0301": "é", "\u0001": "", "\u00ad": "", "\u3000": " ", "\u00a0": " ", "\t": " ", "\n": " ", "…": "...", "\r\n": " "})
    with tempfile.TemporaryDirectory() as d:
        tsv = pathlib.Path(d, "rules.tsv"); hexes = lambda s: " ".join(f"{ord(c):X}" for c in s)
        tsv.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in rules.items())); out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(PLAIN), model_writer=out, model_type="char", vocab_size=300, hard_vocab_limit=False, normalization_rule_tsv=str(tsv), minloglevel=2)
    from transformers.convert_slow_tokenizer import import_protobuf
    m = import_protobuf().ModelProto(); m.ParseFromString(out.getvalue())
    return base64.b64encode(m.normalizer_spec.precompiled_charsmap).decode()


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("--tokenizers", type=int, default=400); ap.add_argument("--seed", type=int, default=0); ap.add_argument("--texts", type=int, default=40); ap.add_argument("--pairs", type=int, default=10); ap.add_argument("--small", action="store_true"); ap.add_argument("--keep", type=pathlib.Path)
    a = ap.parse_args(); CHARSMAP = charsmap(); seen = set()
    with tempfile.TemporaryDirectory() as d:
        out = a.keep or pathlib.Path(d, "cases.jsonl")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what the Rust side prints when it panics
        with open(out, "w", encoding="utf-8") as f:
            for n in range(a.tokenizers):
                m = Maker(a.seed * 1_000_003 + n, a.small)
                try: files, own = m.sentencepiece_folder() if m.maybe(.1) and not a.small else m.folder()
                except (KeyboardInterrupt, SystemExit): raise
                except BaseException: continue   # a trainer that finds nothing to learn
                if a.small:
                    fresh = parts(json.loads(files["tokenizer.json"])) | {json.loads(files["tokenizer_config.json"])["tokenizer_class"]}
                    if fresh <= seen: continue
                    seen |= fresh
                texts = [m.text(own) for _ in range(a.texts)]
                pairs = [[m.text(own), m.text(own) + m.text(own), m.r.choice([8, 12, 16, 24, 512]), m.r.choice([0, 0, 2, 4])] for _ in range(a.pairs)]
                refused, singles, windows = answers(files, texts, pairs)
                if a.small and refused: continue
                f.write(json.dumps(dict(name=f"{a.seed}.{n}", files=files, texts=texts, pairs=pairs, refused=refused, singles=singles, windows=windows)) + "\n")
        sys.exit(subprocess.run(["npx", "tsx", str(HERE / "compare-tokenizations.ts"), str(out)]).returncode)
