"""Searches rate and epochs on one GPU: models of one architecture are trained as one, with stacked weights.

At 16 sentences a step a small BERT leaves a GPU idle; twenty-four of them, each with its own weights, rate, schedule,
loss and dropout, keep it busy. A stack computes what that many trainings apart compute (conll_check.py shows it against
the plain script's). Teachers first, then students of the best teacher, then all methods over seeds; each
finished model is a line of results.jsonl at once.
"""

import argparse
import json
import os
import sys
import time

import torch
from torch.nn import functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conll import (  # noqa: E402
    IGNORED,
    Part,
    append,
    batches_of_epoch,
    critical_classes,
    load_tokenizer,
    percent,
    rate_at,
    read_columns,
    read_weights,
    share_of,
    student_start,
    tags_of,
)

BATCH, DECAY, MAX_NORM, DROPOUT, ALPHA, TEMPERATURE, KAPPA = 16, 0.01, 1.0, 0.1, 0.5, 2.0, 10.0
STARTED = time.time()


class Stack:
    """K models of one shape. Word tables lie in one leaf `[K · V, D]`, all else in another `[K, P]`, what decays first."""

    def __init__(self, starts, heads, device):
        self.heads, self.device, self.count = heads, device, len(starts)
        self.layers = sum(name.endswith(".q.weight") for name in starts[0])
        # As BERT has it; DistilBERT has no token types, and no dropout behind attention.
        self.is_bert = "types" in starts[0]
        decays = lambda name: not (name.endswith("bias") or name.split(".")[-2:-1] in (["norm"], ["n1"], ["n2"]))
        names = [name for name in starts[0] if name != "words"]
        # What is no multiple of 4 comes last, and is filled up: matrices begin at 16 bytes, as fast kernels want them.
        self.names = sorted(names, key=lambda name: (not decays(name), starts[0][name].numel() % 4 > 0))
        self.shapes = [starts[0][name].shape for name in self.names]
        self.sizes = [shape.numel() for shape in self.shapes]
        filling = torch.zeros(-sum(self.sizes) % 64)
        self.sizes.append(len(filling))
        self.decayed = sum(size for name, size in zip(self.names, self.sizes) if decays(name))
        self.vocabulary, self.width = starts[0]["words"].shape
        self.words = torch.cat([start["words"].to(device) for start in starts])
        flat = lambda start: torch.cat([*(start[name].reshape(-1) for name in self.names), filling]).to(device)
        self.rest = torch.stack([flat(start) for start in starts])
        self.states = [{} for _ in range(3 * self.count)]
        self.open()

    def open(self):
        """Leaves, and an optimizer over views of them: of each model its words, what decays, what does not."""
        self.words, self.rest = self.words.detach().requires_grad_(), self.rest.detach().requires_grad_()
        self.views = self.views_of(self.words, self.rest)
        for view in self.views:
            view.requires_grad_()
        groups = [{"params": [view], "weight_decay": DECAY if i % 3 < 2 else 0.0} for i, view in enumerate(self.views)]
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, fused=True)
        for view, state in zip(self.views, self.states):
            if state:
                self.optimizer.state[view] = state

    def views_of(self, words, rest):
        words, rest = words.detach().view(self.count, -1), rest.detach()
        split = self.decayed
        return [view for k in range(self.count) for view in (words[k], rest[k, :split], rest[k, split:])]

    def keep(self, chosen):
        """Goes on with some of the models."""
        self.states = [self.optimizer.state[self.views[3 * k + i]] for k in chosen for i in range(3)]
        words = self.words.detach().view(self.count, self.vocabulary, self.width)[chosen]
        self.words, self.rest, self.count = words.reshape(-1, self.width), self.rest.detach()[chosen], len(chosen)
        self.open()

    def weights_of(self, k):
        """Of one model, by their names, on the CPU."""
        parts = self.rest.detach()[k].split(self.sizes)
        words = self.words.detach().view(self.count, self.vocabulary, self.width)[k]
        named = zip(self.names, (part.view(shape) for part, shape in zip(parts, self.shapes)))
        return {"words": words.cpu().clone(), **{name: value.cpu().clone() for name, value in named}}

    def logits(self, ids, mask, dropout=0.0):
        """Logits `[K, B · S, C]` of ids and mask, each `[K or 1, B, S]`."""
        ids, mask = (each.expand(self.count, -1, -1) for each in (ids, mask))
        k, b, s = ids.shape
        d, h = self.width, self.heads
        parts = self.rest.split(self.sizes, 1)
        p = {name: part.view(k, *shape) for name, part, shape in zip(self.names, parts, self.shapes)}
        drop = lambda x: F.dropout(x, dropout, dropout > 0)
        linear = lambda x, at: torch.baddbmm(p[f"{at}.bias"][:, None], x, p[f"{at}.weight"].transpose(1, 2))
        norm = lambda x, at: torch.addcmul(
            p[f"{at}.bias"][:, None], F.layer_norm(x, (d,), eps=1e-12), p[f"{at}.weight"][:, None]
        )
        table = torch.arange(k, device=ids.device)[:, None, None] * self.vocabulary
        x = F.embedding(ids + table, self.words) + p["positions"][:, None, :s]
        if self.is_bert:
            x = x + p["types"][:, None, :1]
        x = drop(norm(x.reshape(k, b * s, d), "norm"))
        bias = (~mask).to(x.dtype).mul(-1e9).reshape(k * b, 1, 1, s)
        heads = lambda x: x.reshape(k * b, s, h, d // h).transpose(1, 2)
        for i in range(self.layers):
            q, key, v = (heads(linear(x, f"{i}.{part}")) for part in "qkv")
            attention = drop(torch.softmax(q @ key.transpose(-1, -2) * (d // h) ** -0.5 + bias, -1))
            attended = linear((attention @ v).transpose(1, 2).reshape(k, b * s, d), f"{i}.o")
            x = norm(x + (drop(attended) if self.is_bert else attended), f"{i}.n1")
            transformed = linear(F.gelu(linear(x, f"{i}.up")), f"{i}.down")
            x = norm(x + drop(transformed), f"{i}.n2")
        return linear(drop(x), "classifier")

    def step(self, loss, rates):
        """One update of every model by the gradient of its own loss, clipped by its own norm."""
        self.words.grad = self.rest.grad = None
        loss.backward()
        words, rest = self.words.grad.view(self.count, -1), self.rest.grad
        norm = (torch.linalg.vector_norm(words, dim=1) ** 2 + torch.linalg.vector_norm(rest, dim=1) ** 2).sqrt()
        scale = (MAX_NORM / (norm + 1e-6)).clamp(max=1.0)[:, None]
        words.mul_(scale)
        rest.mul_(scale)
        for view, gradient in zip(self.views, self.views_of(self.words.grad, rest)):
            view.grad = gradient
        for i, group in enumerate(self.optimizer.param_groups):
            group["lr"] = rates[i // 3]
        self.optimizer.step()

    @torch.no_grad()
    def answers(self, part, size=64):
        """Logits of every sentence, batch by batch: rows, length, `[K, rows, length, C]`."""
        for rows in part.by_length(size):
            length = int(part.lengths[rows].max())
            ids, mask, _ = part.batch(torch.from_numpy(rows).to(self.device), length)
            yield rows, length, self.logits(ids[None], mask[None]).view(self.count, len(rows), length, -1)

    def predictions(self, part):
        """Tag ids `[K, n, max_length]`."""
        found = torch.zeros(self.count, len(part), part.ids.shape[1], dtype=torch.uint8, device=self.device)
        for rows, length, logits in self.answers(part):
            found[:, torch.from_numpy(rows).to(self.device), :length] = logits.argmax(-1).to(torch.uint8)
        return found.cpu().numpy()


def stacked_losses(models, tags, device):
    """The losses of all models at once: each is α · CE_w + (1 − α) · T² · KL + β · MSE with numbers of its own."""
    critical = critical_classes(tags).to(device)
    alone = lambda model: model["method"] in ("teacher", "control")
    column = lambda values: torch.tensor(values, device=device)
    alpha = column([1.0 if alone(model) else ALPHA for model in models])
    matching = column([model["beta"] if model["method"] == "logits" else 0.0 for model in models])
    weights = column([KAPPA * model["beta"] if model["method"] == "weighted" else 0.0 for model in models])
    classes = 1 + weights[:, None] * critical  # [K, C]

    def losses(logits, labels, teacher, known):
        """Of logits `[K, N, C]`, labels `[K, N]`, the teacher's logits `[K, N, C]` and whether a label may be seen `[K, N]`:
        losses `[K]`. Each term is the mean over the words that it applies to: words without labels have no cross-entropy,
        and are critical where the teacher finds them so."""
        valid = labels != IGNORED
        gold = labels.clamp(min=0)
        weight = classes.gather(1, gold) * (valid & known)
        likelihood = F.log_softmax(logits, -1).gather(-1, gold[..., None])[..., 0]
        loss = alpha * -(weight * likelihood).sum(1) / weight.sum(1).clamp(min=1)
        if teacher is None:
            return loss
        upper = F.log_softmax(teacher / TEMPERATURE, -1)
        divergence = (upper.exp() * (upper - F.log_softmax(logits / TEMPERATURE, -1))).sum(-1)
        loss = loss + (1 - alpha) * TEMPERATURE**2 * (divergence * valid).sum(1) / valid.sum(1)
        matched = valid & critical[torch.where(known, gold, teacher.argmax(-1))]
        square = ((logits - teacher) ** 2).mean(-1)
        return loss + matching * (square * matched).sum(1) / matched.sum(1).clamp(min=1)

    return losses


class Search:
    def __init__(self, options):
        self.o = o = options
        self.device = torch.device(o.device)
        torch.set_float32_matmul_precision("highest")
        torch.manual_seed(0)
        self.config = json.load(open(os.path.join(o.model, "config.json")))
        tokenizer = load_tokenizer(o.model)
        file = lambda part: os.path.join(o.data, f"{part}.txt")
        self.tags = tags_of(read_columns(file("train")))
        part = lambda name, limit: Part(file(name), tokenizer, self.tags, 128, limit, self.device)
        self.train, self.valid, self.test = part("train", o.limit), part("valid", o.limit), part("test", o.limit)
        #: Teacher logits of a seed and the share of its labels, on the training part, `[n + 1, max_length, C]`.
        self.signals = {}
        self.results = os.path.join(o.out, "results.jsonl")
        say(f"torch {torch.__version__}, {o.device}, {len(self.train)} / {len(self.valid)} / {len(self.test)} sentences")

    def starts(self, seeds):
        pretrained = read_weights(os.path.join(self.o.model, "model.safetensors"), "bert", self.config["num_hidden_layers"])
        for seed in seeds:
            drawn = torch.randn(len(self.tags), self.config["hidden_size"], generator=torch.Generator().manual_seed(seed))
            yield seed, {**pretrained, "classifier.weight": 0.02 * drawn, "classifier.bias": torch.zeros(len(self.tags))}

    def train_stack(self, models, starts, dropout=DROPOUT, on_step=None):
        """Trains models, each of `method, beta, seed, rate, epochs`; gives each with its scores when it is finished."""
        o, part = self.o, self.train
        models = [{"index": i, **model, "valid": []} for i, model in enumerate(models)]
        stack = Stack(starts, self.config["num_attention_heads"], self.device)
        batches_an_epoch = -(-len(part) // BATCH)
        began = time.time()
        for epoch in range(max(model["epochs"] for model in models)):
            # What is read (seed, share), whose labels are known (seed, share), who teaches (seed, share).
            orders, of_order = self.numbered([(m["seed"], 1.0 if m.get("text") else share(m)) for m in models])
            shares, of_share = self.numbered([(m["seed"], share(m)) for m in models])
            teachers, of_teacher = self.numbered([(m["seed"], m.get("teacher_share", 1.0)) for m in models])
            batches = [batches_of_epoch(part, BATCH, seed, epoch, of) for seed, of in orders]
            labelled = torch.zeros(len(shares), len(part) + 1, dtype=torch.bool, device=self.device)
            for i, (seed, of) in enumerate(shares):
                labelled[i, torch.from_numpy(share_of(part, of, seed)).to(self.device)] = True
            filled = lambda rows: [*rows, *[len(part)] * (BATCH - len(rows))]
            rows = torch.tensor([[filled(batch) for batch in of] for of in batches], device=self.device)  # [orders, steps, B]
            lengths = [max(int(part.lengths[of[i]].max()) for of in batches) for i in range(batches_an_epoch)]
            losses = stacked_losses(models, self.tags, self.device)
            is_taught = any(model["method"] not in ("teacher", "control") for model in models)
            signals = torch.stack([self.signals[each] for each in teachers]) if is_taught else None
            total = torch.zeros(len(models), device=self.device)
            for i, length in enumerate(lengths):
                own = rows[of_order, i]  # [K, B]
                ids, mask, labels = part.batch(own, length)
                logits = stack.logits(ids, mask, dropout)
                teacher = signals[of_teacher[:, None], own, :length].flatten(1, 2) if is_taught else None
                known = labelled[of_share[:, None], own][..., None].expand_as(labels)
                loss = losses(logits, labels.flatten(1), teacher, known.flatten(1))
                step = epoch * batches_an_epoch + i
                stack.step(loss.sum(), [rate_at(step, m["epochs"] * batches_an_epoch, m["rate"]) for m in models])
                total += loss.detach()
                if on_step:
                    on_step(loss.detach())
            self.validate(stack, models, total / batches_an_epoch, time.time() - began)
            finished = [k for k, model in enumerate(models) if model["epochs"] == epoch + 1]
            if finished:
                tested = stack.predictions(self.test)
                for k in finished:
                    model = self.finish(models[k], tested[k], time.time() - began)
                    yield model, stack.weights_of(k)
                going = [k for k in range(len(models)) if k not in finished]
                models = [models[k] for k in going]
                if going:
                    stack.keep(going)

    def numbered(self, keys):
        """The different keys, and for each model the number of its own."""
        different = sorted(set(keys))
        return different, torch.tensor([different.index(key) for key in keys], device=self.device)

    def validate(self, stack, models, losses, seconds):
        predicted = stack.predictions(self.valid)
        for model, of_model, loss in zip(models, predicted, losses.tolist()):
            model["valid"].append({**self.valid.score(of_model), "loss": loss})
        best = max(models, key=lambda model: model["valid"][-1]["f1"])
        say(f"  {len(models)} models, epoch {len(best['valid'])}, {seconds:.0f} s, best {named(best)}: {percent(best['valid'][-1])}")

    def finish(self, model, predicted, seconds):
        record = {**model, "test": self.test.score(predicted), "stack_seconds": round(seconds, 1)}
        append(self.results, record)
        text = "".join(map(str, self.test.tags_in_text(predicted)))
        append(os.path.join(self.o.out, "predictions.jsonl"), {"model": named(record), "tags": self.tags, "test": text})
        say(f"  {named(record)}: valid {percent(record['valid'][-1])}, test {percent(record['test'])}")
        return record

    def teach(self, seed, teacher, share=1.0):
        """Keeps the logits on the training part of a teacher who knows a share of its labels."""
        stack = Stack([teacher], self.config["num_attention_heads"], self.device)
        kept = torch.zeros(*self.train.ids.shape, len(self.tags), device=self.device)
        for rows, length, logits in stack.answers(self.train):
            kept[torch.from_numpy(rows).to(self.device), :length] = logits[0]
        self.signals[seed, share] = kept

    def run(self):
        o = self.o
        say(f"teachers: rates {o.rates}, epochs {o.epochs}, seeds {o.seeds}")
        wanted = [(seed, rate, epochs) for seed in o.seeds for rate in o.rates for epochs in o.epochs]
        models = [dict(method="teacher", beta=0.0, layers=self.config["num_hidden_layers"], seed=s, rate=r, epochs=e) for s, r, e in wanted]
        of_seed = dict(self.starts(o.seeds))
        made = list(self.train_stack(models, [of_seed[model["seed"]] for model in models]))
        best = best_setting([model for model, _ in made])
        say(f"best teacher over seeds {o.seeds}: rate {best[0]}, {best[1]} epochs")
        teachers = {m["seed"]: weights for m, weights in made if (m["rate"], m["epochs"]) == best}
        del made
        starts = {}
        for seed, teacher in teachers.items():
            self.teach(seed, teacher)
            starts[seed] = student_start(teacher, self.config["num_hidden_layers"], o.layers)

        def student(method, beta, seed, rate, epochs):
            of_teacher = {"teacher_rate": best[0], "teacher_epochs": best[1]}
            return dict(method=method, beta=beta, layers=o.layers, seed=seed, rate=rate, epochs=epochs, **of_teacher)

        if o.setting:
            self.sweep([o.setting], student, starts)
        else:
            settings = [(rate, epochs) for rate in o.student_rates for epochs in o.student_epochs]
            say(f"students of {o.layers} layers: rates {o.student_rates}, epochs {o.student_epochs}, seed {o.seeds[0]}")
            models = [student(method, 0.0, o.seeds[0], *each) for each in settings for method in ("control", "vanilla")]
            began = time.time()
            searched = [model for model, _ in self.train_stack(models, [starts[o.seeds[0]]] * len(models))]
            a_model_epoch = (time.time() - began) / sum(model["epochs"] for model in models)
            by_f1 = []
            while searched:
                by_f1.append(best_setting(searched))
                searched = [model for model in searched if (model["rate"], model["epochs"]) != by_f1[-1]]
            say(f"settings, the best first: {by_f1}")
            self.sweep(by_f1, student, starts, a_model_epoch)
        say(f"done; peak memory {peak_memory() / 2**30:.1f} GiB")

    def sweep(self, settings, student, starts, a_model_epoch=0.0):
        """All methods over the seeds, at the first of the settings, or over the fewer seeds, that the time allows."""
        o = self.o
        methods = [("control", 0.0), ("vanilla", 0.0), *((form, beta) for form in ("logits", "weighted") for beta in o.betas)]
        left = o.seconds - (time.time() - STARTED)
        cost = lambda epochs, seeds: 1.15 * a_model_epoch * epochs * len(methods) * len(seeds)
        fitting = [(each, seeds) for seeds in (o.seeds, o.seeds[:2], o.seeds[:1]) for each in settings if cost(each[1], seeds) < left]
        if not fitting:
            say(f"{left:.0f} s are left, too few for a sweep")
            return
        (rate, epochs), seeds = fitting[0]
        say(f"all methods at rate {rate}, {epochs} epochs, seeds {seeds}; {left:.0f} s left, about {cost(epochs, seeds):.0f} needed")
        models = [student(method, beta, seed, rate, epochs) for seed in seeds for method, beta in methods]
        for _ in self.train_stack(models, [starts[model["seed"]] for model in models]):
            pass


def best_setting(models):
    """Rate and epochs with the highest mean F1 on the validation part, over the models (methods, seeds) that have them."""
    settings = {(model["rate"], model["epochs"]) for model in models}
    f1 = lambda setting: [m["valid"][-1]["f1"] for m in models if (m["rate"], m["epochs"]) == setting]
    return max(sorted(settings), key=lambda setting: sum(f1(setting)) / len(f1(setting)))


def share(model):
    """Of the training sentences, those whose labels a model sees."""
    return model.get("share", 1.0)


def named(model):
    text = "+text" if model.get("text") else ""
    of = f" {share(model):.0%}{text} (teacher {model.get('teacher_share', 1.0):.0%}, {model['layers']} layers)" if "share" in model else ""
    return f"{model['method']} β={model['beta']}{of} seed {model['seed']} {model['rate']:g}×{model['epochs']}"


def say(text):
    print(f"[{time.time() - STARTED:6.1f}] {text}", flush=True)


def peak_memory():
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def setting(text):
    rate, epochs = text.split("x")
    return float(rate), int(epochs)


def numbers(kind):
    return lambda text: [kind(each) for each in text.split(",")]


def parser_of(description):
    """What every search on one GPU is told."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="folder of a pretrained BERT, in Hugging Face's layout")
    parser.add_argument("--data", required=True, help="folder with train.txt, valid.txt, test.txt, as parts.ts writes them")
    parser.add_argument("--out", required=True, help="folder for results.jsonl and predictions.jsonl")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seeds", type=numbers(int), default=[1, 2, 3])
    parser.add_argument("--limit", type=int, help="use so many sentences of each part")
    parser.add_argument("--seconds", type=float, default=1e9, help="what all together may take; what does not fit at the end is left out")
    return parser


def search(parser, kind):
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    kind(options).run()


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--rates", type=numbers(float), default=[5e-5, 1e-4, 2e-4])
    parser.add_argument("--epochs", type=numbers(int), default=[3, 5])
    parser.add_argument("--student-rates", type=numbers(float), default=[1e-4, 2e-4, 3e-4, 5e-4])
    parser.add_argument("--student-epochs", type=numbers(int), default=[5, 10, 20])
    parser.add_argument("--setting", type=setting, help="rate x epochs, such as 3e-4x10: no search of the students', their sweep at once")
    parser.add_argument("--betas", type=numbers(float), default=[0.1, 0.2, 0.5])
    search(parser, Search)


if __name__ == "__main__":
    main()
