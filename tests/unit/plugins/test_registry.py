"""plugins/registry.py: built-in names, and those of installed packages, usable or broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plugin_packages import SAMPLER, install
from scriptune.core.parameters import Float
from scriptune.core.space import SearchSpace
from scriptune.errors import ExecutorError, SamplerError
from scriptune.executors.registry import EXECUTOR_REGISTRY, make_executor
from scriptune.plugins.registry import PluginStatus
from scriptune.search.registry import SAMPLER_REGISTRY, SAMPLERS, make_sampler

SAMPLER_GROUP, EXECUTOR_GROUP = "scriptune.samplers", "scriptune.executors"
SPACE = SearchSpace({"x": Float(0.0, 1.0)})


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the search path for installed packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def problem(kind: str = "sampler") -> str:
    """Why the only plug-in cannot be used; the built-in ones can."""
    registry = SAMPLER_REGISTRY if kind == "sampler" else EXECUTOR_REGISTRY
    (plugin,) = registry.plugins()
    assert plugin.kind == kind
    assert set(registry.usable()) == (SAMPLERS.keys() if kind == "sampler" else {"local"})
    return plugin.problem


def test_a_plugin_is_used_like_a_built_in_one(site: Path) -> None:
    install(site, "their-samplers", {SAMPLER_GROUP: {"low": "low_one:Low"}}, {"low_one": SAMPLER})
    sampler = make_sampler("low", SPACE, 3, power=2)
    assert (sampler.name, sampler.options.power) == ("low", 2.0)
    assert SPACE.contains(sampler.ask(0))
    assert SAMPLER_REGISTRY.plugins() == [PluginStatus("sampler", "low", "their-samplers", "1.2", "")]
    assert SAMPLER_REGISTRY.usable() == {**dict.fromkeys(SAMPLERS, ""), "low": "their-samplers"}
    assert SAMPLER_REGISTRY.description("low") == "Draws low values."
    (option,) = SAMPLER_REGISTRY.options("low")
    assert (option.name, option.type, option.default, option.help) == (
        "power",
        "float",
        1.0,
        "How much it prefers low values.",
    )
    with pytest.raises(SamplerError, match="Option 'power' of sampler 'low' is -1, expected at least 0"):
        make_sampler("low", SPACE, power=-1)
    with pytest.raises(SamplerError, match=r"no option 'powr'.*Did you mean 'power'"):
        make_sampler("low", SPACE, powr=1)
    with pytest.raises(SamplerError, match=r"no sampler 'loww'.*Did you mean 'low'"):
        make_sampler("loww", SPACE)


def test_options_reach_an_executor(site: Path) -> None:
    source = (
        "from dataclasses import dataclass\n"
        "from scriptune.executors.local.executor import LocalExecutor\n"
        "@dataclass\nclass Options:\n    most: int = 3\n"
        "class Few(LocalExecutor):\n    options_class = Options\n"
        "    def __init__(self, most):\n        super().__init__()\n        self.most = most\n"
    )
    install(site, "few", {EXECUTOR_GROUP: {"few": "few_one:Few"}}, {"few_one": source})
    for options, most in (({}, 3), ({"most": 5}, 5)):
        executor = make_executor("few", **options)
        executor.close()
        assert executor.most == most  # type: ignore[attr-defined]  # its own
    with pytest.raises(ExecutorError, match=r"Option 'most' of executor 'few' is 'x', expected an integer"):
        make_executor("few", most="x")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ValueError('no such thing')", "importing 'broken_{n}:X' raised ValueError: no such thing."),
        ("import package_that_is_not_there", "raised ModuleNotFoundError: No module named 'package_that_is_not_there'"),
        ("def f(:", "raised SyntaxError"),
        ("raise SystemExit(3)", "raised SystemExit: 3."),
        ("import sys; sys.exit()", "raised SystemExit."),
        ("class E(BaseException):\n    def __str__(self): raise self\nraise E", "raised E."),
        ("x = 1", "its module has no 'X'."),
        ("X = 3", "'broken_{n}:X' is of the type 'int', expected a subclass of scriptune.search.base.BaseSampler."),
        ("class X: pass", "is 'X', expected a subclass of"),
        (SAMPLER + "\nX = Low\nX.name = 'y'\n", "is 'Low', expected a class with name = 'x'"),
        (SAMPLER + "\nX = Low\nX.name = 'x'\nX.options_class = int", "its options class has an error (TypeError: "),
        (
            SAMPLER + "\n@dataclass\nclass O:\n    sizes: list = None\nX = Low\nX.name = 'x'\nX.options_class = O",
            "option 'sizes' has the type list, expected int or float or str or bool",
        ),
        (
            SAMPLER + "\n@dataclass\nclass O:\n    size: int\nX = Low\nX.name = 'x'\nX.options_class = O",
            "option 'size' has no default",
        ),
    ],
)
def test_a_broken_plugin_says_what_is_wrong_and_harms_nothing(
    site: Path, source: str, said: str, request: pytest.FixtureRequest
) -> None:
    n = abs(hash(request.node.name))
    install(site, "their-package", {SAMPLER_GROUP: {"x": f"broken_{n}:X"}}, {f"broken_{n}": source})
    assert problem().startswith("The sampler 'x' of the package 'their-package' cannot be used: ")
    assert said.format(n=n) in problem()
    assert problem().endswith(" Update the package, or uninstall it: pip uninstall their-package.")
    with pytest.raises(SamplerError, match="The sampler 'x' of the package 'their-package' cannot be used"):
        make_sampler("x", SPACE)
    assert SPACE.contains(make_sampler("random", SPACE, 0).ask(0))


def test_an_executor_without_the_methods_of_the_contract_is_refused(site: Path) -> None:
    install(site, "half", {EXECUTOR_GROUP: {"x": "half_one:X"}}, {"half_one": "class X:\n    def submit(self): pass\n"})
    assert "is 'X', expected a class with the methods " in problem("executor")
    assert "check, " in problem("executor")
    assert "submit" not in problem("executor")
    with pytest.raises(ExecutorError, match="cannot be used"):
        make_executor("x")


def test_a_plugin_cannot_take_the_name_of_a_built_in_one(site: Path) -> None:
    install(site, "greedy", {SAMPLER_GROUP: {"random": "low_two:Low"}}, {"low_two": SAMPLER})
    assert "the name is that of a built-in one, which is used" in problem()
    assert type(make_sampler("random", SPACE)).__module__ == "scriptune.search.random_search"


def test_a_name_that_two_packages_have_is_nobodys(site: Path) -> None:
    for package in ("one", "two"):
        install(site, package, {SAMPLER_GROUP: {"low": "low_three:Low"}}, {"low_three": SAMPLER})
    problems = [plugin.problem for plugin in SAMPLER_REGISTRY.plugins()]
    assert "of the package 'one' cannot be used: the package 'two' has one of the same name." in problems[0]
    assert "of the package 'two' cannot be used: the package 'one' has one of the same name." in problems[1]
    with pytest.raises(SamplerError, match="has one of the same name"):
        make_sampler("low", SPACE)
    assert set(SAMPLER_REGISTRY.usable()) == SAMPLERS.keys()


@pytest.mark.parametrize("text", ["[scriptune.samplers]\nnonsense\n", "[scriptune.samplers]\n = = \n[["])
def test_entry_points_that_cannot_be_read_are_named(site: Path, text: str) -> None:
    install(site, "torn", {})
    (site / "torn-1.2.dist-info" / "entry_points.txt").write_text(text)
    assert "of the package 'torn' cannot be used" in problem()


def test_damaged_metadata_of_other_packages_is_not_our_concern(site: Path) -> None:
    install(site, "torn", {})
    (site / "torn-1.2.dist-info" / "entry_points.txt").write_bytes(b"[x]\n\xff\xfe = nonsense")
    assert SAMPLER_REGISTRY.plugins() == []


def test_a_package_without_metadata_is_named_as_far_as_possible(site: Path) -> None:
    install(site, "torn", {SAMPLER_GROUP: {"low": "low_four:Low"}}, {"low_four": "raise OSError"})
    (site / "torn-1.2.dist-info" / "METADATA").unlink()
    assert "raised OSError" in problem()


def test_a_package_that_is_found_twice_on_the_path_counts_once(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (site / "a", site / "b"):
        install(folder, "twin", {SAMPLER_GROUP: {"low": "low_five:Low"}}, {"low_five": SAMPLER})
        monkeypatch.syspath_prepend(str(folder))
    assert [plugin.problem for plugin in SAMPLER_REGISTRY.plugins()] == [""]


def test_what_a_plugin_prints_while_it_is_imported_does_not_get_into_our_output(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    install(site, "chatty", {SAMPLER_GROUP: {"low": "low_six:Low"}}, {"low_six": "print('hello')\n" + SAMPLER})
    assert [plugin.problem for plugin in SAMPLER_REGISTRY.plugins()] == [""]
    assert capfd.readouterr() == ("", "hello\n")


def test_built_in_names_are_used_without_a_look_at_installed_packages() -> None:
    code = (
        "import sys, scriptune\n"
        "from scriptune.executors.registry import EXECUTORS\n"
        "from scriptune.search.registry import make_sampler\n"
        "space = scriptune.SearchSpace({'x': scriptune.Float(0, 1)})\n"
        "make_sampler('random', space, 0).ask(0)\n"
        "print('importlib.metadata' in sys.modules, end=' ')\n"
        "try: make_sampler('rndom', space, 0)\n"
        "except ValueError: print('importlib.metadata' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]
