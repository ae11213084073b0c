"""Trains the vocabulary of the built-in model: spm.model and tokenizer.json.

    python tools/train_vocabulary.py OUT_DIR --corpus FILE.txt.xz [--words 2000]

Every kana, kanji of JIS X 0208, letter, digit and mark is a piece of its own, with bytes for all that is none of them, so nothing is unknown.
Beside them stand the frequent words that sentencepiece finds within one script, never with a numeral, and a list of words in hiragana: so a
token ends wherever the script changes, at digits and at particles, which is where facts end. Needs sentencepiece, transformers 4.57.
"""

import argparse
import io
import json
import lzma
import pathlib
import re

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb2
from transformers import DebertaV2TokenizerFast

from sample_texts import read_texts

EDGE = "\t"
NUMERALS = "〇一二三四五六七八九十百千万億兆"
SCRIPTS = re.compile(rf"[{NUMERALS}]|(?:(?![{NUMERALS}])[\u4e00-\u9fff々])+|[ァ-ヴー]+|[A-Za-z]+")
# Words in hiragana that begin and end where words do: a piece learned from text would swallow particles.
HIRAGANA = """です でした でしょう ます ました ません ましょう ください という として について によって ため から まで ので のに より など だけ ほど ごろ くらい
こと もの ところ とき よう そう ここ そこ これ それ あれ この その あの どこ いつ なぜ だれ どう どの どちら どれ いくら いくつ どんな どうして どうやって どのよう どのくらい どれくらい
した して しない する される された された され られる られた られ れた れる ている ていた ておく てある てくる てから ながら だった である なった なる なり ある あり あった ない なかった なく
いる いた いて いう いい よい できる できた でき った って った さん くん ちゃん さま たち また まず もう まだ すぐ とても しかし そして すると""".split()


def single_characters():
    """The characters of JIS X 0208, printable ASCII, the kana and the four kanji of everyday use that JIS X 0208 lacks, as the normalizer leaves them."""
    found = [chr(c) for c in range(33, 127)] + [chr(c) for c in range(0xA1, 0x100)] + [chr(c) for c in range(0x3041, 0x30FF)] + list("𠮟塡剝頰")
    for row in range(0x21, 0x75):
        for cell in range(0x21, 0x7F):
            try:
                found.append(bytes([row + 0x80, cell + 0x80]).decode("euc_jp"))
            except UnicodeDecodeError:
                pass
    normalizer = spm.SentencePieceNormalizer(rule_name="nmt_nfkc", add_dummy_prefix=False, remove_extra_whitespaces=False)
    normal = (normalizer.normalize(c) for c in found)
    return sorted({c for c in normal if len(c) == 1 and not c.isspace() and c != "▁"})


def frequent_words(lines, count):
    """Words of one script with their log-probabilities, the most frequent first."""
    model = io.BytesIO()
    cut = (EDGE.join(SCRIPTS.findall(line)) for line in lines)
    spm.SentencePieceTrainer.train(sentence_iterator=cut, model_writer=model, vocab_size=12000, model_type="unigram", character_coverage=0.999,
        max_sentencepiece_length=6, pretokenization_delimiter=EDGE, normalization_rule_name="nmt_nfkc", num_threads=1, minloglevel=2)
    proto = pb2.ModelProto.FromString(model.getvalue())
    words = [(p.piece, p.score) for p in proto.pieces if p.type == 1 and len(p.piece) > 1 and "▁" not in p.piece and EDGE not in p.piece]
    kept = [(w, s) for w, s in words if len(w) < 4 or not re.match("[一-鿿]", w)]
    return kept[:count], {p.piece: p.score for p in proto.pieces}, proto


def build(lines, count):
    """The model: special tokens, bytes, single characters, words."""
    words, scores, trained = frequent_words(lines, count)
    lowest = min(scores.values()) - 4
    proto = pb2.ModelProto()
    proto.CopyFrom(trained)
    del proto.pieces[:]
    add = lambda piece, score, kind: proto.pieces.add(piece=piece, score=score, type=kind)
    for piece, kind in (("[PAD]", 3), ("[CLS]", 3), ("[SEP]", 3), ("[UNK]", 2), ("[MASK]", 4)):
        add(piece, 0.0, kind)
    for byte in range(256):
        add(f"<0x{byte:02X}>", 0.0, 6)
    for character in ["▁", *single_characters()]:
        # One piece is always likelier than the same characters apart, so words are cut alike wherever they stand.
        add(character, min(scores.get(character, lowest), -9.0), 1)
    for word in dict.fromkeys(HIRAGANA):
        add(word, -6.0, 1)
    for word, score in words:
        add(word, score, 1)
    # What other programs write for 〜 and ‖ of JIS X 0208; the normalizer leaves it as it is.
    for character in "～∥":
        add(character, lowest, 1)
    t = proto.trainer_spec
    t.pad_id, t.bos_id, t.eos_id, t.unk_id = 0, 1, 2, 3
    t.pad_piece, t.bos_piece, t.eos_piece, t.unk_piece = "[PAD]", "[CLS]", "[SEP]", "[UNK]"
    t.byte_fallback, t.vocab_size, t.pretokenization_delimiter = True, len(proto.pieces), ""
    t.user_defined_symbols.append("[MASK]")
    return proto.SerializeToString()


def save(model, out):
    """spm.model, tokenizer.json and what transformers wants beside them. The converter leaves the bytes out, so they are switched on after it."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "spm.model").write_bytes(model)
    fast = DebertaV2TokenizerFast(vocab_file=str(out / "spm.model"), do_lower_case=False, split_by_punct=False, model_max_length=512)
    fast.save_pretrained(out)
    path = out / "tokenizer.json"
    tokenizer = json.loads(path.read_text("utf-8"))
    tokenizer["model"]["byte_fallback"] = True
    path.write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--words", type=int, default=2000)
    given = parser.parse_args()
    ours = [line for text in read_texts("train") for line in [text["context"], *(q["question"] for q in text["questions"])]]
    with lzma.open(given.corpus, "rt", encoding="utf-8") as file:
        prose = [line for number, line in enumerate(file) if number % 12 == 0 and not line.startswith("#")]
    save(build(prose + ours * 6, given.words), given.out)
