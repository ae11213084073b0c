"""Says a question in other words, and a context with its sentences in another order, fewer or more of them."""

import re

# Each rule: what is found at the end of a question or in it, and what may stand instead.
ENDINGS = [
    (r"(?<=[っいんだかるたうくすつぬむぶぐえけせてねべめれいきしちにびみり])ますか。?$", None),
    (r"ですか。?$", ["ですか。", "でしょうか。", "か。", "?", "ですか?", "なの?", "ですか"]),
    (r"でしょうか。?$", ["ですか。", "でしょうか。", "か。", "?"]),
    (r"ましたか。?$", ["ましたか。", "ましたか?", "たのですか。" , "ましたか"]),
    (r"ますか。?$", ["ますか。", "ますか?", "ますか", "ますでしょうか。"]),
]
ENDINGS = [rule for rule in ENDINGS if rule[1]]
ENDINGS[2] = (r"ましたか。?$", ["ましたか。", "ましたか?", "ましたか", "ましたでしょうか。"])
WORDS = [
    (r"なぜ", ["なぜ", "どうして", "なんで", "どういう理由で"]), (r"どうして(?=.)", ["なぜ", "どうして"]),
    (r"誰(?=です|が|に|と|を|の)", ["誰", "だれ", "誰", "どなた", "どの人"]),
    (r"どのくらい|どれくらい|どれだけ|どれほど", ["どのくらい", "どれくらい", "どれほど", "どれだけ"]),
    (r"どのように", ["どのように", "どうやって", "どんなふうに", "いかに"]), (r"どうやって", ["どのように", "どうやって", "どんな方法で"]),
    (r"どこ(?=です|に|で|へ|から)", ["どこ", "どこ", "どの場所", "どちら"]),
    (r"いつ(?=です|に|か|の|ま)", ["いつ", "いつ", "いつごろ"]),
    (r"(?<=は)何(?=です|か)", ["何", "なに", "何という物"]), (r"いくら(?=です)", ["いくら", "何円", "どれくらい"]),
]
# 「…のは誰ですか」 as 「誰が…のですか」 and the like.
CLEFT = re.compile(r"^(.{4,})のは、?(誰|いつ|どこ|なぜ|どうして|何)(から|まで|で|に)?(ですか|でしょうか|か)?[。?？]?$")
CASES = {"誰": ["が"], "何": ["が", "を"], "いつ": [""], "どこ": ["で", "に"], "なぜ": [""], "どうして": [""]}
TOPIC = re.compile(r"^([^はがをに、]{2,14}[はがでに])、?(.{3,12}[をにへでと])(.{4,})$")


def reword_question(question, rng):
    """The same question in other words, by chance."""
    match = CLEFT.match(question)
    if match and rng.random() < 0.3:
        rest, word, tail = match[1], match[2], match[3] or rng.choice(CASES[match[2]])
        end = rng.choice(["のですか。", "のか。", "のでしょうか。", "の?"])
        question = f"{word}{tail}{rest}{end}" if rng.random() < 0.6 else f"{rest.replace('が', 'は', 1)}のは{word}{tail}?"
    if rng.random() < 0.5:
        for pattern, choices in WORDS:
            if re.search(pattern, question):
                question = re.sub(pattern, rng.choice(choices), question, count=1)
                break
    if rng.random() < 0.5:
        for pattern, choices in ENDINGS:
            if re.search(pattern, question):
                question = re.sub(pattern, rng.choice(choices), question)
                break
    if rng.random() < 0.15:
        match = TOPIC.match(question)
        if match:
            question = match[2] + match[1] + match[3]
    return question


SENTENCE = re.compile(r"[^。\n]*[。\n]+[」』）]?|[^。\n]+$")


def rearrange(text, rng, others, longest):
    """`text` with sentences moved, left out, and others put between, each by chance. No question's sentence is lost, and none is cut."""
    spans = [match.span() for match in SENTENCE.finditer(text["context"])]
    answers = [(q["start"], q["start"] + len(q["answer"])) for q in text["questions"]]
    # An answer over two sentences keeps them together.
    pieces = []
    for start, end in spans:
        if pieces and any(a < start < b for a, b in answers):
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    pieces = [(text["context"][s:e], [i for i, (a, _) in enumerate(answers) if s <= a < e], s) for s, e in pieces]
    if rng.random() < 0.35:
        pieces = [p for p in pieces if p[1] or rng.random() < 0.5]
    if rng.random() < 0.25:
        rng.shuffle(pieces)
    if others and rng.random() < 0.4:
        other = [match[0] for match in SENTENCE.finditer(rng.choice(others))]
        first = rng.randrange(len(other))
        extra = [(s, [], 0) for s in other[first : first + rng.randint(1, 4)]]
        if sum(len(p[0]) for p in pieces) + sum(len(p[0]) for p in extra) <= longest:
            at = rng.choice([0, len(pieces), rng.randint(0, len(pieces))])
            pieces[at:at] = extra
    context, questions = "", list(text["questions"])
    for sentence, held, start in pieces:
        for i in held:
            questions[i] = {**questions[i], "start": len(context) + questions[i]["start"] - start}
        context += sentence
    return {**text, "context": context, "questions": questions}
