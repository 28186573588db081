"""Checks the peers against each other and against seqeval: `conll_check.py PARTS TOKENIZER_FOLDER`; seconds on a CPU.

Scores equal seqeval's on random tags; a stack gives the logits of transformers' BERT and DistilBERT; and without dropout
TextBrewer ends where the plain script ends, and each model of a stack follows, step by step, the plain script's training
of the same method alone.
"""

import importlib.util
import os
import random
import sys
import tempfile

import numpy as np
import torch
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
from transformers import BertConfig, BertForTokenClassification

import conll_peers as peers
import conll_search as search
from conll import (
    Part,
    batches_of_epoch,
    load_tokenizer,
    loss_of,
    read_columns,
    read_weights,
    score,
    share_of,
    student_start,
    tags_of,
)

SEQUENCES, LENGTH = 300, 12


def check_scores(tags):
    random.seed(1)
    gold, predicted = ([[random.choice(tags) for _ in range(LENGTH)] for _ in range(SEQUENCES)] for _ in range(2))
    # Some that agree.
    predicted = [[p if random.random() < 0.3 else g for g, p in zip(*pair)] for pair in zip(gold, predicted)]
    flat = lambda sentences: np.array([tags.index(tag) for sentence in sentences for tag in [*sentence, "O"]])
    ours = score(flat(gold), flat(predicted), tags)
    only = lambda sentences: [[tag if tag[2:] in ("PER", "ORG") else "O" for tag in each] for each in sentences]
    theirs = [precision_recall_fscore_support(*pair, average="micro") for pair in ((gold, predicted), (only(gold), only(predicted)))]
    expected = [theirs[0][2], theirs[1][2], theirs[1][1]]
    np.testing.assert_allclose([ours["f1"], ours["f1_critical"], ours["coverage"]], expected, rtol=1e-12)
    print(f"scores equal seqeval's: {expected}")


def check_stack(data, tokenizer_folder):
    tokenizer = load_tokenizer(tokenizer_folder)
    tags = tags_of(read_columns(os.path.join(data, "train.txt")))
    part = Part(os.path.join(data, "train.txt"), tokenizer, tags, limit=37)
    sizes = dict(hidden_size=32, num_hidden_layers=4, num_attention_heads=4, intermediate_size=64)
    none = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    torch.manual_seed(1)
    config = BertConfig(vocab_size=tokenizer.get_vocab_size(), **sizes, **none, **peers.labels_of(tags), initializer_range=0.2)
    teacher = BertForTokenClassification(config)
    with tempfile.TemporaryDirectory() as folder:
        teacher.save_pretrained(folder)
        weights = read_weights(os.path.join(folder, "model.safetensors"), "bert", 4)
        student = lambda: peers.student_of(folder, 3, tags, dropout=0.0)
        answers = peers.logits_of(teacher, part)
        starts = {4: weights, 3: student_start(weights, 4, 3)}
        for layers, model in ((4, teacher), (3, student())):
            expected = peers.logits_of(model, part)
            for rows, length, logits in search.Stack([starts[layers]] * 2, 4, torch.device("cpu")).answers(part):
                torch.testing.assert_close(logits[1], expected[rows, :length], rtol=1e-4, atol=1e-4)
        print("a stack's logits equal those of transformers' BERT and DistilBERT")

        if importlib.util.find_spec("textbrewer"):
            setting = dict(method="vanilla", beta=0.0, seed=1, rate=1e-3, epochs=2)
            plain, brewed = student(), student()
            peers.train_plain(plain, part, setting, answers, lambda model: None)
            peers.train_textbrewer(brewed, part, setting, teacher.eval(), lambda model: None, os.path.join(folder, "brewed"))
            for name, value in plain.state_dict().items():
                torch.testing.assert_close(brewed.state_dict()[name], value, rtol=1e-3, atol=1e-4, msg=lambda m: f"{name}: {m}")
            print("TextBrewer's student equals the plain script's after two epochs")

        methods = [("control", 0.0), ("vanilla", 0.0), ("logits", 0.5), ("weighted", 0.5)]
        models = [dict(method=m, beta=b, seed=s, rate=1e-3 * s, epochs=s) for s in (1, 2) for m, b in methods]
        alone = []
        for setting in models:
            losses = []
            peers.train_plain(student(), part, setting, answers, lambda model: None, losses.append)
            alone.append([float(loss) for loss in losses])
        stacked = search.Search.__new__(search.Search)
        options = dict(out=folder)
        stacked.o, stacked.device, stacked.config, stacked.tags = argparse_like(options), torch.device("cpu"), config.to_dict(), tags
        stacked.train = stacked.valid = stacked.test = part
        stacked.signals = {(1, 1.0): answers, (2, 1.0): answers}
        stacked.results = os.path.join(folder, "results.jsonl")
        together = []
        made = list(stacked.train_stack(models, [starts[3]] * len(models), dropout=0.0, on_step=lambda loss: together.append(loss.tolist())))
        assert [m["index"] for m, _ in made] == list(range(len(models))), "models finish in their order"
        steps = len(alone[0])
        for k, losses in enumerate(alone):
            of_model = [row[k] for row in together[:steps]] + [row[k - 4] for row in together[steps:] if k >= 4]
            np.testing.assert_allclose(of_model, losses, rtol=2e-3)
        assert len(open(stacked.results).readlines()) == len(models)
        print(f"{len(models)} models of a stack follow their trainings alone over {len(together)} steps, such as", alone[-1][-1], together[-1][-1])


def check_shares(data, tokenizer_folder):
    tokenizer = load_tokenizer(tokenizer_folder)
    tags = tags_of(read_columns(os.path.join(data, "train.txt")))
    part = Part(os.path.join(data, "train.txt"), tokenizer, tags, limit=100)
    shares = {share: set(share_of(part, share, 1).tolist()) for share in (0.05, 0.25, 1.0)}
    assert [len(rows) for rows in shares.values()] == [5, 25, 100] and shares[0.05] < shares[0.25] < shares[1.0]
    batches = {share: batches_of_epoch(part, 16, 1, 0, share) for share in shares}
    for share, rows in shares.items():
        read = np.concatenate(batches[share])
        assert set(read.tolist()) == rows and len(read) == 100, "a share is read as often as fills an epoch of all sentences"
    # Of labels that may not be seen there is no cross-entropy; the divergence is a mean over all words.
    torch.manual_seed(1)
    logits, teacher = (torch.randn(1, 12, len(tags)) for _ in range(2))
    labels = torch.tensor([[0, 1, -100, 3, 5, 6, 0, 7, -100, 0, 2, 1]])
    known = torch.tensor([[True] * 6 + [False] * 6])
    models = [dict(method="vanilla", beta=0.0)]
    found = search.stacked_losses(models, tags, torch.device("cpu"))(logits, labels, teacher, known)
    words = labels[0] != -100
    seen = words & known[0]
    critical = torch.zeros(len(tags), dtype=torch.bool)
    only = loss_of("vanilla", logits[0, words], labels[0, words], teacher[0, words], critical, alpha=0.0)
    expected = 0.5 * torch.nn.functional.cross_entropy(logits[0, seen], labels[0, seen]) + 0.5 * only
    torch.testing.assert_close(found[0], expected)
    nothing = search.stacked_losses(models, tags, torch.device("cpu"))(logits, labels, teacher, torch.zeros_like(known))
    torch.testing.assert_close(nothing[0], 0.5 * only)
    print(f"words without labels are learnt from by the teacher alone: {float(found[0])}")


def argparse_like(values):
    return type("Options", (), values)


if __name__ == "__main__":
    data, tokenizer = sys.argv[1:]
    check_scores(tags_of(read_columns(os.path.join(data, "valid.txt"))))
    check_shares(data, tokenizer)
    check_stack(data, tokenizer)
