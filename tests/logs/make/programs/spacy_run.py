"""Write generated texts for `spacy train`, or train by hand."""

import random
import sys

import spacy
from spacy.tokens import DocBin
from spacy.training import Example

random.seed(0)
nlp = spacy.blank("en")
texts = [
    (
        " ".join(
            random.choices(["good", "fine", "nice"] if i % 2 else ["bad", "poor", "awful"], k=4)
            + random.choices(["film", "day", "book"], k=2)
        ),
        float(i % 2),
    )
    for i in range(120)
]
if sys.argv[1] == "write":
    for name, part in (("train", texts[:90]), ("dev", texts[90:])):
        bin_ = DocBin()
        for text, positive in part:
            doc = nlp(text)
            doc.cats = {"POS": positive, "NEG": 1 - positive}
            bin_.add(doc)
        bin_.to_disk(f"{name}.spacy")
else:
    cat = nlp.add_pipe("textcat")
    examples = [Example.from_dict(nlp.make_doc(t), {"cats": {"POS": p, "NEG": 1 - p}}) for t, p in texts]
    optimizer = nlp.initialize(lambda: examples)
    for epoch in range(4):
        losses = {}
        for i in range(0, 120, 20):
            nlp.update(examples[i : i + 20], sgd=optimizer, losses=losses)
        print("Losses", losses)
    print({k: round(v, 3) for k, v in nlp.evaluate(examples).items() if isinstance(v, float)})
