"""Multiplies a text: numbers, names, places and things are exchanged for others, alike in the context, its questions and their answers.

A text is a dictionary with `context` and `questions`, each with `kind`, `question`, `answer`, `start`.
"""

import re

KANJI = "[\u4e00-\u9fff々]"
NUMERAL = "[〇一二三四五六七八九十百千]"
COUNTER = "[年月日時分秒円銭人匹本個枚冊回度倍歳才軒台羽頭号階杯粒箱袋組割種番週晩泊点品名代章通着足坪畳周色店社校都国町室世軒か](?:間)?|キロ|メートル|グラム|センチ|ミリ|リットル|パーセント|ページ|センチメートル|万"
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
HIGHEST = {"月": 12, "日": 31, "時": 24, "分": 59, "階": 12, "割": 9}
COUNTED = re.compile(f"({NUMERAL}+)({COUNTER})")
NAMED = re.compile(f"({KANJI}{{1,3}}|[ァ-ヴー]{{2,}})(?:さん|くん|君|氏|先生|博士|ちゃん)")
KATAKANA = re.compile(r"[ァ-ヴー]{2,}")
COMPOUND = re.compile(r"(?:(?![〇一二三四五六七八九十百千万第何年月日時分前後間])[\u4e00-\u9fff々]){2,}")
STEM = re.compile(r"(?<![\u4e00-\u9fff々])(?:(?![〇一二三四五六七八九十百千万何人年月日時分円誰])[\u4e00-\u9fff])(?![\u4e00-\u9fff々])")
FAMILIES = """青木 石井 上田 岡本 加藤 木下 小林 佐々木 清水 高橋 中村 西川 橋本 藤田 松本 三浦 村上 森田 山口 渡辺 秋山 池田 大塚 片山 工藤 近藤 柴田 杉本 竹内 千葉 土屋 永井
野口 浜田 平野 堀 前田 水野 安田 吉川 佐藤 鈴木 田中 伊藤 山本 吉田 山田 斎藤 松田 井上 木村 林 山崎 阿部 森 橋口 石川 小川 岡田 長谷川 後藤 坂本 遠藤 藤井 西村 福田 太田 原 藤原 金子 中島 上野 原田 中川 小野 田村""".split()
HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ"
KATAKANAS = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワガギグゴザジズゼドバビブベボパピプポンー"


class Words:
    """What words are exchanged for: those of the texts given, and arbitrary strings."""

    def __init__(self, texts, prose=()):
        everything = [text["context"] for text in texts]
        self.katakana = sorted({w for c in everything for w in KATAKANA.findall(c)})
        self.compounds = {}
        for word in sorted({w for c in [*everything, *prose] for w in COMPOUND.findall(c)}):
            self.compounds.setdefault(len(word), []).append(word)
        self.characters = sorted({c for words in self.compounds.values() for word in words for c in word})
        self.answers = {}
        for text in texts:
            for q in text["questions"]:
                if len(q["answer"]) <= 9:
                    self.answers.setdefault(q["kind"], []).append(q["answer"])

    def number(self, rng, old, unit):
        """Another number with as many digits, as high as its unit allows."""
        if unit in HIGHEST and "." not in old:
            return str(rng.randint(1, HIGHEST[unit]))
        if unit == "年" and len(old) == 4:
            return str(rng.choice([rng.randint(1850, 2030), rng.randint(700, 2030)]))
        return "".join(c if c == "." else rng.choice("123456789" if i == 0 else "0123456789") for i, c in enumerate(old))

    def numeral(self, rng, old):
        """Another numeral in kanji, of the same form: places with 十 百 千, or digit for digit."""
        return "".join(rng.choice("一二三四五六七八九") if c in "一二三四五六七八九" else c for c in old) if old not in "十百千" else rng.choice("一二三四五六七八九十")

    def arbitrary(self, rng, length=None):
        """A string that means nothing."""
        letters = rng.choice([self.characters, self.characters, KATAKANAS, HIRAGANA])
        return "".join(rng.choice(letters) for _ in range(length or rng.choice([1, 2, 2, 3, 3, 4, 5])))

    def compound(self, rng, old):
        words = self.compounds.get(len(old))
        return rng.choice(words) if words else self.arbitrary(rng, len(old))

    def name(self, rng):
        x = rng.random()
        if x < 0.6:
            return rng.choice(FAMILIES)
        return "".join(rng.choice(self.characters) for _ in range(2)) if x < 0.85 else rng.choice(self.katakana)


def proposals(text, words, rng, strength):
    """Pairs (old, new) for what stands in the text. `strength` from 0 to 1 is how much of it is exchanged for another word."""
    context, found = text["context"], {}

    def put(old, make, chance):
        if old not in found and rng.random() < chance:
            new = make()
            if new and new != old:
                found[old] = new

    for match in NAMED.finditer(context):
        put(match[1], lambda: words.name(rng), 0.8)
    for q in text["questions"]:
        kind, answer = q["kind"], q["answer"]
        if kind in ("誰", "どこ", "何", "どちら") and len(answer) <= 9:
            put(answer, lambda: words.arbitrary(rng) if rng.random() < 0.3 else rng.choice(words.answers[kind]), 0.25 + 0.5 * strength)
    for match in COUNTED.finditer(context):
        put(match[0], lambda: words.numeral(rng, match[1]) + match[2], 0.7)
    for match in NUMBER.finditer(context):
        put(match[0], lambda: words.number(rng, match[0], context[match.end() : match.end() + 1]), 0.8)
    for match in KATAKANA.finditer(context):
        put(match[0], lambda: rng.choice(words.katakana) if rng.random() < 0.7 else words.arbitrary(rng, len(match[0])), strength)
    for match in COMPOUND.finditer(context):
        put(match[0], lambda: words.compound(rng, match[0]) if rng.random() < 0.8 else words.arbitrary(rng, len(match[0])), strength)
    for match in STEM.finditer(context):
        put(match[0], lambda: rng.choice(words.characters), strength * 0.5)
    return found


def exchange(text, words, rng, strength):
    """A text like `text` with other words; None where an answer's edge would fall inside an exchanged word."""
    found = proposals(text, words, rng, strength)
    edges = {edge for q in text["questions"] for edge in (q["start"], q["start"] + len(q["answer"]))}
    if not found:
        return text
    pattern = re.compile("|".join(re.escape(old) for old in sorted(found, key=len, reverse=True)))
    place, new, last = {}, [], 0
    length = 0
    for match in pattern.finditer(text["context"]):
        start, end = match.span()
        if any(start < edge < end for edge in edges):
            continue
        between = text["context"][last:start]
        for edge in edges:
            if last <= edge <= start:
                place[edge] = length + edge - last
        new += [between, found[match[0]]]
        length += len(between) + len(found[match[0]])
        place[end] = length
        last = end
    rest = text["context"][last:]
    for edge in edges:
        if edge >= last:
            place[edge] = length + edge - last
    context = "".join([*new, rest])
    questions = []
    for q in text["questions"]:
        start, end = place[q["start"]], place[q["start"] + len(q["answer"])]
        question = pattern.sub(lambda match: found[match[0]], q["question"])
        questions.append({**q, "question": question, "answer": context[start:end], "start": start})
    return {**text, "context": context, "questions": questions}
