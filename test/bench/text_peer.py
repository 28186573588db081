"""The peers of the text benchmark: Hugging Face's Rust tokenizers, and seqeval.

Reads one JSON request a line and answers each with one JSON line; what it times is the work alone, not the request.
"""

import json
import sys
import time


def sentences_of(file):
    """The columns of each sentence of a file whose columns are separated by single spaces."""
    with open(file, encoding="utf8") as text:
        for block in text.read().split("\n\n"):
            if block.strip():
                yield list(zip(*(line.split(" ") for line in block.strip().split("\n"))))


def open_tokenizer(request):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(request["tokenizer"])
    words = [columns[0] for columns in sentences_of(request["file"])]
    encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
    return lambda: {
        "pieces": sum(len(e.ids) for e in encode(words, is_pretokenized=True, add_special_tokens=False))
    }


def open_scorer(request):
    from seqeval.metrics import classification_report

    _, gold, predicted = (list(map(list, column)) for column in zip(*sentences_of(request["file"])))
    return lambda: {"f1": float(classification_report(gold, predicted, output_dict=True)["micro avg"]["f1-score"])}


work = None
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "run":
        start = time.perf_counter()
        answer = work()
        answer["seconds"] = time.perf_counter() - start
    else:
        work = {"tokenize": open_tokenizer, "score": open_scorer}[request["do"]](request)
        answer = {}
    print(json.dumps(answer), flush=True)
