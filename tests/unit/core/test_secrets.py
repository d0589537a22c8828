"""What is taken for a secret, wherever it stands, and what a user wants to see as it is."""

from __future__ import annotations

import pytest

from scriptune.core.job import MASK
from scriptune.core.secrets import Secrets, is_secret, is_secret_name, mask_shapes, mask_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        "env TOKEN=hunter2 python train.py",
        "MY_API_KEY='hunter2 x' python train.py",
        "python train.py --token=hunter2",
        "python train.py --api-key hunter2 --lr 0.1",
        "python train.py --api-key 'hunter2 x' --lr 0.1",
        "python train.py wandb.api_key=hunter2",
        "psql 'host=db user=ada password=hunter2'",
        "DSN='host=db password=hunter2' python train.py",
        "Server=db;Uid=ada;Pwd=hunter2;",
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=hunter2==;",
        "git clone https://ada:hunter2@example.com/x",
        "postgresql+psycopg://ada:hunter2@db/x",
        "curl -H 'Authorization: Bearer hunter2hunter2' https://x",
        "https://x.blob.example/a?sv=1&sig=hunter2",
        "password: hunter2",
    ],
)
def test_a_secret_inside_of_a_text_is_masked_and_the_rest_is_not(text: str) -> None:
    shown = mask_text(text)
    assert "hunter2" not in shown
    assert MASK in shown
    assert text.split()[0].partition("=")[0].partition(":")[0] in shown
    assert mask_text(shown) == shown


@pytest.mark.parametrize(
    "secret",
    [
        JWT,
        "AKIA" + "A1B2" * 4,
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 9,
        "glpat-" + "a1B2" * 5,
        "hf_" + "aBcD" * 8,
        "xoxb-" + "1234-" * 4 + "abcd",
        "sk-proj-" + "a1B2" * 9,
        "sk_live_" + "a1B2" * 6,
        "AIza" + "a1B2" * 9,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn",
    ],
    ids=lambda secret: secret[:12],
)
def test_a_token_is_known_by_its_shape_whatever_it_is_called(secret: str) -> None:
    assert mask_shapes(f"x {secret}") == f"x {MASK}"
    assert is_secret("HARMLESS", secret)
    assert secret not in mask_text(f"python train.py --name={secret}")


@pytest.mark.parametrize(
    "text",
    [
        "python train.py --max_tokens=512 --key_dim 64 --num_key_value_heads=8 --tokenizer bert --author Ada",
        "python train.py --keyframes=30 --pad-token 0 --eos_token=2 --auth-dim=3 --password-file /run/x",
        "python train.py --data=/data/ada/imagenet-2012-a-long-name/train --id=550e8400-e29b-41d4-a716-446655440000",
        "python train.py --checkpoint=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "python train.py --token {token} --api_key=$API_KEY",
        "sh -c 'echo loss=0.5 accuracy=0.91'",
        "https://example.com/a:b@c",
    ],
)
def test_what_is_not_a_secret_stays_as_it_is(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("api_key", True),
        ("apiKey", True),
        ("token", True),
        ("--hf-token", True),
        ("db.password", True),
        ("client_secret", True),
        ("key", False),
        ("n_tokens", False),
        ("token_dim", False),
        ("author", False),
        ("secretary", False),
        ("api_key_file", False),
    ],
)
def test_a_parameter_is_secret_by_the_last_words_of_its_name(name: str, expected: bool) -> None:
    assert is_secret_name(name) == expected


def test_noise_in_a_variable_is_a_secret_and_words_and_hashes_are_not() -> None:
    assert is_secret("SETTING", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7")
    assert not is_secret("SETTING", "a_rather_long_name_of_an_experiment_without_any_noise")
    assert not is_secret("COMMIT", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b")


DOCUMENT = {
    "name": "x",
    "command": ["python", "train.py", "--password", "hunter2222", "--url=https://ada:hunter3333@db/"],
    "parameters": {
        "api_key": {"type": "categorical", "value": "hunter4444"},
        "max_tokens": {"type": "int", "value": 512},
        "lr": {"type": "float", "min": 0.0, "max": 1.0},
    },
    "metrics": {"loss": {"regex": r"token=(\S+)"}},
    "run": {"env": {"JWT": JWT, "DSN": "host=db password=hunter5555", "OMP_NUM_THREADS": "4"}, "parallel": 2},
}


def test_a_job_file_is_shown_without_its_secrets_and_otherwise_as_it_is() -> None:
    secrets = Secrets(DOCUMENT, hide_env=False)
    shown = secrets.document()
    assert "hunter" not in str(shown)
    assert JWT not in str(shown)
    assert shown["run"] == {"env": {"JWT": MASK, "DSN": MASK, "OMP_NUM_THREADS": "4"}, "parallel": 2}
    assert shown["metrics"] == DOCUMENT["metrics"]
    assert shown["parameters"]["lr"] == {"type": "float", "min": 0.0, "max": 1.0}
    assert shown["parameters"]["max_tokens"]["value"] == 512
    assert shown["command"][:3] == ["python", "train.py", "--password"]
    # What was recognised in one place is recognised everywhere.
    line = "OMP_NUM_THREADS=4 python train.py hunter2222 --k hunter4444"
    assert secrets.text(line) == f"OMP_NUM_THREADS=4 python train.py {MASK} --k {MASK}"
    assert secrets.known({"message": ["it said hunter4444"]}) == {"message": [f"it said {MASK}"]}
    assert secrets.params({"api_key": "hunter4444", "lr": 0.1}) == {"api_key": MASK, "lr": 0.1}


def test_who_may_only_look_sees_no_value_of_the_environment() -> None:
    secrets = Secrets(DOCUMENT, hide_env=True)
    assert secrets.document()["run"]["env"] == {"JWT": MASK, "DSN": MASK, "OMP_NUM_THREADS": MASK}
    assert secrets.text("OMP_NUM_THREADS=4 python train.py") == f"OMP_NUM_THREADS={MASK} python train.py"


def test_a_secret_in_a_setup_is_masked_and_its_other_words_are_not() -> None:
    document = {"run": {"setup": ["export API_KEY=abc123def", "source venv/bin/activate"]}}
    shown = Secrets(document, hide_env=False).document()
    assert shown["run"]["setup"] == [f"export API_KEY={MASK}", "source venv/bin/activate"]
