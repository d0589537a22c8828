from __future__ import annotations

from pathlib import Path

import pytest

from scriptune.errors import ExecutorError
from scriptune.executors.base import LaunchSpec
from scriptune.executors.slots import Allocation, Slots, find_devices


def launch_spec(cpus: int | None = None, gpus: float = 0.0, gpu_ids: tuple[str, ...] = ()) -> LaunchSpec:
    return LaunchSpec(Path("/attempt"), ("true",), cpus=cpus, gpus=gpus, gpu_ids=gpu_ids)


def fill(slots: Slots, *orders: LaunchSpec) -> list[dict[str, float] | None]:
    """Take slots for each order in turn; the devices each got, None where there was no room."""
    got: list[dict[str, float] | None] = []
    for number, each in enumerate(orders):
        taken = slots.choose(each)
        if taken is not None:
            slots.allocate(str(number), taken)
        got.append(None if taken is None else dict(taken.devices))
    return got


def test_whole_devices_are_given_in_order_and_not_twice() -> None:
    slots = Slots(1, ["a", "b", "c"])
    assert fill(slots, launch_spec(gpus=1), launch_spec(gpus=2), launch_spec(gpus=1)) == [
        {"a": 1.0},
        {"b": 1.0, "c": 1.0},
        None,
    ]
    slots.release("0")
    assert slots.choose(launch_spec(gpus=1)) == Allocation(0, {"a": 1.0})


def test_shares_are_packed_on_the_fullest_device_that_has_room() -> None:
    slots = Slots(1, ["a", "b"])
    got = fill(
        slots,
        launch_spec(gpus=0.5),
        launch_spec(gpus=0.25),
        launch_spec(gpus=0.5),
        launch_spec(gpus=0.25),
        launch_spec(gpus=1),
    )
    assert got == [{"a": 0.5}, {"a": 0.25}, {"b": 0.5}, {"a": 0.25}, None]


@pytest.mark.parametrize(
    ("order", "wanted", "room"),
    [
        (launch_spec(), 1000, 1000),
        (launch_spec(), 0, 0),
        (launch_spec(cpus=2), 1000, 3),
        (launch_spec(cpus=2), 1, 1),
        (launch_spec(cpus=8), 1000, 0),
        (launch_spec(gpus=0.5), 1000, 3),
        (launch_spec(gpus=0.5), 2, 2),
        (launch_spec(gpus=1), 9, 1),
        (launch_spec(gpus=1, gpu_ids=("c",)), 9, 1),
        (launch_spec(gpus=2), 9, 0),
        (launch_spec(cpus=4, gpus=0.5), 9, 1),
    ],
)
def test_room_is_what_could_be_given_one_after_the_other(order: LaunchSpec, wanted: int, room: int) -> None:
    slots = Slots(8, ["a", "b"])
    fill(slots, launch_spec(cpus=1, gpus=0.5))
    assert slots.room(order, wanted) == room
    assert slots.room(order, wanted) == room  # nothing was given


@pytest.mark.parametrize("n", [1, 2, 3, 6, 7, 10, 49, 100])
def test_a_device_holds_n_shares_of_one_nth(n: int) -> None:
    slots = Slots(1, ["a"])
    assert fill(slots, *[launch_spec(gpus=1 / n)] * (n + 1)) == [{"a": 1 / n}] * n + [None]


def test_a_job_gets_only_the_devices_it_names() -> None:
    slots = Slots(1, ["a", "b", "c"])
    assert fill(
        slots, launch_spec(gpus=1, gpu_ids=("c",)), launch_spec(gpus=1, gpu_ids=("c",)), launch_spec(gpus=1)
    ) == [
        {"c": 1.0},
        None,
        {"a": 1.0},
    ]


def test_adopted_slots_count_even_beyond_what_there_is() -> None:
    slots = Slots(2, ["a"])
    slots.allocate("old", Allocation(3, {"a": 1.0}))
    slots.allocate("old", Allocation(3, {"a": 1.0}))
    assert slots.choose(launch_spec(cpus=1)) is None
    assert slots.choose(launch_spec(gpus=0.1)) is None
    slots.release("old")
    slots.release("old")
    assert slots.choose(launch_spec(cpus=2, gpus=1)) == Allocation(2, {"a": 1.0})


def test_a_machine_that_is_full_still_takes_orders_that_count_nothing() -> None:
    slots = Slots(1, [])
    assert fill(slots, launch_spec(cpus=1), launch_spec()) == [{}, {}]


def test_what_was_taken_survives_json() -> None:
    taken = Allocation(2, {"0": 0.5})
    assert Allocation.from_json(taken.to_json()) == taken
    assert Allocation.from_json({}) == Allocation()


@pytest.mark.parametrize(
    ("wanted", "devices", "message"),
    [
        (launch_spec(cpus=5), ["a"], r"needs 5 CPUs, but this machine has 4"),
        (launch_spec(gpus=3), ["a", "b"], r"needs 3 GPUs, but only 2 can be allocated \(a, b\)"),
        (launch_spec(gpus=1.5), ["a", "b"], r"needs 1\.5 GPUs; use an integer"),
        (launch_spec(gpus=1), [], r"needs 1 GPU, but none was found"),
        (launch_spec(gpus=2, gpu_ids=("x",)), ["a", "b"], r"needs 2 GPUs, but only 1 can be allocated \(x\)"),
    ],
)
def test_what_can_never_fit_is_refused_with_what_is_there(wanted: LaunchSpec, devices: list[str], message: str) -> None:
    with pytest.raises(ExecutorError, match=message):
        Slots(4, devices).check(wanted)


@pytest.fixture
def nvidia_smi(tmp_path: Path) -> Path:
    """A stand-in for the program, to be written by the test."""
    path = tmp_path / "nvidia-smi"
    path.write_text("#!/bin/sh\n[ \"$*\" = '--query-gpu=index --format=csv,noheader' ] || exit 9\necho 0\necho 1\n")
    path.chmod(0o755)
    return path


def test_devices_are_those_nvidia_smi_lists(nvidia_smi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", f"{nvidia_smi.parent}:/usr/bin:/bin")
    slots = Slots(1)
    assert fill(slots, launch_spec(gpus=1), launch_spec(gpus=1), launch_spec(gpus=1)) == [{"0": 1.0}, {"1": 1.0}, None]


def test_devices_that_we_were_given_go_before_those_of_the_machine(nvidia_smi: Path) -> None:
    path = str(nvidia_smi.parent)
    assert find_devices({"PATH": path, "CUDA_VISIBLE_DEVICES": "2, 3"}) == ("2", "3")
    assert find_devices({"PATH": path, "CUDA_VISIBLE_DEVICES": ""}) == ()
    assert find_devices({"PATH": path, "CUDA_VISIBLE_DEVICES": "-1"}) == ()
    assert find_devices({"PATH": path}) == ("0", "1")


def test_without_nvidia_smi_there_are_no_devices(tmp_path: Path) -> None:
    assert find_devices({"PATH": str(tmp_path)}) == ()


def test_a_broken_driver_is_quoted(nvidia_smi: Path) -> None:
    nvidia_smi.write_text("#!/bin/sh\necho 'Driver/library version mismatch' >&2\nexit 18\n")
    with pytest.raises(ExecutorError, match="Driver/library version mismatch"):
        find_devices({"PATH": str(nvidia_smi.parent)})


def test_an_nvidia_smi_that_cannot_run_is_an_error(nvidia_smi: Path) -> None:
    nvidia_smi.write_text("#!/no/such/interpreter\n")
    with pytest.raises(ExecutorError, match="fix the driver"):
        find_devices({"PATH": str(nvidia_smi.parent)})


# --- what is a device ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visible", "devices"),
    [
        ("0,-1,1", ("0",)),
        ("-1", ()),
        ("", ()),
        ("NoDevFiles", ()),
        ("2, 3", ("2", "3")),
        ("1,1,0", ("1", "0")),
        ("GPU-8932f937-d72c-4106-c12f-20bd9faed9f6,MIG-GPU-8932f937/1/0", None),
    ],
)
def test_devices_behind_the_first_that_is_none_are_invisible(visible: str, devices: tuple[str, ...] | None) -> None:
    found = find_devices({"CUDA_VISIBLE_DEVICES": visible})
    assert found == (tuple(visible.split(",")) if devices is None else devices)


@pytest.mark.parametrize("said", ["No devices were found", "0\nERR!", "[N/A]", "0, Tesla", "-1", "0x1", "٣"])
def test_what_nvidia_smi_says_with_exit_code_0_is_quoted_unless_it_is_a_device(
    nvidia_smi: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    program = nvidia_smi / "nvidia-smi" if nvidia_smi.is_dir() else nvidia_smi
    program.write_text(f"#!/bin/sh\ncat <<'end'\n{said}\nend\n")
    program.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with pytest.raises(ExecutorError, match=r"nvidia-smi succeeded but printed '.+', expected device numbers"):
        find_devices({"PATH": f"{program.parent}:/usr/bin:/bin"})


def test_a_variable_that_names_no_device_is_quoted() -> None:
    with pytest.raises(ExecutorError, match="'first' is neither a device number nor a UUID"):
        find_devices({"CUDA_VISIBLE_DEVICES": "0,first"})
