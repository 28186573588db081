"""What the peers share: columns, pieces, the order of sentences, exact spans, losses, and a student's start.

All of it is written from what the project documents, not from its code, so that equal numbers mean something.
"""

import json
import os

import numpy as np
import torch
from torch.nn import functional as F

CRITICAL = ("PER", "ORG")
IGNORED = -100
#: Batches that are sorted by length together.
POOL = 32
#: Tells the drawing of shares from that of orders.
SHARES = 1_000_000
METHODS = ("teacher", "control", "vanilla", "logits", "weighted")


# ------------------------------------------------------------------------------------------------------------------ data


def read_columns(file):
    """Sentences of (words, tags): the word in the first column, its BIO tag in the last."""
    sentences, rows = [], []
    for line in [*open(file, encoding="utf8"), ""]:
        columns = line.split()
        if columns and columns[0] != "-DOCSTART-":
            rows.append((columns[0], columns[-1]))
        elif rows:
            sentences.append(tuple(zip(*rows)))
            rows = []
    return sentences


def tags_of(sentences):
    found = {tag for _, tags in sentences for tag in tags}
    return ["O", *sorted(found - {"O"}, key=lambda tag: (tag[2:], tag))]


def load_tokenizer(folder):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class Part:
    """A part of a corpus as models read it. Row n of its tensors is an empty sentence, which fills up batches."""

    def __init__(self, file, tokenizer, tags, max_length=128, limit=None, device="cpu"):
        self.sentences = read_columns(file)[:limit]
        self.tags = tags
        index = {tag: i for i, tag in enumerate(tags)}
        frame = [tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]", "[UNK]")]
        pieces = {}
        n = len(self.sentences)
        ids, labels = np.zeros((n + 1, max_length), np.int64), np.full((n + 1, max_length), IGNORED, np.int64)
        self.lengths = np.ones(n + 1, np.int64)
        #: Tags of all words one after another, with an O behind each sentence; and where the words are that models see.
        gold, slots = [], []
        for row, (words, gold_tags) in enumerate(self.sentences):
            position, behind = 1, len(gold)
            ids[row, 0] = frame[0]
            for word, tag in zip(words, gold_tags):
                if word not in pieces:
                    pieces[word] = tokenizer.encode(word, add_special_tokens=False).ids or [frame[2]]
                if position + len(pieces[word]) > max_length - 1:
                    break
                labels[row, position] = index[tag]
                ids[row, position : position + len(pieces[word])] = pieces[word]
                position += len(pieces[word])
                slots.append(behind)
                behind += 1
            ids[row, position] = frame[1]
            self.lengths[row] = position + 1
            gold += [*(index[tag] for tag in gold_tags), 0]
        self.gold, self.slots = np.array(gold), np.array(slots)
        self.places = np.flatnonzero(labels[:n].reshape(-1) != IGNORED)
        self.ids, self.labels = (torch.from_numpy(each).to(device) for each in (ids, labels))
        self.lengths_there = torch.from_numpy(self.lengths).to(device)

    def __len__(self):
        return len(self.sentences)

    def batch(self, rows, length):
        """ids, attention mask and labels `[..., length]` of rows `[...]`, a tensor on the device."""
        mask = torch.arange(length, device=rows.device) < self.lengths_there[rows][..., None]
        return self.ids[rows, :length], mask, self.labels[rows, :length]

    def by_length(self, size):
        order = np.argsort(self.lengths[:-1], kind="stable")
        return [order[i : i + size] for i in range(0, len(order), size)]

    def tags_in_text(self, predicted):
        """Predicted tag ids `[n, max_length]` as those of all words, with an O behind each sentence; O where words were cut."""
        flat = np.zeros_like(self.gold)
        flat[self.slots] = predicted.reshape(-1)[self.places]
        return flat

    def write(self, predicted, file):
        """Columns with gold and predicted tag."""
        flat, at = self.tags_in_text(predicted), 0
        with open(file, "w", encoding="utf8") as out:
            for words, tags in self.sentences:
                for i, (word, tag) in enumerate(zip(words, tags)):
                    out.write(f"{word} {tag} {self.tags[flat[at + i]]}\n")
                out.write("\n")
                at += len(words) + 1

    def score(self, predicted):
        """Fractions: F1 of all entities, F1 of the critical types, Coverage (recall of the critical types)."""
        return score(self.gold, self.tags_in_text(predicted), self.tags)


def share_of(part, share, seed):
    """Rows of a random share of the sentences; of one seed, a smaller share lies within a larger one."""
    n = len(part)
    return np.arange(n) if share == 1 else np.sort(np.random.default_rng([seed, SHARES]).permutation(n)[: round(share * n)])


def batches_of_epoch(part, size, seed, epoch, share=1.0):
    """Rows of each batch: shuffled by the seed, sorted by length within pools; the order of batches is the epoch's alone,
    so that models of different seeds meet sentences of about the same length at a step. Of a share of the sentences as
    many batches as of all: it is read again and again, in a new order each time."""
    n = len(part)
    random, rows = np.random.default_rng([seed, epoch]), share_of(part, share, seed)
    order = np.concatenate([random.permutation(rows) for _ in range(-(-n // len(rows)))])[:n]
    pools = [order[i : i + size * POOL] for i in range(0, n, size * POOL)]
    sorted_pools = [pool[np.argsort(part.lengths[pool], kind="stable")] for pool in pools]
    batches = [pool[i : i + size] for pool in sorted_pools for i in range(0, len(pool), size)]
    return [batches[i] for i in np.random.default_rng(epoch).permutation(len(batches))]


# ---------------------------------------------------------------------------------------------------------------- scores


def spans(ids, tags):
    """Keys of the entities (start, end, type) of tag ids, read as conlleval reads them, and whether each is critical."""
    types = sorted({tag[2:] for tag in tags})
    prefix = np.array(["OBI".index(tag[0]) for tag in tags])[ids]
    kind = np.array([types.index(tag[2:]) for tag in tags])[ids]
    before, kind_before = np.r_[0, prefix[:-1]], np.r_[0, kind[:-1]]
    begins = (prefix > 0) & ((prefix == 1) | (before == 0) | (kind != kind_before))
    borders = np.flatnonzero(begins | (prefix == 0))
    start = np.flatnonzero(begins)
    end = borders[np.searchsorted(borders, start, side="right")]
    critical = np.isin(np.array(types)[kind[start]], CRITICAL)
    return (start * (len(ids) + 1) + end) * len(types) + kind[start], critical


def score(gold, predicted, tags):
    (gold, gold_critical), (predicted, critical) = spans(gold, tags), spans(predicted, tags)
    found = np.isin(predicted, gold)
    f1 = lambda hits, a, b: float(2 * hits / (a + b)) if a + b else 0.0
    hits, all_critical = int(found[critical].sum()), int(gold_critical.sum())
    return {
        "f1": f1(found.sum(), len(gold), len(predicted)),
        "f1_critical": f1(hits, all_critical, critical.sum()),
        "coverage": hits / max(1, all_critical),
    }


# ---------------------------------------------------------------------------------------------------------------- losses


def critical_classes(tags):
    return torch.tensor([tag[2:] in CRITICAL for tag in tags])


def loss_of(method, logits, labels, teacher, critical, beta=0.0, alpha=0.5, temperature=2.0, kappa=10.0):
    """Of labelled tokens: logits and the teacher's `[N, C]`, labels `[N]`, critical classes `[C]`."""
    if method in ("teacher", "control"):
        return F.cross_entropy(logits, labels)
    weights = 1 + beta * kappa * critical if method == "weighted" else None
    cross_entropy = F.cross_entropy(logits, labels, None if weights is None else weights.to(logits))
    lower, upper = F.log_softmax(logits / temperature, -1), F.log_softmax(teacher / temperature, -1)
    divergence = F.kl_div(lower, upper, log_target=True, reduction="batchmean")
    loss = alpha * cross_entropy + (1 - alpha) * temperature**2 * divergence
    matched = critical[labels]
    if method == "logits" and matched.any():
        loss = loss + beta * F.mse_loss(logits[matched], teacher[matched])
    return loss


def rate_at(step, steps, rate, warmup=0.1):
    rising = int(steps * warmup + 0.5)
    return rate * (step + 1) / rising if step < rising else rate * (steps - step) / max(1, steps - rising)


# ---------------------------------------------------------------------------------------------------------------- starts

LAYER = {
    "bert": {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "o": "attention.output.dense",
        "n1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "n2": "output.LayerNorm",
    },
    "distilbert": {
        "q": "attention.q_lin",
        "k": "attention.k_lin",
        "v": "attention.v_lin",
        "o": "attention.out_lin",
        "n1": "sa_layer_norm",
        "up": "ffn.lin1",
        "down": "ffn.lin2",
        "n2": "output_layer_norm",
    },
}
STACK = {"bert": "encoder.layer", "distilbert": "transformer.layer"}


def names_of(architecture, layers):
    """Short names, and those of transformers without its prefix."""
    names = {"words": "embeddings.word_embeddings.weight", "positions": "embeddings.position_embeddings.weight"}
    if architecture == "bert":
        names["types"] = "embeddings.token_type_embeddings.weight"
    affine = {"norm": "embeddings.LayerNorm", "classifier": "classifier"}
    for i in range(layers):
        for short, long in LAYER[architecture].items():
            affine[f"{i}.{short}"] = f"{STACK[architecture]}.{i}.{long}"
    for short, long in affine.items():
        names[f"{short}.weight"], names[f"{short}.bias"] = f"{long}.weight", f"{long}.bias"
    return names


def read_weights(file, architecture, layers):
    """Weights by their short names, float32; those of a classifier where there is one."""
    from safetensors.torch import load_file

    found = {name.removeprefix(f"{architecture}."): values for name, values in load_file(file).items()}
    names = names_of(architecture, layers)
    return {short: found[long].float() for short, long in names.items() if long in found or "classifier" not in short}


def for_transformers(weights, architecture, layers):
    """The same by the names of transformers."""
    prefix = lambda name: name if name.startswith("classifier") else f"{architecture}.{name}"
    return {prefix(long): weights[short] for short, long in names_of(architecture, layers).items()}


def evenly_spaced(of, count):
    return [0] if count == 1 else [int(i * (of - 1) / (count - 1) + 0.5) for i in range(count)]


def student_start(teacher, of, count):
    """A DistilBERT of `count` layers out of a BERT teacher's `of`: embeddings and classifier as they are, layers evenly
    spaced, and the row of the first segment within the positions."""
    start = {name: value.clone() for name, value in teacher.items() if not name[0].isdigit() and name != "types"}
    start["positions"] += teacher["types"][0]
    for i, layer in enumerate(evenly_spaced(of, count)):
        for name, value in teacher.items():
            if name.startswith(f"{layer}."):
                start[f"{i}.{name.split('.', 1)[1]}"] = value.clone()
    return start


# --------------------------------------------------------------------------------------------------------------- results


def append(file, record):
    """One JSON line, on the disk when this returns."""
    with open(file, "a", encoding="utf8") as out:
        out.write(json.dumps(record) + "\n")
        out.flush()
        os.fsync(out.fileno())


def percent(scores):
    return " / ".join(f"{100 * scores[name]:.2f}" for name in ("f1", "f1_critical", "coverage"))
