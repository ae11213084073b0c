"""Makes public/sample/train.json and valid.json: questions about invented people, towns, firms ... in SQuAD v1.1 format.

    python tools/make_sample.py OUT_DIR [--seed 1]

Every context is one entity's description, made of 3 to 6 of its domain's sentences; every {slot} of a sentence can be
asked for. The two files share sentence patterns and no entity: the names of valid.json are made from other characters.
tools/pretrain.py uses `contexts(...)` with names that neither file holds as question subjects. All text is CC0.
"""
import argparse, json, pathlib, random

# Name parts: the first half serves train.json and the pretraining, the second half valid.json.
FAMILY = "青木 石井 上田 岡本 加藤 木下 小林 佐々木 清水 高橋 中村 西川 橋本 藤田 松本 三浦 村上 森田 山口 渡辺|秋山 池田 大塚 片山 工藤 近藤 柴田 杉本 竹内 千葉 土屋 永井 野口 浜田 平野 堀 前田 水野 安田 吉川".split("|")
GIVEN = "愛子 一郎 恵美 和夫 健太 幸子 静香 太郎 千春 直樹 春香 秀樹 真由美 誠 美咲 優子|明 綾 薫 邦彦 沙織 俊介 奈々 花 弘 文子 正 瑞穂 康夫 由紀 良太 涼子".split("|")
PLACE = "北 東 白 青 大 小 高 長|南 西 黒 赤 中 新 深 広".split("|")
PLACE2 = "山 川 島 浜 森 野 沢 田|岡 原 崎 池 坂 橋 谷 津".split("|")
WORD = "あさひ さくら みどり ひかり すみれ わかば|つばさ こだま しらゆき かなえ もみじ のぞみ|あおば かもめ いずみ つばき ほのか みさき".split("|")
PREF = "北海道 青森県 岩手県 宮城県 山形県 茨城県 群馬県 千葉県 東京都 新潟県 石川県 長野県 静岡県 愛知県 京都府 大阪府 兵庫県 奈良県 広島県 香川県 福岡県 長崎県 熊本県 沖縄県".split()
JOB = "画家 作家 医師 建築家 物理学者 作曲家 写真家 料理人 登山家 植物学者 詩人 教師".split()
GOODS = "自転車 時計 楽器 文房具 家具 眼鏡 靴 陶器 紙 ガラス 布 玩具".split()
CROP = "りんご 米 茶 みかん ぶどう 大豆 そば さつまいも 玉ねぎ 梨 桃 いちご".split()
FISH = "さけ かに いわし まぐろ たこ いか ほたて えび".split()
DISASTER = "大雨 地震 火事 強風 大雪 洪水 落雷 津波".split()
TROUBLE = "火事 人手不足 資金不足 戦争 老朽化 原料不足 不況 事故".split()
REASON = "病気 戦争 火事 洪水 仕事 研究 結婚 療養".split()
COLOR = "赤 青 白 黒 黄色 緑 紫 金色".split()
FOOD = "木の実 小魚 昆虫 草の葉 果実 海藻 花の蜜 貝".split()
MATERIAL = "石 木 鉄 れんが 竹 銅 土 紙".split()
SUBJECT = "数学 音楽 歴史 化学 美術 法律 農業 天文学 経済 文学".split()
SEASON = "春 夏 秋 冬".split()
HABITAT = "湿地 森林 草原 洞窟 砂浜 高山 川辺 湖".split()
PRIZE = "文化賞 科学賞 芸術賞 平和賞 功労賞 奨励賞 最優秀賞 特別賞".split()
USE = "治療 通信 発電 測量 印刷 冷却 運搬 照明 洗浄 乾燥".split()


class Names:
    """Draws names from the train half (0) or the valid half (1) of the parts, or (2) across them: names of neither file."""
    def __init__(self, rng, half): self.r, self.half, self.used = rng, half, set()
    def part(self, lists, half=None): return self.r.choice(lists[self.half if half is None else half].split())
    def pair(self, first, second):
        if self.half < 2: return self.part(first) + self.part(second)
        half = self.r.randint(0, 1)
        return self.part(first, half) + self.part(second, 1 - half)
    def once(self, make):
        for _ in range(200):
            name = make()
            if name not in self.used: self.used.add(name); return name
        return make()
    def person(self): return self.pair(FAMILY, GIVEN)
    def place(self): return self.pair(PLACE, PLACE2)
    def word(self): return self.part(WORD)


def years(r, count): return [f"{y}年" for y in sorted(r.sample(range(1850, 2020), count))]
def day(r): return f"{r.randint(1, 12)}月{r.randint(1, 28)}日"
def number(r, low, high, unit): return f"{r.choice([r.randint(low, high), r.randint(low, high) // 10 * 10 or low])}{unit}"
def two(r, items, joint="と"): a, b = r.sample(items, 2); return a + joint + b


def domains(n, r):
    """(title, sentences, questions): sentence i holds {slots}; questions[slot] are wordings with {t} for the title."""
    def person():
        t = n.once(n.person); job = r.choice(JOB)
        born, published, prizeyear = years(r, 3)
        slots = dict(job=job, born=born, pref=r.choice(PREF), school=n.place() + "大学", subject=r.choice(SUBJECT), teacher=n.person(), work=f"『{n.place()}の{r.choice(SEASON)}』", published=published,
                     prize=r.choice(PRIZE), prizeyear=prizeyear, cause=r.choice(REASON), town=n.place() + "市", hobby=r.choice(["釣り", "将棋", "登山", "園芸", "水泳", "読書", "囲碁", "料理"]))
        s = [("{t}は、日本の{job}である。", "job"), ("{born}に{pref}で生まれた。", "born pref"), ("{school}で{subject}を学び、{teacher}に教わった。", "school subject teacher"),
             ("{published}に発表した{work}が広く知られている。", "published work"), ("{prizeyear}には{prize}を受けた。", "prizeyear prize"), ("晩年は{cause}のため{town}に移り住んだ。", "cause town"), ("趣味は{hobby}だった。", "hobby")]
        q = dict(job=["{t}の職業は何か。", "{t}は何をしていた人か。"], born=["{t}は何年に生まれたか。", "{t}が生まれたのはいつか。"], pref=["{t}はどこで生まれたか。", "{t}の出身地はどこか。"], school=["{t}はどの大学で学んだか。", "{t}が学んだ大学はどこか。"],
                 subject=["{t}は大学で何を学んだか。"], teacher=["{t}は誰に教わったか。", "{t}を教えたのは誰か。"], published=["{work}が発表されたのは何年か。", "{t}が{work}を発表したのはいつか。"], work=["{t}の広く知られている作品は何か。", "{t}が{published}に発表した作品は何か。"],
                 prizeyear=["{t}が{prize}を受けたのは何年か。"], prize=["{t}が{prizeyear}に受けた賞は何か。", "{t}は何という賞を受けたか。"], cause=["{t}が晩年に移り住んだ理由は何か。", "{t}は何のために移り住んだか。"], town=["{t}は晩年どこに移り住んだか。", "晩年の{t}が住んだ市はどこか。"], hobby=["{t}の趣味は何か。", "{t}は何を趣味としたか。"])
        return t, s, q, slots
    def town():
        t = n.once(lambda: n.place() + r.choice(["市", "町", "村"]))
        slots = dict(pref=r.choice(PREF), pop=number(r, 1200, 98000, "人"), area=number(r, 20, 700, "平方キロメートル"), crop=two(r, CROP), fish=r.choice(FISH), river=n.place() + "川", mountain=n.place() + "岳", high=number(r, 400, 2900, "メートル"), mayor=n.person(), since=years(r, 1)[0], flower=r.choice(["桜", "ゆり", "つつじ", "菊", "梅", "あじさい"]))
        s = [("{t}は、{pref}にある自治体である。", "pref"), ("人口は{pop}で、面積は{area}である。", "pop area"), ("特産品は{crop}である。", "crop"), ("中心部を{river}が流れている。", "river"), ("最も高い山は{mountain}で、高さは{high}ある。", "mountain high"), ("{since}から{mayor}が長を務めた。", "since mayor"), ("町の花は{flower}である。", "flower"), ("港では{fish}がよくとれる。", "fish")]
        q = dict(pref=["{t}はどこにあるか。", "{t}がある都道府県はどこか。"], pop=["{t}の人口は何人か。", "{t}には何人が住んでいるか。"], area=["{t}の面積はどれくらいか。", "{t}の広さはどのくらいか。"], crop=["{t}の特産品は何か。", "{t}は何が特産か。"], river=["{t}の中心部を流れる川は何か。", "{t}を流れる川の名前は何か。"],
                 mountain=["{t}で最も高い山は何か。", "{t}の最高峰は何という山か。"], high=["{mountain}の高さはどれくらいか。", "{t}で最も高い山の高さは何メートルか。"], since=["{mayor}が{t}の長になったのはいつか。"], mayor=["{t}の長を務めたのは誰か。", "{since}から{t}の長だったのは誰か。"], flower=["{t}の花は何か。"], fish=["{t}の港でよくとれるものは何か。", "{t}では何がよくとれるか。"])
        return t, s, q, slots
    def company():
        t = n.once(lambda: n.place() + r.choice(["製作所", "工業", "商会", "産業"]))
        founded, moved = years(r, 2)
        slots = dict(goods=two(r, GOODS), founded=founded, founder=n.person(), city=n.place() + "市", staff=number(r, 15, 4800, "人"), sales=number(r, 3, 900, "億円"), president=n.person(), moved=moved, cause=r.choice(TROUBLE), brand=n.word(), export=r.choice(["アメリカ", "中国", "ドイツ", "インド", "ブラジル", "タイ", "フランス", "韓国"]))
        s = [("{t}は、{goods}を作る会社である。", "goods"), ("{founded}に{founder}が設立した。", "founded founder"), ("本社は{city}にある。", "city"), ("従業員は{staff}で、売上高は{sales}である。", "staff sales"), ("現在の社長は{president}である。", "president"), ("{moved}には{cause}によって工場を閉じた。", "moved cause"), ("主な商品名は「{brand}」である。", "brand"), ("製品は主に{export}へ輸出される。", "export")]
        q = dict(goods=["{t}は何を作る会社か。", "{t}が作っているものは何か。"], founded=["{t}はいつ設立されたか。", "{t}が設立されたのは何年か。"], founder=["{t}を設立したのは誰か。", "{t}の創業者は誰か。"], city=["{t}の本社はどこにあるか。", "{t}の本社がある市はどこか。"], staff=["{t}の従業員は何人か。", "{t}では何人が働いているか。"], sales=["{t}の売上高はいくらか。"],
                 president=["{t}の現在の社長は誰か。", "{t}の社長の名前は何か。"], moved=["{t}が工場を閉じたのは何年か。", "{t}が{cause}で工場を閉じたのはいつか。"], cause=["{t}が工場を閉じた原因は何か。", "{t}はなぜ工場を閉じたか。"], brand=["{t}の主な商品名は何か。"], export=["{t}の製品は主にどこへ輸出されるか。", "{t}の主な輸出先はどこか。"])
        return t, s, q, slots
    def festival():
        t = n.once(lambda: n.place() + r.choice(["祭り", "花火大会", "音楽祭", "雪まつり"]))
        began, stop = years(r, 2)
        slots = dict(town=n.place() + r.choice(["市", "町"]), date=day(r), began=began, purpose=r.choice(["豊作", "大漁", "安全", "健康", "平和", "雨", "長寿"]), guests=number(r, 2, 80, "万人"), food=two(r, ["餅", "団子", "そば", "汁粉", "焼き魚", "甘酒"]), chair=n.person(), stop=stop, cause=r.choice(DISASTER), color=r.choice(COLOR))
        s = [("{t}は、{town}で開かれる行事である。", "town"), ("毎年{date}に行われる。", "date"), ("{began}に{purpose}を願って始まった。", "began purpose"), ("{guests}が訪れる。", "guests"), ("会場では{food}がふるまわれる。", "food"), ("実行委員長は{chair}である。", "chair"), ("{stop}は{cause}のため中止された。", "stop cause"), ("参加者は{color}の衣装を着る。", "color")]
        q = dict(town=["{t}はどこで開かれるか。", "{t}が開かれる場所はどこか。"], date=["{t}は毎年いつ行われるか。", "{t}が行われる日はいつか。"], began=["{t}は何年に始まったか。", "{t}が始まったのはいつか。"], purpose=["{t}は何を願って始まったか。"], guests=["{t}には何人が訪れるか。", "{t}の来場者は何人か。"], food=["{t}の会場でふるまわれるものは何か。", "{t}では何がふるまわれるか。"], chair=["{t}の実行委員長は誰か。"],
                 stop=["{t}が中止されたのは何年か。", "{cause}で{t}が中止されたのはいつか。"], cause=["{t}が中止された理由は何か。", "{t}はなぜ中止されたか。"], color=["{t}の参加者は何色の衣装を着るか。"])
        return t, s, q, slots
    def building():
        t = n.once(lambda: n.place() + r.choice(["城", "寺", "博物館", "図書館", "大橋", "灯台"]))
        built, burned, repaired = years(r, 3)
        slots = dict(town=n.place() + "市", built=built, architect=n.person(), material=r.choice(MATERIAL), high=number(r, 8, 320, "メートル"), burned=burned, cause=r.choice(DISASTER), repaired=repaired, cost=number(r, 2, 95, "億円"), color=r.choice(COLOR), close=r.choice(["月曜日", "火曜日", "水曜日", "木曜日", "金曜日"]))
        s = [("{t}は、{town}にある建造物である。", "town"), ("{built}に{architect}の設計で建てられた。", "built architect"), ("主に{material}で造られ、高さは{high}である。", "material high"), ("{burned}に{cause}で大きな被害を受けた。", "burned cause"), ("{repaired}に{cost}をかけて修理された。", "repaired cost"), ("外壁は{color}に塗られている。", "color"), ("毎週{close}は休みである。", "close")]
        q = dict(town=["{t}はどこにあるか。", "{t}がある市はどこか。"], built=["{t}はいつ建てられたか。", "{t}が建てられたのは何年か。"], architect=["{t}を設計したのは誰か。", "{t}の設計者は誰か。"], material=["{t}は主に何で造られているか。", "{t}の主な材料は何か。"], high=["{t}の高さはどれくらいか。", "{t}は何メートルの高さか。"], burned=["{t}が被害を受けたのは何年か。"], cause=["{t}は何によって被害を受けたか。", "{t}が被害を受けた原因は何か。"],
                 repaired=["{t}が修理されたのは何年か。", "{t}はいつ修理されたか。"], cost=["{t}の修理にはいくらかかったか。", "{t}の修理の費用はいくらか。"], color=["{t}の外壁は何色か。"], close=["{t}の休みは何曜日か。", "{t}が休みになるのはいつか。"])
        return t, s, q, slots
    def animal():
        t = n.once(lambda: n.place() + r.choice(["ねずみ", "がえる", "すずめ", "とんぼ", "ぎつね", "うさぎ"]))
        slots = dict(habitat=r.choice(HABITAT), pref=r.choice(PREF), length=number(r, 2, 95, "センチメートル"), weight=number(r, 5, 950, "グラム"), food=two(r, FOOD), finder=n.person(), found=years(r, 1)[0], season=r.choice(SEASON), eggs=number(r, 2, 60, "個"), color=r.choice(COLOR), cause=r.choice(["開発", "乱獲", "水質汚染", "温暖化", "外来種", "伐採"]))
        s = [("{t}は、{pref}の{habitat}にすむ動物である。", "pref habitat"), ("体長は{length}、体重は{weight}ほどである。", "length weight"), ("{food}を食べる。", "food"), ("{found}に{finder}が発見した。", "found finder"), ("{season}に{eggs}ほどの卵を産む。", "season eggs"), ("背中は{color}である。", "color"), ("近年は{cause}によって数が減っている。", "cause")]
        q = dict(pref=["{t}はどの都道府県にすむか。"], habitat=["{t}はどんな場所にすむか。", "{t}のすむ環境は何か。"], length=["{t}の体長はどれくらいか。", "{t}の体の長さは何センチメートルか。"], weight=["{t}の体重はどれくらいか。", "{t}は何グラムほどの重さか。"], food=["{t}は何を食べるか。", "{t}が食べるものは何か。"], found=["{t}が発見されたのは何年か。", "{t}はいつ発見されたか。"], finder=["{t}を発見したのは誰か。", "{t}の発見者は誰か。"],
                 season=["{t}はいつの季節に卵を産むか。"], eggs=["{t}は卵をいくつ産むか。", "{t}が産む卵の数はどれくらいか。"], color=["{t}の背中は何色か。"], cause=["{t}の数が減っている原因は何か。", "{t}はなぜ減っているか。"])
        return t, s, q, slots
    def machine():
        t = n.once(lambda: n.word() + f"{r.randint(2, 99)}号")
        made, end = years(r, 2)
        slots = dict(firm=n.place() + "研究所", use=r.choice(USE), year=made, engineer=n.person(), weight=number(r, 3, 900, "キログラム"), speed=number(r, 10, 480, "キロメートル"), power=r.choice(["太陽光", "蒸気", "電池", "水素", "風", "ガソリン"]), price=number(r, 5, 800, "万円"), cause=r.choice(TROUBLE), end=end, sold=number(r, 40, 9000, "台"))
        s = [("{t}は、{firm}が作った{use}用の機械である。", "firm use"), ("{year}に{engineer}が設計した。", "year engineer"), ("重さは{weight}で、時速{speed}で動く。", "weight speed"), ("動力には{power}を使う。", "power"), ("価格は{price}で、{sold}が売れた。", "price sold"), ("{end}に{cause}のため製造を終えた。", "end cause")]
        q = dict(firm=["{t}を作ったのはどこか。", "{t}はどこが作ったか。"], use=["{t}は何に使う機械か。", "{t}の用途は何か。"], year=["{t}は何年に設計されたか。", "{t}が設計されたのはいつか。"], engineer=["{t}を設計したのは誰か。", "{t}の設計者は誰か。"], weight=["{t}の重さはどれくらいか。", "{t}は何キログラムか。"], speed=["{t}は時速何キロメートルで動くか。", "{t}の時速はどれくらいか。"], power=["{t}の動力は何か。", "{t}は動力に何を使うか。"],
                 price=["{t}の価格はいくらか。", "{t}はいくらで売られたか。"], sold=["{t}は何台売れたか。"], end=["{t}の製造が終わったのは何年か。", "{t}はいつ製造を終えたか。"], cause=["{t}の製造が終わった理由は何か。", "{t}はなぜ製造を終えたか。"])
        return t, s, q, slots
    def line():
        t = n.once(lambda: n.place() + r.choice(["鉄道", "線", "電鉄"]))
        opened, closed = years(r, 2)
        start, end = n.place(), n.place()
        while end == start: end = n.place()
        slots = dict(start=start + "駅", end=end + "駅", length=number(r, 4, 180, "キロメートル"), stops=number(r, 5, 60, "駅"), opened=opened, builder=n.person(), goods=r.choice(["石炭", "木材", "米", "石灰石", "鉄鉱石", "砂利", "塩", "茶"]), color=r.choice(COLOR), riders=number(r, 200, 90000, "人"), closed=closed, cause=r.choice(DISASTER))
        s = [("{t}は、{start}と{end}を結ぶ路線である。", "start end"), ("全長は{length}で、{stops}がある。", "length stops"), ("{opened}に{builder}の努力で開通した。", "opened builder"), ("かつては{goods}を運んでいた。", "goods"), ("車両は{color}に塗られている。", "color"), ("一日の利用者は{riders}である。", "riders"), ("{closed}に{cause}で一時運休した。", "closed cause")]
        q = dict(start=["{t}は{end}とどの駅を結ぶか。"], end=["{t}は{start}とどの駅を結ぶか。"], length=["{t}の全長はどれくらいか。", "{t}は何キロメートルの長さか。"], stops=["{t}にはいくつの駅があるか。", "{t}の駅の数はいくつか。"], opened=["{t}はいつ開通したか。", "{t}が開通したのは何年か。"], builder=["{t}は誰の努力で開通したか。"], goods=["{t}はかつて何を運んでいたか。", "{t}が運んでいたものは何か。"], color=["{t}の車両は何色か。"],
                 riders=["{t}の一日の利用者は何人か。", "{t}を一日に利用するのは何人か。"], closed=["{t}が運休したのは何年か。", "{t}はいつ運休したか。"], cause=["{t}が運休した原因は何か。", "{t}はなぜ運休したか。"])
        return t, s, q, slots
    return [person, town, company, festival, building, animal, machine, line]


def contexts(rng, half, count, marker=""):
    """`count` paragraphs with all questions that their sentences answer; `marker` is put around every slot (for the vocabulary)."""
    names = Names(rng, half)
    makers = domains(names, rng)
    for k in range(count):
        title, sentences, questions, slots = makers[k % len(makers)]()
        first, rest = sentences[0], sentences[1:]
        chosen = [first] + [s for s in rest if s in rng.sample(rest, min(len(rest), rng.randint(2, 5)))]
        context, spans = "", {}
        for pattern, _ in chosen:
            while pattern:
                head, _, tail = pattern.partition("{")
                context += head
                if not tail: break
                slot, _, pattern = tail.partition("}")
                value = title if slot == "t" else slots[slot]
                context += marker
                if slot != "t": spans[slot] = (len(context), value)
                context += value + marker
        qas = []
        for slot, (start, value) in spans.items():
            # A question must not use a fact that the context leaves out, and its answer must be the only one of its text.
            usable = [q for q in questions[slot] if all("{" + s + "}" not in q or s in spans for s in slots)]
            if usable and context.count(value) == 1:
                qas.append((slot, [q.replace("{t}", marker + title + marker) for q in usable], start, value))
        yield title, context, qas, slots, spans, marker


def fill(question, slots, marker=""):
    for slot, value in slots.items(): question = question.replace("{" + slot + "}", marker + value + marker)
    return question


def squad(rng, half, count, per_context, prefix):
    data, total = [], 0
    for k, (title, context, qas, slots, _, _) in enumerate(contexts(rng, half, 100000)):
        if total >= count: break
        rows = []
        for j, (_, wordings, start, value) in enumerate(rng.sample(qas, min(per_context, len(qas)))):
            rows.append(dict(id=f"{prefix}{k:04d}q{j}", question=fill(rng.choice(wordings), slots), answers=[dict(text=value, answer_start=start)], is_impossible=False))
        total += len(rows)
        data.append(dict(title=title, paragraphs=[dict(context=context, qas=rows)]))
    return dict(version="1.1", license="CC0-1.0", data=data)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("out", type=pathlib.Path); ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args(); a.out.mkdir(parents=True, exist_ok=True)
    for name, half, count in [("train", 0, 1200), ("valid", 1, 240)]:
        file = squad(random.Random(a.seed + half), half, count, 3, name[0])
        (a.out / f"{name}.json").write_text(json.dumps(file, ensure_ascii=False, indent=1) + "\n")
        texts = [p["context"] for d in file["data"] for p in d["paragraphs"]]
        print(name, sum(len(p["qas"]) for d in file["data"] for p in d["paragraphs"]), "questions,", len(texts), "contexts,", sum(map(len, texts)) // len(texts), "characters each")
