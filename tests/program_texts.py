"""Help texts and sources in the forms that programs of many kinds have, with what a person reads off them.

Written for the tests in the shape of the tools that are named; one option a line: flag, type (or choices), default.
"""

from __future__ import annotations

__all__ = ["FILES", "HELPS", "expected_of"]

# Name -> (help text, what a person reads off).
HELPS: dict[str, tuple[str, str]] = {
    "click with defaults": (
        """Usage: train.py [OPTIONS] DATA

  Train a model.

Options:
  --lr FLOAT                  Step size.  [default: 0.001]
  --layers INTEGER RANGE      Depth.  [default: 2; 1<=x<=8]
  --optimizer [adam|sgd]      Which one.  [default: adam]
  --amp / --no-amp            Half precision.  [default: no-amp]
  --tag TEXT                  A name.
  --help                      Show this message and exit.
""",
        "--lr float 0.001\n--layers int 2\n--optimizer {adam,sgd} adam\n--amp switch False\n--tag text -",
    ),
    "click of a tokenizer": (
        """Usage: build [OPTIONS]

Options:
  -v, --vocab-size INTEGER  [default: 8000]
  --min-frequency INTEGER   [default: 2]
  --dropout FLOAT           Of merges.  [default: 0.1]
  --lowercase               Fold case.
""",
        "--vocab-size int 8000\n--min-frequency int 2\n--dropout float 0.1\n--lowercase switch -",
    ),
    "typer": (
        """
 Usage: main.py [OPTIONS]

╭─ Options ──────────────────────────────────────────────────────────────────╮
│ --epochs               INTEGER          [default: 10]                      │
│ --weight-decay         FLOAT            [default: 0.01]                    │
│ --schedule             [cosine|linear]  [default: cosine]                  │
│ --help                                  Show this message and exit.        │
╰────────────────────────────────────────────────────────────────────────────╯
""",
        "--epochs int 10\n--weight-decay float 0.01\n--schedule {cosine,linear} cosine",
    ),
    "absl": (
        """
       USAGE: learner.py [flags]
flags:

learner.py:
  --batch_size: Examples in a step.
    (default: '256')
    (an integer)
  --discount: Of later rewards.
    (default: '0.99')
    (a number)
  --[no]double: Two networks.
    (default: 'true')
  --head: <mlp|dueling>: The last layers.
    (default: 'mlp')

Try --helpfull to get a list of all flags.
""",
        "--batch_size int 256\n--discount float 0.99\n--double bool True\n--head {mlp,dueling} mlp",
    ),
    "absl with limits": (
        """flags:

run.py:
  --learning_rate: Of Adam.
    (default: '3e-4')
    (a non-negative number)
  --num_layers: Blocks.
    (default: '6')
    (an integer in the range [1, 24])
  --workdir: Where to write.

Try --helpfull to get a list of all flags.
""",
        "--learning_rate float 3e-4\n--num_layers int 6\n--workdir text -",
    ),
    "jsonargparse": (
        """usage: main.py [-h] [--config CONFIG] [--lr LR] [--hidden HIDDEN]

options:
  -h, --help            Show this help message and exit.
  --lr LR               step size (type: float, default: 0.001)
  --hidden HIDDEN       width (type: int, default: 128)
  --act {relu,gelu}     which (type: str, default: relu)
""",
        "--lr float 0.001\n--hidden int 128\n--act {relu,gelu} relu",
    ),
    "LightningCLI": (
        """usage: main.py fit [-h] [-c CONFIG]

<class 'model.Net'>:
  --model.lr LR         (type: float, default: 0.02)
  --model.dropout DROPOUT
                        (type: float, default: 0.1)
  --data.batch_size BATCH_SIZE
                        (type: int, default: 32)
  --trainer.max_epochs MAX_EPOCHS
                        (type: int, default: 5)
""",
        "--model.lr float 0.02\n--model.dropout float 0.1\n--data.batch_size int 32\n--trainer.max_epochs int 5",
    ),
    "Hydra": (
        """train is powered by Hydra.

== Configuration groups ==
Compose your configuration from those groups (group=option)

model: cnn, vit


== Config ==
Override anything in the config (foo.bar=value)

optimizer:
  lr: 0.001
  name: adam
trainer:
  epochs: 10
  amp: false


Powered by Hydra (https://hydra.cc)
""",
        "model {cnn,vit} -\noptimizer.lr float 0.001\noptimizer.name text adam\n"
        "trainer.epochs int 10\ntrainer.amp bool False",
    ),
    "optparse of R": (
        """Usage: fit.R [options]


Options:
	-s SPAN, --span=SPAN
		Width of the window [default 0.75]

	-d DEGREE, --degree=DEGREE
		Of the polynomials [default 2]

	-v, --verbose
		Say more

	-h, --help
		Show this help message and exit
""",
        "--span float 0.75\n--degree int 2\n--verbose switch -",
    ),
    "getopt_long": (
        """Usage: encode [OPTION]... FILE

  -q, --quality=NUM        from 0 to 100 (default: 75)
      --passes=N           how often (default: 1)
  -s, --sharpness=X        of the filter (default: 0.5)
  -l, --lossless           keep everything
  -h, --help               this text
""",
        "--quality int 75\n--passes int 1\n--sharpness float 0.5\n--lossless switch -",
    ),
    "one dash, libsvm": (
        """Usage: learn [options] data [model]
options:
-g gamma : set gamma in kernel function (default 1/num_features)
-c cost : set the parameter C (default 1)
-p epsilon : set the epsilon in the loss (default 0.1)
-m cachesize : set cache memory size in MB (default 100)
-e epsilon : tolerance of the termination criterion (default 0.001)
""",
        "-g float -\n-c float 1\n-p float 0.1\n-m int 100",
    ),
    "one dash, fastText": (
        """usage: embed skipgram <args>

The following arguments are optional:
  -lr                 learning rate [0.05]
  -dim                size of word vectors [100]
  -epoch              number of epochs [5]
  -minn               min length of char ngram [3]
  -t                  sampling threshold [0.0001]
""",
        "-lr float 0.05\n-dim int 100\n-epoch int 5\n-minn int 3\n-t float 0.0001",
    ),
    "Vowpal Wabbit": (
        """Update options:
    -l, --learning_rate arg                 Set learning rate (type: float, default: 0.5)
    --power_t arg                           T power value (type: float, default: 0.5)
    --decay_learning_rate arg               Per pass (type: float, default: 1)
    --passes arg                            Over the data (type: int, default: 1)
""",
        "--learning_rate float 0.5\n--power_t float 0.5\n--decay_learning_rate float 1\n--passes int 1",
    ),
    "plain usage": (
        "usage: fit.sh [-h] [--lr=LR] [--depth=DEPTH]\n",
        "--lr text -\n--depth text -",
    ),
}

# Name -> (command, file, its text, what a person reads off).
FILES: dict[str, tuple[list[str], str, str, str]] = {
    "Makefile": (
        ["make", "train"],
        "Makefile",
        "CC ?= cc\nCFLAGS = -O2\nRATE ?= 0.003\nHIDDEN := 16\nKIND = relu # or tanh\ntrain: main\n\t./main $(RATE)\n",
        "RATE float 0.003\nHIDDEN int 16\nKIND text relu",
    ),
    "shell variables": (
        ["bash", "train.sh"],
        "train.sh",
        'LR=${LR:-1e-3}\nEPOCHS=${EPOCHS-5}\nexec ./fit --lr "$LR" -n $EPOCHS -o ${OUT:-/tmp/x}\n',
        "LR float 1e-3\nEPOCHS int 5\nOUT text /tmp/x",
    ),
    "globals of a script": (
        ["python", "train.py"],
        "train.py",
        "import sys\nlr = 6e-4\nn_layer = 12\ncompile = True\nfor word in sys.argv[1:]:\n    globals()['lr'] = 1.0\n",
        "--lr float 6e-4\n--n_layer int 12\n--compile bool True",
    ),
}


def expected_of(lines: str) -> dict[str, tuple[str, str]]:
    """Flag -> type and default, as `HELPS` and `FILES` have them."""
    rows = (line.split() for line in lines.splitlines())
    return {flag: (kind, default) for flag, kind, default in rows}
