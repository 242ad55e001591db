"""Compares our token ids with Hugging Face's on every text of CSV files with a `text` column.

The normalized text is compared as well where hugging_face.py has all steps of the model; the ids of other models are
those of the text as we normalized it.

    pip install torch transformers gguf
    cargo build --release --workspace --example token_ids
    PYTHONPATH=encoder/tests/it python classifier/tests/it/compare_token_ids.py models/minilm-l4-q4_0 tweets.csv …

Prints how many texts there were and how many differ; ends with 1 if any does.
"""

import csv
import pathlib
import sys

from hugging_face import STEPS, load, normalize, read


def main():
    folder = pathlib.Path(sys.argv[1])
    _, _, tokenizer, max_tokens, steps = load(folder)
    differing = 0
    for path in sys.argv[2:]:
        with open(path, newline="", encoding="utf-8") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        ours = read(folder, texts)
        normalized = [normalize(text, steps) if all(step in STEPS for step in steps) else our["text"]
                      for text, our in zip(texts, ours, strict=True)]
        theirs = tokenizer(normalized, truncation=True, max_length=max_tokens)["input_ids"]
        unequal = [text for text, our, ids in zip(texts, ours, theirs, strict=True) if our["input_ids"] != ids]
        differing += len(unequal)
        print(f"{path}: {len(texts)} texts, {len(unequal)} differ")
        for text in unequal[:5]:
            print(f"  {text!r}")
    sys.exit(differing > 0)


if __name__ == "__main__":
    main()
