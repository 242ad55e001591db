"""PyTorch's training step over a Hugging Face folder: what `trainer bench-training` is held against.

    pip install torch transformers
    python trainer/benches/pytorch_step.py --base base/all-mpnet-base-v2 --data tweets.csv --threads 2
    trainer bench-training --base base/all-mpnet-base-v2 --data tweets.csv

Both: mean pooling, a linear head, label smoothing, dropout, clipping, AdamW over all weights; batches of 32 texts of
similar length, at most 96 tokens. Run them in turn: a machine's speed drifts.
"""

import argparse
import csv
import random
import time

import torch
from transformers import AutoModel, PreTrainedTokenizerFast

BATCH, LONGEST, WARM_UP, POOL = 32, 96, 10, 32


def batches(lengths):
    """As `fit::batches` has them: pools of 32 batches, sorted by length within."""
    order = list(range(len(lengths)))
    random.shuffle(order)
    found = []
    for start in range(0, len(order), POOL * BATCH):
        pool = sorted(order[start : start + POOL * BATCH], key=lambda at: lengths[at])
        found.extend(pool[at : at + BATCH] for at in range(0, len(pool), BATCH))
    random.shuffle(found)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--warm-up", type=int, default=WARM_UP)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.backends.cuda.matmul.allow_tf32 = True
    random.seed(1)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{arguments.base}/tokenizer.json")
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    with open(arguments.data, newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [tokenizer(row["text"])["input_ids"][:LONGEST] for row in rows]
    names = sorted({row["label"] for row in rows})
    labels = [names.index(row["label"]) for row in rows]
    model = AutoModel.from_pretrained(arguments.base, add_pooling_layer=False).to(arguments.device).train()
    head = torch.nn.Linear(model.config.hidden_size, len(names)).to(arguments.device)
    weights = [*model.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=2e-5, weight_decay=0.01)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    order = batches([len(x) for x in ids])
    while len(order) < arguments.warm_up + arguments.batches:
        order += order
    start = tweets = 0
    for step, batch in enumerate(order[: arguments.warm_up + arguments.batches]):
        if step == arguments.warm_up:
            start, tweets = time.perf_counter(), 0
        longest = max(len(ids[at]) for at in batch)
        padded = torch.ones((len(batch), longest), dtype=torch.long)
        mask = torch.zeros((len(batch), longest))
        for row, at in enumerate(batch):
            padded[row, : len(ids[at])] = torch.tensor(ids[at])
            mask[row, : len(ids[at])] = 1
        padded, mask = padded.to(arguments.device), mask.to(arguments.device)
        wanted = torch.tensor([labels[at] for at in batch], device=arguments.device)
        hidden = model(input_ids=padded, attention_mask=mask).last_hidden_state
        pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        loss = loss_of(head(torch.nn.functional.dropout(pooled, 0.1)), wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        loss.item()
        tweets += len(batch)
    seconds = time.perf_counter() - start
    print(f"PyTorch {torch.__version__}: {tweets / seconds:.1f} tweets a second")


if __name__ == "__main__":
    main()
