"""The peer of the job benchmark: a student distilled as a plain PyTorch and transformers script would, to the settings of ours.

The same files, tokenizer, initial weights, teacher, batches (shuffled, of like lengths), epochs, schedule, dropout, word dropout
and loss, predictions for the validation part after every epoch and for the test part in the end; the weights, tokenizer
and predictions are saved. Argument: a JSON file with the settings. Prints what did it.
"""

import json
import random
import sys

import torch
import transformers
from safetensors.torch import load_file
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

transformers.logging.set_verbosity_error()
IGNORED = -100
POOL_BATCHES = 64

with open(sys.argv[1], encoding="utf8") as file:
    job = json.load(file)
training = job["training"]
torch.set_num_threads(job["threads"])
torch.manual_seed(training["seed"])
random.seed(training["seed"])


def read(path, limit):
    sentences, rows = [], []
    with open(path, encoding="utf8") as lines:
        for line in [*lines, "\n"]:
            columns = line.split()
            if len(columns) > 1 and columns[0] != "-DOCSTART-":
                rows.append((columns[0], columns[-1]))
            elif rows:
                sentences.append(tuple(zip(*rows)))
                rows = []
    return sentences[:limit]


config = AutoConfig.from_pretrained(job["config"])
tokenizer = AutoTokenizer.from_pretrained(job["config"])
corpus = {part: read(job["files"][part], job["limit"].get(part)) for part in ("train", "valid", "test")}


def encode(sentences):
    """Piece ids of each sentence, and the label at each word's first piece."""
    encoding = tokenizer(
        [list(words) for words, _ in sentences],
        is_split_into_words=True,
        truncation=True,
        max_length=job["maxLength"],
        return_token_type_ids=False,
    )
    encoded = []
    for i, (_, tags) in enumerate(sentences):
        labels, last = [], None
        for word in encoding.word_ids(i):
            labels.append(IGNORED if word is None or word == last else config.label2id[tags[word]])
            last = word
        encoded.append((torch.tensor(encoding.input_ids[i]), torch.tensor(labels)))
    return encoded


encoded = {part: encode(sentences) for part, sentences in corpus.items()}


def padded(rows):
    pad = torch.nn.utils.rnn.pad_sequence
    ids = pad([ids for ids, _ in rows], True, tokenizer.pad_token_id)
    labels = pad([labels for _, labels in rows], True, IGNORED)
    mask = pad([torch.ones_like(ids) for ids, _ in rows], True)
    return ids, mask, labels


def logits_of(model, part):
    """Logits `[words, classes]` of each sentence, at the first pieces of its words."""
    model.eval()
    rows = encoded[part]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    logits = [None] * len(rows)
    with torch.inference_mode():
        for start in range(0, len(order), 32):
            members = order[start : start + 32]
            ids, mask, labels = padded([rows[i] for i in members])
            outputs = model(input_ids=ids, attention_mask=mask).logits
            for row, i in enumerate(members):
                logits[i] = outputs[row][labels[row] != IGNORED]
    return logits


def predict(model, part):
    tags = [[config.id2label[i] for i in logits.argmax(-1).tolist()] for logits in logits_of(model, part)]
    return [each + ["O"] * (len(words) - len(each)) for each, (words, _) in zip(tags, corpus[part])]


teacher_logits = logits_of(AutoModelForTokenClassification.from_pretrained(job["teacher"]), "train")
teacher_logits = [logits.clone() for logits in teacher_logits]

model = AutoModelForTokenClassification.from_config(config, attn_implementation="sdpa")
model.load_state_dict(load_file(job["initial"]))
bare = lambda name: name.endswith("bias") or "layer_norm" in name or "LayerNorm" in name
groups = [
    {"params": [p for n, p in model.named_parameters() if bare(n) == is_bare], "weight_decay": decay}
    for is_bare, decay in ((False, training["weightDecay"]), (True, 0.0))
]
optimizer = torch.optim.AdamW(groups, training["learningRate"], fused=True)
count, size = len(encoded["train"]), training["batchSize"]
steps = training["epochs"] * -(-count // size)
warm = round(steps * training["warmup"])
schedule = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda s: (s + 1) / warm if s < warm else (steps - s) / max(1, steps - warm)
)
alpha, temperature = job["alpha"], job["temperature"]
special = torch.tensor([tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id])


def epoch_batches():
    order = random.sample(range(count), count)
    batches = []
    for start in range(0, count, size * POOL_BATCHES):
        pool = sorted(order[start : start + size * POOL_BATCHES], key=lambda i: len(encoded["train"][i][0]))
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return random.sample(batches, len(batches))


for epoch in range(training["epochs"]):
    model.train()
    for members in epoch_batches():
        ids, mask, labels = padded([encoded["train"][i] for i in members])
        dropped = (torch.rand(ids.shape) < training["wordDropout"]) & ~torch.isin(ids, special)
        ids = ids.masked_fill(dropped, tokenizer.unk_token_id)
        places = labels != IGNORED
        student = model(input_ids=ids, attention_mask=mask).logits[places]
        teacher = torch.cat([teacher_logits[i] for i in members])
        kl = F.kl_div(
            F.log_softmax(student / temperature, -1),
            F.log_softmax(teacher / temperature, -1),
            reduction="batchmean",
            log_target=True,
        )
        loss = alpha * F.cross_entropy(student, labels[places]) + (1 - alpha) * temperature**2 * kl
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), training["maxNorm"])
        optimizer.step()
        schedule.step()
    predict(model, "valid")

predicted = predict(model, "test")
model.save_pretrained(job["out"])
tokenizer.save_pretrained(job["out"])
with open(f"{job['out']}/predictions.conll", "w", encoding="utf8") as file:
    for (words, gold), tags in zip(corpus["test"], predicted):
        file.write("".join(f"{w} {g} {t}\n" for w, g, t in zip(words, gold, tags)) + "\n")
