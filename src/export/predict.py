"""Answers questions about texts with the model in this folder, one by one: python predict.py (needs transformers, torch, sentencepiece)."""
import pathlib
import sys

from transformers import AutoModelForQuestionAnswering, AutoTokenizer, QuestionAnsweringPipeline

folder = pathlib.Path(__file__).resolve().parent
answer = QuestionAnsweringPipeline(
    model=AutoModelForQuestionAnswering.from_pretrained(folder).float().eval(),
    tokenizer=AutoTokenizer.from_pretrained(folder),
)
if not sys.stdin.isatty():
    sys.stdin.reconfigure(encoding="utf-8")
context = input("Text / 文章: ")
while question := input("Question / 質問 (empty ends / 空で終了): "):
    for found in answer(question=question, context=context, top_k=3, align_to_words=False):
        print(f"{found['score']:.3f}  {found['answer']}  [{found['start']}:{found['end']}]")
