"""The peer of the benchmark's steps: the same DistilBERT token classifier, loss and optimizer in PyTorch, at its best.

That is transformers' own model (scaled_dot_product_attention) and the fused AdamW where they are installed and work, else
the model below and plain AdamW; the answer to "open" says which.

Reads one JSON request a line ({"do": "open" | "step", ...}) and answers each with one JSON line, so that
the benchmark can take turns with it.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

try:
    import transformers
except ImportError:
    transformers = None


class Layer(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.lin1, self.lin2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)

    def forward(self, x, bias):
        b, s, d = x.shape
        split = lambda t: t.view(b, s, self.heads, d // self.heads).transpose(1, 2)
        scores = split(self.q(x)) @ split(self.k(x)).transpose(-1, -2) / (d // self.heads) ** 0.5
        probabilities = F.dropout(torch.softmax(scores + bias, -1), self.dropout, self.training)
        x = self.norm1(x + self.out((probabilities @ split(self.v(x))).transpose(1, 2).reshape(b, s, d)))
        return self.norm2(x + F.dropout(self.lin2(F.gelu(self.lin1(x))), self.dropout, self.training))


class TokenClassifier(nn.Module):
    def __init__(self, vocabulary, positions, width, heads, layers, classes, dropout):
        super().__init__()
        self.dropout = dropout
        self.words, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(layers))
        self.classifier = nn.Linear(width, classes)

    def forward(self, ids, mask):
        bias = ((1 - mask) * -1e9)[:, None, None, :]
        x = self.norm(self.words(ids) + self.positions(torch.arange(ids.shape[1])))
        x = F.dropout(x, self.dropout, self.training)
        for layer in self.layers:
            x = layer(x, bias)
        return self.classifier(F.dropout(x, self.dropout, self.training))


def transformers_model(vocabulary, positions, width, heads, layers, classes, dropout):
    config = transformers.DistilBertConfig(
        vocab_size=vocabulary,
        max_position_embeddings=positions,
        dim=width,
        hidden_dim=4 * width,
        n_heads=heads,
        n_layers=layers,
        num_labels=classes,
        dropout=dropout,
        attention_dropout=dropout,
    )
    model = transformers.AutoModelForTokenClassification.from_config(config, attn_implementation="sdpa")
    return model, lambda ids, mask: model(input_ids=ids, attention_mask=mask).logits


def open_model(sizes):
    """The model, a function from ids and mask to logits, and what it is."""
    if transformers:
        try:
            return *transformers_model(**sizes), f"transformers {transformers.__version__} (sdpa)"
        except (ImportError, AttributeError, TypeError, ValueError):
            pass  # A PyTorch that this transformers does not take, or one of before sdpa.
    model = TokenClassifier(**sizes)
    return model, model, "own model"


def open_optimizer(model):
    options = {"lr": 5e-5, "weight_decay": 0.01}
    try:
        return torch.optim.AdamW(model.parameters(), fused=True, **options), "fused AdamW"
    except (TypeError, RuntimeError):  # PyTorch of before 2.4 has none for processors.
        return torch.optim.AdamW(model.parameters(), **options), "plain AdamW"


def main():
    model = run = optimizer = None
    for line in sys.stdin:
        request = json.loads(line)
        do = request.pop("do")
        if do == "open":
            torch.set_num_threads(request.pop("threads"))
            model, run, form = open_model(request)
            optimizer, update = open_optimizer(model)
            build = "MKL" if torch.backends.mkl.is_available() else "no MKL"
            answer = {
                "version": f"PyTorch {torch.__version__} ({build}), {form}, {update}",
                "parameters": sum(p.numel() for p in model.parameters()),
            }
        elif do == "step":
            ids = torch.tensor(request["ids"])
            labels, teacher = torch.tensor(request["labels"]).view(-1), torch.tensor(request["teacher"])
            mask = torch.ones(ids.shape)
            model.train()
            start = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=request["bfloat16"]):
                logits = run(ids, mask).float().view(-1, teacher.shape[-1])
            kl = F.kl_div(F.log_softmax(logits / 2, -1), F.softmax(teacher / 2, -1), reduction="batchmean")
            loss = 0.5 * F.cross_entropy(logits, labels) + 0.5 * 4 * kl
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            middle = time.perf_counter()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            end = time.perf_counter()
            answer = {"gradients": middle - start, "optimizer": end - middle}
        print(json.dumps(answer), flush=True)


main()
