"""Asks for what stands in running text: a sentence becomes a question in which one of its facts is replaced by 何, いつ, どこ, 誰 ..."""

import re

from exchange_words import COUNTER, NUMERAL

# Where a phrase ends: after kana or a comma, before a kanji, katakana, letter, digit or bracket.
BREAK = re.compile(r"(?<=[ぁ-ん、])(?=[\u4e00-\u9fff々ァ-ヴA-Za-z0-9「『])|(?<=、)|(?<=[はがをへ])(?=[ぁ-ん])")
PHRASE = re.compile(r"^(.+?)(からは|までは|には|では|とは|へは|からも|にも|でも|から|まで|より|は|が|を|に|で|へ|と|も|の)、?$")
SENTENCE = re.compile(r"[^。！？!?「」『』\n]+[。！？!?]?")
TIME = re.compile(rf"(?:(?:[0-9]+|{NUMERAL}+)(?:年|月|日|時|分|世紀)(?:間|半|前|後|頃|ごろ|すぎ)?|昨日|今日|明日|今朝|今夜|昨夜|翌日|翌朝|毎朝|毎日|毎年|毎晩|朝|夜|晩|夕方|夕|昼|午前|午後|夜中|正月|春|夏|秋|冬|去年|昨年|今年|来年|先月|来月|先週|来週|当時|最近|先日|時代|(?:月|火|水|木|金|土|日)曜日?)$")
AMOUNT = re.compile(rf"((?:[0-9.]+|[数]?{NUMERAL}+))(?!月|日|時)({COUNTER})(?:ほど|ばかり|くらい|ぐらい|以上|あまり)?$")
PERSON = re.compile(r"(?:さん|くん|君|氏|様|先生|博士|殿|公|王|婆さん|爺さん|父|母|兄|弟|姉|妹|夫|妻|彼|彼女|娘|息子|老人|医者|医師|主人|男|女|子供|人々|人|者|家|師|員|長|手|友達|友人|親|祖父|祖母|伯父|叔父|伯母|叔母|太郎|次郎|郎|子|吉|助|衛|夫婦|客|生徒|学生|女中|僧)$")
PLACE = re.compile(r"(?:町|村|市|県|国|山|川|島|海|駅|寺|家|屋|店|室|部屋|庭|道|上|下|中|前|横|奥|隣|底|側|所|場|園|館|校|院|京|都|府|城|橋|門|港|浜|岸|野|原|森|林|畑|田|池|湖|谷|峠|坂|通り|座敷|台所|二階|廊下|玄関|外|辺|東|西|南|北|方|そば|うち|里|社|宮|神社|病院|学校|会社|工場|劇場|ホテル|ヨーロッパ|アメリカ|ロシア|フランス|イギリス|ドイツ|ロンドン|パリ)$")
CAUSE = re.compile(r"^(.{4,30}?)(から|ので|ために?|ため|せいで|おかげで|ゆえに?)、(.{4,40})$")
MANNER = re.compile(r"^(.{2,22}?[いきしちっえけせてべめれみりん]て|.{2,20}ながら|.{2,20}ずに|.{2,20}ように)、?(.{4,40})$")
VERBAL = re.compile(r"[うくすつぬむぶぐるただいん](?:のである|のだ|から|ので|が|と)?[、。！？!?]?$")
END = re.compile(r"(?:のである|のであった|のだ|のだった|のです|のでした|だろう|でしょう|である|であった|です|でした|だ|だった)?[。！？!?]?$")
CLOSED = ["のですか。", "のか。", "のでしょうか。", "か。", "の?", "?"]


def kind_of(content, particle, rng):
    """What a noun phrase answers, and the words that ask for it."""
    if TIME.search(content):
        unit = content[-1]
        return "いつ", [f"何{unit}"] if unit in "年月日時" and rng.random() < 0.3 else ["いつ", "いつ", "いつごろ"]
    amount = AMOUNT.search(content)
    if amount:
        return "どれくらい", [f"何{amount[2]}", "どれくらい", "どのくらい", "いくつ" if amount[2] != "円" else "いくら"]
    if particle in ("は", "が", "に", "と", "も", "を", "から", "の", "では", "には") and PERSON.search(content):
        return "誰", ["誰", "だれ", "どなた"]
    if particle in ("に", "で", "へ", "から", "を", "まで", "には", "では", "の", "が") and PLACE.search(content):
        return "どこ", ["どこ", "どこ", "どの場所"]
    return ("何", ["何", "何", "なに", "どんなもの"]) if particle in ("が", "を", "は", "に", "で", "と", "も", "の") else (None, None)


def plain(predicate):
    """A predicate as it stands before のは."""
    return END.sub("", re.sub(r"(から|ので|が|と)?[、]?$", "", predicate))


def thin(phrases, rng):
    """Fewer phrases: people do not repeat a sentence when they ask for a part of it."""
    keep = rng.choice([1.0, 0.8, 0.6, 0.45])
    return [p for p in phrases if rng.random() < keep]


def shorten(phrase, rng):
    """A compound without its first or last half now and then, as people shorten names."""
    match = re.match(r"^([\u4e00-\u9fff々]{3,6})(.*)$", phrase)
    if match and rng.random() < 0.25:
        return (match[1][:2] if rng.random() < 0.5 else match[1][-2:]) + match[2]
    return phrase


def ask_noun(sentence, rng, others):
    """(kind, question, answer, start in the sentence) for a noun phrase, or None."""
    phrases, places, at = [p for p in BREAK.split(sentence) if p], [], 0
    for p in phrases:
        places.append(at)
        at += len(p)
    candidates = [i for i in range(len(phrases) - 1) if PHRASE.match(phrases[i])]
    rng.shuffle(candidates)
    best = None
    for i in candidates[:4]:
        content, particle = PHRASE.match(phrases[i]).groups()
        if len(content) > 14 or not re.search(r"[\u4e00-\u9fffァ-ヴ0-9]", content) or re.search(r"[はがを、]", content):
            continue
        kind, asks = kind_of(content, particle, rng)
        if kind is None or (kind == "何" and (len(content) < 2 or particle == "の" or re.search("[ぁ-ん]$", content))):
            continue
        best = (i, content, particle, kind, asks)
        if kind != "何" or rng.random() < 0.35:
            break
    if best is None:
        return None
    i, content, particle, kind, asks = best
    start, first = places[i], i
    # What stands before it with の may belong to it: 友人の家.
    if i > 0 and phrases[i - 1].endswith("の") and len(phrases[i - 1]) <= 6 and kind in ("どこ", "誰", "何") and rng.random() < 0.5:
        first, content, start = i - 1, phrases[i - 1] + content, places[i - 1]
    low = max(0, first - rng.randint(1, 4))
    ends = [j for j in range(i + 1, len(phrases)) if VERBAL.search(phrases[j])]
    if not ends:
        return None
    before, after = phrases[low:first], phrases[i + 1 : ends[min(rng.choice([0, 0, 1, 2]), len(ends) - 1)] + 1]
    predicate, after = plain(after[-1]), after[:-1]
    before, after = [shorten(p, rng) for p in thin(before, rng)], [shorten(p, rng) for p in thin(after, rng)]
    clean = lambda parts: "".join(parts).replace("、", "")
    ask = rng.choice(asks)
    noun = [w for w in others if w not in content and content not in w]
    if noun and kind in ("誰", "どこ", "何") and rng.random() < 0.2:
        pair = [content, rng.choice(noun)]
        rng.shuffle(pair)
        ask, kind = f"{pair[0]}と{pair[1]}のどちら", "どちら"
        if rng.random() < 0.4:
            return kind, f"{pair[0]}と{pair[1]}のうち、{clean(before + after)}{predicate}のはどちらですか。", content, start
    if particle in ("は", "も"):
        particle = rng.choice(["が", "が", "を"])
    if rng.random() < 0.5:
        question = f"{clean(before + after)}{predicate}のは{ask}{particle if particle in ('から', 'まで') else ''}{rng.choice(['ですか。', 'でしょうか。', 'か。', '?', 'でしたか。'])}"
    else:
        if kind in ("いつ", "どれくらい") and particle in ("が", "を", "に") and rng.random() < 0.6:
            particle = ""
        parts = [clean(before), ask + particle, clean(after)]
        if rng.random() < 0.2:
            parts = [parts[1], parts[0], parts[2]]
        question = f"{''.join(parts)}{predicate}{rng.choice(CLOSED)}"
    return kind, question, content, start


def ask_clause(sentence, rng):
    """(kind, question, answer, start) for a reason or a manner, or None."""
    match = CAUSE.match(sentence.rstrip("。"))
    if match:
        begin = match[1].rfind("、") + 1
        answer, rest = match[1][begin:], plain(match[3])
        if len(answer) >= 3:
            topic = match[1][:begin].replace("、", "") if len(match[1][:begin]) < 12 and rng.random() < 0.5 else ""
            ask = rng.choice(["なぜ", "どうして", "なんで"])
            question = rng.choice([f"{topic}{rest}のは{ask}ですか。", f"{ask}{topic}{rest}のですか。", f"{topic}{rest}理由は何ですか。", f"{topic}{rest}のは{ask}か。", f"{topic}は{ask}{rest}のか。" if topic else f"{ask}{rest}のか。"])
            return "なぜ", question, answer, begin
    match = MANNER.match(sentence.rstrip("。"))
    if match:
        begin = max(match[1].rfind(mark) for mark in "、はがも") + 1
        answer = match[1][begin:]
        if len(answer) >= 3:
            ask, rest = rng.choice(["どのように", "どうやって", "どんなふうに"]), plain(match[2])
            topic = match[1][:begin].replace("、", "")
            return "どのように", rng.choice([f"{topic}{ask}{rest}のですか。", f"{topic}{ask}{rest}か。", f"{ask}{rest}のでしょうか。"]), answer, begin
    return None


def ask(context, rng):
    """A text of `context` and one question about it, or None where none is found."""
    sentences = [m for m in SENTENCE.finditer(context) if 10 <= len(m[0]) <= 110]
    if not sentences:
        return None
    for _ in range(3):
        match = rng.choice(sentences)
        body = match[0]
        others = []
        if rng.random() < 0.5:
            others = [w for w in re.findall(r"[\u4e00-\u9fff々]{2,5}|[ァ-ヴー]{2,8}", context)]
        found = ask_clause(body, rng) if rng.random() < 0.4 else None
        found = found or ask_noun(body, rng, others)
        if found:
            kind, question, answer, start = found
            if 5 <= len(question) <= 60:
                return {"context": context, "questions": [{"kind": kind, "question": question, "answer": answer, "start": match.start() + start}]}
    return None
