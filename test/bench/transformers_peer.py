"""The peer of the inference benchmark: transformers' own model over an exported folder, in PyTorch.

Reads one JSON request a line and answers each with one JSON line.
"""

import json
import sys
import time

import torch
import transformers

transformers.logging.set_verbosity_error()
model = None
for line in sys.stdin:
    request = json.loads(line)
    answer = {}
    if request["do"] == "open":
        torch.set_num_threads(request["threads"])
        model = transformers.AutoModelForTokenClassification.from_pretrained(
            request["folder"], attn_implementation="sdpa"
        ).eval()
        answer["version"] = f"{torch.__version__}, transformers {transformers.__version__}"
        start, cpu = time.perf_counter(), time.process_time()
    else:
        start, cpu = time.perf_counter(), time.process_time()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=request["dtype"] == "bf16"):
            for batch in request["batches"]:
                ids, mask = torch.tensor(batch["ids"]), torch.tensor(batch["mask"])
                model(input_ids=ids, attention_mask=mask).logits.float()
    print(json.dumps({**answer, "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}), flush=True)
