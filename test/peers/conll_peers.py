"""The study on CoNLL columns by its peers: plain PyTorch and transformers, or TextBrewer.

A teacher is fine-tuned from a checkpoint, or taken as it is; a student starts from its evenly spaced layers and is
trained without a teacher (control), by vanilla distillation, and by both forms of the critical loss. One JSON line for
each finished model, and columns with gold and predicted tags that `ner-distill evaluate` scores. See README.md.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import time

import torch
import transformers
from transformers import BertConfig, BertForTokenClassification, DistilBertConfig, DistilBertForTokenClassification

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conll import (  # noqa: E402
    IGNORED,
    METHODS,
    Part,
    append,
    batches_of_epoch,
    critical_classes,
    for_transformers,
    load_tokenizer,
    loss_of,
    percent,
    rate_at,
    read_columns,
    read_weights,
    student_start,
    tags_of,
)

BATCH, DECAY, MAX_NORM, ALPHA, TEMPERATURE = 16, 0.01, 1.0, 0.5, 2.0


# ---------------------------------------------------------------------------------------------------------------- models


def labels_of(tags):
    return {"id2label": dict(enumerate(tags)), "label2id": {tag: i for i, tag in enumerate(tags)}}


def open_teacher(folder, tags, seed=None):
    """A BERT token classifier; the classifier of a checkpoint that has none is drawn by the seed."""
    if seed is not None:
        torch.manual_seed(seed)
    return BertForTokenClassification.from_pretrained(folder, num_labels=len(tags), **labels_of(tags))


def student_of(folder, layers, tags, dropout=0.1):
    """A DistilBERT of some layers of the BERT in a folder, as the preset `paper` with `teacher-layers` starts it."""
    config = BertConfig.from_pretrained(folder)
    sizes = dict(dim=config.hidden_size, n_heads=config.num_attention_heads, hidden_dim=config.intermediate_size)
    places = dict(vocab_size=config.vocab_size, max_position_embeddings=config.max_position_embeddings)
    rates = dict(dropout=dropout, attention_dropout=dropout)
    student = DistilBertForTokenClassification(
        DistilBertConfig(n_layers=layers, **sizes, **places, **rates, **labels_of(tags), activation=config.hidden_act)
    )
    teacher = read_weights(os.path.join(folder, "model.safetensors"), "bert", config.num_hidden_layers)
    start = student_start(teacher, config.num_hidden_layers, layers)
    student.load_state_dict(for_transformers(start, "distilbert", layers))
    return student


def tags_of_model(folder):
    """Of a token classifier; `None` for a checkpoint that is none."""
    config = json.load(open(os.path.join(folder, "config.json"), encoding="utf8"))
    if not any("TokenClassification" in name for name in config.get("architectures") or []):
        return None
    return [config["id2label"][str(i)] for i in range(len(config["id2label"]))]


def device_of(model):
    return next(model.parameters()).device


@torch.no_grad()
def logits_of(model, part, size=64):
    """Logits of every sentence `[n + 1, max_length, C]`, without dropout."""
    model.eval()
    found = torch.zeros(*part.ids.shape, model.config.num_labels, device=device_of(model))
    for rows in part.by_length(size):
        length = int(part.lengths[rows].max())
        at = torch.from_numpy(rows).to(found.device)
        ids, mask, _ = part.batch(at, length)
        found[at, :length] = model(input_ids=ids, attention_mask=mask.long()).logits
    return found


def predictions_of(model, part):
    return logits_of(model, part).argmax(-1).cpu().numpy()[:-1]


def optimizer_of(model, rate):
    decays = lambda name: not (name.endswith("bias") or "norm" in name.lower())
    groups = [
        {"params": [p for name, p in model.named_parameters() if decays(name) is decayed], "weight_decay": weight}
        for decayed, weight in ((True, DECAY), (False, 0.0))
    ]
    return torch.optim.AdamW(groups, rate, fused=True)


# -------------------------------------------------------------------------------------------------------------- training


def train_plain(model, part, setting, answers, after_epoch, on_step=None):
    """Plain PyTorch; `answers` are the teacher's logits of the part, which it gives once."""
    steps_an_epoch = -(-len(part) // BATCH)
    steps = steps_an_epoch * setting["epochs"]
    optimizer = optimizer_of(model, setting["rate"])
    critical = critical_classes(part.tags).to(device_of(model))
    for epoch in range(setting["epochs"]):
        model.train()
        for i, batch in enumerate(batches_of_epoch(part, BATCH, setting["seed"], epoch)):
            rows, length = torch.from_numpy(batch).to(part.ids.device), int(part.lengths[batch].max())
            ids, mask, labels = part.batch(rows, length)
            logits = model(input_ids=ids, attention_mask=mask.long()).logits
            valid = labels != IGNORED
            taught = None if answers is None else answers[rows, :length][valid]
            loss = loss_of(setting["method"], logits[valid], labels[valid], taught, critical, setting["beta"])
            for group in optimizer.param_groups:
                group["lr"] = rate_at(epoch * steps_an_epoch + i, steps, setting["rate"])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
            optimizer.step()
            if on_step:
                on_step(loss.detach())
        after_epoch(model)


class EpochBatches:
    """What TextBrewer iterates over: batches of the next epoch, as the plain script draws them."""

    def __init__(self, part, seed):
        self.part, self.seed, self.epoch = part, seed, 0

    def __len__(self):
        return -(-len(self.part) // BATCH)

    def __iter__(self):
        for batch in batches_of_epoch(self.part, BATCH, self.seed, self.epoch):
            rows, length = torch.from_numpy(batch).to(self.part.ids.device), int(self.part.lengths[batch].max())
            ids, mask, labels = self.part.batch(rows, length)
            yield {"input_ids": ids, "attention_mask": mask.long(), "labels": labels}
        self.epoch += 1


def train_textbrewer(model, part, setting, teacher, after_epoch, folder):
    """TextBrewer's GeneralDistiller: cross-entropy with the labels, and its own with the teacher's soft targets, which is
    KL but for a constant. It has no T², so that the weight has it, and no critical loss."""
    from textbrewer import DistillationConfig, GeneralDistiller, TrainingConfig

    if setting["method"] != "vanilla":
        raise SystemExit(f"TextBrewer has no method {setting['method']}: expected vanilla")
    training = TrainingConfig(device=str(device_of(model)), output_dir=folder, log_dir=None, ckpt_frequency=1)
    distillation = DistillationConfig(
        temperature=TEMPERATURE,
        kd_loss_type="ce",
        kd_loss_weight=(1 - ALPHA) * TEMPERATURE**2,
        hard_label_weight=ALPHA,
    )

    def adaptor(batch, outputs):
        return {"logits": outputs.logits, "logits_mask": batch["labels"] != IGNORED, "losses": outputs.loss}

    batches = EpochBatches(part, setting["seed"])
    steps = len(batches) * setting["epochs"]
    schedule = {"lr_lambda": lambda step: rate_at(min(step, steps), steps, 1.0)}
    distiller = GeneralDistiller(training, distillation, teacher, model, adaptor, adaptor)
    with distiller:
        distiller.train(
            optimizer_of(model, setting["rate"]),
            batches,
            num_epochs=setting["epochs"],
            scheduler_class=torch.optim.lr_scheduler.LambdaLR,
            scheduler_args=schedule,
            max_grad_norm=MAX_NORM,
            callback=lambda model, step: after_epoch(model),
        )


# ----------------------------------------------------------------------------------------------------------------- study


def versions(library):
    found = {"torch": torch.__version__, "transformers": transformers.__version__, "python": sys.version.split()[0]}
    if library == "textbrewer":
        from importlib.metadata import version

        found["textbrewer"] = version("textbrewer")
    return found


def peak_bytes(device):
    """Of the GPU's memory where one is used, else resident."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Study:
    def __init__(self, options):
        self.o = o = options
        tokenizer = load_tokenizer(o.teacher or o.model)
        file = lambda part: os.path.join(o.data, f"{part}.txt")
        self.tags = (o.teacher and tags_of_model(o.teacher)) or tags_of(read_columns(file("train")))
        part = lambda name: Part(file(name), tokenizer, self.tags, 128, o.limit, o.device)
        self.train, self.valid, self.test = part("train"), part("valid"), part("test")

    def make(self, model, setting, train):
        """Trains a model, scores it, writes its line and its predictions."""
        o, began = self.o, time.time()
        scoring, valid = 0.0, []

        def after_epoch(model):
            nonlocal scoring
            paused = time.time()
            valid.append(self.valid.score(predictions_of(model, self.valid)))
            print(f"{name_of(setting)}, epoch {len(valid)}: {percent(valid[-1])}", flush=True)
            scoring += time.time() - paused

        torch.manual_seed(setting["seed"])
        model.to(o.device)
        train(model, after_epoch)
        seconds = time.time() - began
        predicted = predictions_of(model, self.test)
        file = os.path.join(o.out, f"{name_of(setting)}.conll")
        self.test.write(predicted, file)
        record = {
            "library": o.library,
            **setting,
            "parameters": sum(p.numel() for p in model.parameters()),
            "valid": valid,
            "test": self.test.score(predicted),
            "seconds": seconds,
            "seconds_of_scoring": scoring,
            "peak_bytes": peak_bytes(o.device),
            "threads": torch.get_num_threads(),
            "device": o.device,
            "versions": versions(o.library),
            "predictions": file,
        }
        append(os.path.join(o.out, "results.jsonl"), record)
        print(f"{name_of(setting)}: test {percent(record['test'])}, {seconds:.0f} s", flush=True)

    def teacher_of(self, seed):
        """The folder of the teacher of a seed, which is fine-tuned where it is not there."""
        o = self.o
        if o.teacher:
            return o.teacher
        folder = os.path.join(o.out, f"teacher-{seed}")
        if not os.path.exists(os.path.join(folder, "model.safetensors")):
            setting = dict(method="teacher", beta=0.0, seed=seed, rate=o.teacher_rate, epochs=o.teacher_epochs)
            model = open_teacher(o.model, self.tags, seed)
            setting["layers"] = model.config.num_hidden_layers
            self.make(model, setting, lambda model, after: train_plain(model, self.train, setting, None, after))
            model.save_pretrained(folder)
            shutil.copy(os.path.join(o.model, "tokenizer.json"), folder)
        return folder

    def run(self):
        o = self.o
        for seed in o.seeds:
            folder = self.teacher_of(seed)
            teacher = open_teacher(folder, self.tags).to(o.device).eval()
            answers = None
            students = [
                dict(method=method, beta=beta, layers=layers, seed=seed, rate=rate, epochs=epochs)
                for layers in o.layers
                for rate in o.rates
                for epochs in o.epochs
                for method in o.methods
                for beta in (o.betas if method in ("logits", "weighted") else [0.0])
            ]
            for setting in students:
                model = student_of(folder, setting["layers"], self.tags)
                if o.library == "textbrewer":
                    checkpoints = os.path.join(o.out, "checkpoints")
                    train = lambda model, after: train_textbrewer(model, self.train, setting, teacher, after, checkpoints)
                else:
                    if answers is None and setting["method"] != "control":
                        answers = logits_of(teacher, self.train)
                    train = lambda model, after: train_plain(model, self.train, setting, answers, after)
                self.make(model, setting, train)


def name_of(setting):
    beta = f"-{setting['beta']}" if setting["beta"] else ""
    return f"{setting['method']}{beta}-{setting['layers']}-{setting['rate']:g}x{setting['epochs']}-seed{setting['seed']}"


def main():
    several = lambda kind: lambda text: [kind(each) for each in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="folder of a pretrained BERT in Hugging Face's layout, which teachers start from")
    parser.add_argument("--teacher", help="or that of a trained one, such as `ner-distill export` writes")
    parser.add_argument("--data", required=True, help="folder with train.txt, valid.txt and test.txt, as parts.ts writes them")
    parser.add_argument("--out", required=True, help="folder for results.jsonl, predictions and teachers")
    parser.add_argument("--library", choices=["torch", "textbrewer"], default="torch")
    parser.add_argument("--methods", type=several(str), default=["control", "vanilla"], help=", ".join(METHODS[1:]))
    parser.add_argument("--betas", type=several(float), default=[0.1, 0.2, 0.5])
    parser.add_argument("--layers", type=several(int), default=[3])
    parser.add_argument("--seeds", type=several(int), default=[1])
    parser.add_argument("--rates", type=several(float), default=[5e-5], help="of the students")
    parser.add_argument("--epochs", type=several(int), default=[3], help="of the students")
    parser.add_argument("--teacher-rate", type=float, default=5e-5)
    parser.add_argument("--teacher-epochs", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--limit", type=int, help="use so many sentences of each part")
    options = parser.parse_args()
    if not options.teacher and not options.model:
        parser.error("expected --model or --teacher")
    unknown = [method for method in options.methods if method not in METHODS[1:]]
    if unknown:
        parser.error(f"unknown method {unknown[0]}: expected {', '.join(METHODS[1:])}")
    if options.threads:
        torch.set_num_threads(options.threads)
    os.makedirs(options.out, exist_ok=True)
    Study(options).run()


if __name__ == "__main__":
    main()
