"""What transformers makes of an exported folder: reads {folder, sentences: [[word]], ids: [[id]]} from the standard input and
writes the model's number type and labels, the pieces of each sentence, and the logits of each row of ids by the model and, where
it is installed, by onnxruntime."""
import json
import sys

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

request = json.load(sys.stdin)
folder = request["folder"]
model = AutoModelForTokenClassification.from_pretrained(folder).eval()
tokenizer = AutoTokenizer.from_pretrained(folder)
tagger = pipeline("token-classification", model=folder, aggregation_strategy="first")
length = max(map(len, request["ids"]))
rows = [ids + [tokenizer.pad_token_id] * (length - len(ids)) for ids in request["ids"]]
inputs = {
    "input_ids": torch.tensor(rows),
    "attention_mask": torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids in request["ids"]]),
}


def real(logits):
    return [row[: len(ids)].tolist() for row, ids in zip(logits, request["ids"])]


def onnx(name):
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(f"{folder}/onnx/{name}.onnx", providers=["CPUExecutionProvider"])
    given = {name: value.numpy() for name, value in inputs.items()}
    given["token_type_ids"] = 0 * given["input_ids"]
    return real(session.run(["logits"], {each.name: given[each.name] for each in session.get_inputs()})[0])


with torch.no_grad():
    logits = model(**inputs).logits.float()
answer = {
    "dtype": str(next(model.parameters()).dtype),
    "labels": model.config.id2label,
    "pieces": [tokenizer(words, is_split_into_words=True)["input_ids"] for words in request["sentences"]],
    "entities": [isinstance(tagger(" ".join(words)), list) for words in request["sentences"][:2]],
    "logits": real(logits),
    "onnx": onnx("model"),
}
json.dump(answer, sys.stdout)
