from __future__ import annotations

from typing import Any

import pytest

from scriptune.inspection.help_text import lists_options, read_help
from scriptune.inspection.options_found import ProgramOption

TYPER = """
 Usage: train.py [OPTIONS]

╭─ Options ────────────────────────────────────────────────────────────────────╮
│ *  --data                           TEXT        where [required]             │
│    --learning-rate                  FLOAT       step size [default: 0.001]   │
│    --epochs                 -e      INTEGER     how long [default: 20]       │
│    --optimizer                      [adam|sgd]  which [default: adam]        │
│    --nesterov                                   look ahead                   │
│    --help                                       Show this message and exit.  │
╰──────────────────────────────────────────────────────────────────────────────╯
"""
ABSL = """
train.py: train a model
flags:

train.py:
  --epochs: how long
    (default: '20')
    (an integer)
  --learning_rate: step size
    (default: '0.001')
    (a number)
  --[no]nesterov: look ahead
    (default: 'false')
  --optimizer: <adam|sgd>: which
    (default: 'adam')

Try --helpfull to get a list of all flags.
"""
NEW_TYPER = """
 Usage: train.py [OPTIONS]

╭─ Options ────────────────────────────────────────────────────────────────────────────────────────╮
│    --learning-rate                  <float>                step size [default: 0.001]            │
│    --epochs                         <int>                  how long [default: 20]                │
│    --layers                         <int range> [1<=x<=8]  [default: 2]                          │
│    --optimizer                      <adam|sgd>             which [default: adam]                 │
│    --nesterov       --no-nesterov   <bool>                 look ahead [default: no-nesterov]     │
│    --amp            --no-amp        <bool>                 [default: amp]                        │
│ *  --data                           <str>                  [required]                            │
│    --help                           <bool>                 Show this message and exit.           │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
"""
FIRE = """
INFO: Showing help with the command 'train.py -- --help'.

NAME
    train.py - Train.

SYNOPSIS
    train.py <flags>

DESCRIPTION
    Train.

FLAGS
    -l, --learning_rate=LEARNING_RATE
        Default: 0.001
        step size
    -e, --epochs=EPOCHS
        Type: int
        Default: 20
        how long
    -n, --nesterov=NESTEROV
        Default: False
    --data=DATA
        Type: Optional[]
        Default: None
"""
JSONARGPARSE = """
usage: train.py [--config CONFIG] [--learning_rate LEARNING_RATE] [--epochs EPOCHS] [--warmup WARMUP]

options:
  -h, --help            Show this help message and exit.
  --config CONFIG       Path to a configuration file.
  --print_config [=flags]
                        Print the configuration after applying all other arguments and exit.
  --learning_rate LEARNING_RATE
                        (type: float, default: 0.001)
  --epochs EPOCHS       (type: int, default: 20)
  --warmup WARMUP       (required, type: float)
"""
HYDRA = """
train is powered by Hydra.

== Configuration groups ==
Compose your configuration from those groups (group=option)

model: resnet, vit


== Config ==
Override anything in the config (foo.bar=value)

optimizer:
  name: adam
  learning_rate: 0.001
  betas:
  - 0.9
  - 0.999
epochs: 20
nesterov: false
run: ${now:%Y}


Powered by Hydra (https://hydra.cc)
Use --hydra-help to view Hydra specific help
"""


def by_name(text: str) -> dict[str, ProgramOption]:
    return {found.name: found for found in read_help(text)[1]}


@pytest.mark.parametrize(
    ("source", "text"),
    [("typer", TYPER), ("typer", NEW_TYPER), ("absl", ABSL), ("fire", FIRE), ("argparse", JSONARGPARSE)],
)
def test_types_and_defaults_are_found_whoever_wrote_the_help(source: str, text: str) -> None:
    found = by_name(text)
    assert read_help(text)[0] == source
    assert lists_options(text)
    assert (found["learning_rate"].type, found["learning_rate"].default) == ("float", 0.001)
    assert (found["epochs"].type, found["epochs"].default) == ("int", 20)
    if "optimizer" in found:
        assert (found["optimizer"].choices, found["optimizer"].default) == (("adam", "sgd"), "adam")
    if "nesterov" in found:
        assert found["nesterov"].type == "bool"
    if "data" in found:
        assert found["data"].type == "text"
    assert not {"help", "print_config"}.intersection(found)


def test_a_switch_that_is_on_is_searched_by_the_one_that_turns_it_off() -> None:
    found = by_name(NEW_TYPER)
    assert found["nesterov"].suggestion == {"type": "bool", "default": False, "style": "switch"}
    assert found["no_amp"].suggestion == {"type": "bool", "default": False, "style": "switch", "flag": "--no-amp"}
    assert "amp" not in found


def test_an_option_that_only_turns_off_is_one_too() -> None:
    assert by_name("usage: t\n  --no-cuda   disables CUDA training\n")["no_cuda"].type == "bool"


@pytest.mark.parametrize("text", [ABSL, FIRE])
def test_switches_that_take_a_value_get_one(text: str) -> None:
    assert by_name(text)["nesterov"].suggestion == {"type": "bool", "default": False}


@pytest.mark.parametrize(
    ("words", "domain"),
    [
        ("INTEGER RANGE  [default: 2; 1<=x<=8]", {"type": "int", "min": 1, "max": 8, "default": 2}),
        ("FLOAT RANGE  [default: 0.1; 0<=x<=0.9]", {"type": "float", "min": 0.0, "max": 0.9, "default": 0.1}),
        ("FLOAT RANGE  [default: 0.5; x<=1]", {"type": "float", "min": 0.05, "max": 1.0, "log": True, "default": 0.5}),
        ("INTEGER RANGE  [default: 2; x>=2]", {"type": "int", "min": 2, "max": 8, "log": True, "default": 2}),
        ("FLOAT RANGE  [0.0001<=x<=1]", {"type": "float", "min": 0.0001, "max": 1.0, "log": True}),
        # A limit that the program does not allow itself is none to search to.
        ("FLOAT RANGE  [default: 0.5; 0<x<1]", {"type": "float", "min": 0.05, "max": 1.0, "log": True, "default": 0.5}),
    ],
)
def test_limits_of_the_program_are_the_range(words: str, domain: dict[str, Any]) -> None:
    found = by_name(f"Usage: t [OPTIONS]\n\nOptions:\n  --value {words}\n")
    assert found["value"].suggestion == domain


def test_a_range_of_absl_is_one() -> None:
    text = "\nflags:\n\nt.py:\n  --dropout: x\n    (default: '0.1')\n    (a number in the range [0.0, 0.9])\n"
    assert by_name(text)["dropout"].suggestion == {"type": "float", "min": 0.0, "max": 0.9, "default": 0.1}


def test_a_configuration_of_hydra_is_its_plain_values_by_their_whole_names() -> None:
    source, found = read_help(HYDRA)
    assert source == "hydra"
    assert {one.name: (one.type, one.default) for one in found} == {
        "model": ("categorical", None),
        "optimizer.name": ("text", "adam"),
        "optimizer.learning_rate": ("float", 0.001),
        "epochs": ("int", 20),
        "nesterov": ("bool", False),
    }
    assert {one.style for one in found} == {"hydra"}
    assert found[0].suggestion == {"type": "categorical", "values": ["resnet", "vit"], "style": "hydra"}


def test_the_name_of_an_option_ended_at_its_first_dot() -> None:
    text = (
        "usage: t [-h] [--optimizer.lr OPTIMIZER.LR]\n\noptions:\n  -h, --help            show this help\n"
        "  --optimizer.lr OPTIMIZER.LR\n                        step size (default: 0.001)\n"
        "  --model.weight-decay FLOAT  (default: 0.01)\n  --model.help CLASS  Show the help of a class.\n"
    )
    found = by_name(text)
    assert {name: (one.type, one.flag) for name, one in found.items()} == {
        "optimizer.lr": ("float", "--optimizer.lr"),
        "model.weight_decay": ("float", "--model.weight-decay"),
    }


def test_a_shell_script_with_nothing_but_a_usage_had_no_parameters() -> None:
    text = "Usage: train.sh [-h|--help] --lr=LR [--optimizer {sgd,adam}] [--amp]\n       [--data <dir>]\n"
    found = by_name(text)
    assert lists_options(text)
    assert {name: one.type for name, one in found.items()} == {
        "lr": "text",
        "optimizer": "categorical",
        "amp": "bool",
        "data": "text",
    }
    assert found["optimizer"].choices == ("sgd", "adam")


def test_a_text_that_is_no_help_lists_nothing() -> None:
    assert not lists_options("training...\nepoch 1 loss=0.5\n")
    assert read_help("")[1] == []


def suggested(text: str) -> dict[str, Any]:
    return {option.name: option.suggestion for option in read_help(text)[1] if option.suggestion is not None}


LIBSVM = """Usage: svm-train [options] training_set_file
options:
-s svm_type : kind of machine (default 0)
\t0 -- C-SVC
\t1 -- nu-SVC
-g gamma : of the kernel (default 1/num_features)
-c cost : of errors (default 1)
-p epsilon : of the loss of epsilon-SVR (default 0.1)
-e epsilon : where to stop
\t-s 0 and 2
\t\t|f'(w)| <= eps (default 0.01)
-h shrinking : whether to shrink, 0 or 1 (default 1)
-m cachesize : in MB (default 100)
-q : quiet
"""


def test_quantities_of_libsvm_are_named_by_their_placeholders() -> None:
    ranges = {name: (d["flag"], d["style"], d["min"], d["max"]) for name, d in suggested(LIBSVM).items()}
    assert ranges == {
        "gamma": ("-g", "space", 1e-5, 1.0),
        "cost": ("-c", "space", 1e-2, 1e3),
        "epsilon": ("-p", "space", 1e-3, 1.0),
    }
    assert suggested(LIBSVM)["cost"]["default"] == 1.0


FASTTEXT = """The following arguments are optional:
  -lr                 learning rate [0.1]
  -dim                size of word vectors [100]
  -neg                number of negatives sampled [5]
  -loss               loss function {ns, hs} [ns]
  -saveOutput         whether parameters are saved [false]
"""


def test_defaults_in_brackets_are_those_of_options_that_take_the_next_word() -> None:
    found = suggested(FASTTEXT)
    assert {name: (d["style"], d["default"]) for name, d in found.items()} == {
        "lr": ("space", 0.1), "dim": ("space", 100), "neg": ("space", 5)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "default", "low", "high"),
    [
        ("--drop PCT  Dropout rate (default: 0.)", 0.0, 0.0, 0.6),
        ("--drop PCT  Dropout rate (default: 0)", 0.0, 0.0, 0.6),
        ("--window N  Words around; default is 5", 5, 2, 10),
        ("--lr-noise-std S  Of learning rate noise (default: 1.0)", 1.0, 0.1, 10.0),
        ("--lr-k-decay K  Exponent (default: 1.0)", 1.0, 0.1, 10.0),
        ("--keep-rate K  Of all (default: 0.5)", 0.5, 0.0, 1.0),
    ],
)
def test_an_option_of_argparse_gets_a_range_that_fits_its_kind(
    words: str, default: float, low: float, high: float
) -> None:
    (domain,) = suggested(f"usage: train.py [options]\n\n  {words}\n").values()
    assert (domain["min"], domain["max"]) == (low, high)
    assert domain.get("default", default) == default
    assert domain["type"] == ("int" if isinstance(default, int) else "float")


def test_a_number_near_1_is_searched_by_its_distance_to_1() -> None:
    (domain,) = suggested("usage: train.py [options]\n\n  --horizon H  Discount (default: 0.99)\n").values()
    assert domain == {"type": "float", "min": 0.9, "max": 0.999, "log": "reverse", "default": 0.99}


@pytest.mark.parametrize(
    "words",
    [
        "--batch-size INT  computed from others (default: 0)",
        "--eos-id INT  of the end (default: 2)",
        "--testBatchSize INT  of no training (default: 10)",
        "--ngpu INT  of the machine (default: 1)",
        "--dev-every INT  of training (default: 1000)",
        "--train_size INT  of the data (default: 50000)",
        "--max-features INTEGER  of a tree",  # elsewhere a share: no range of shares for a number of features
    ],
)
def test_what_nobody_searches_or_knows_gets_no_range(words: str) -> None:
    assert suggested(f"usage: train.py [options]\n\n  {words}\n") == {}
