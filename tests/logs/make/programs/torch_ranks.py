"""Two ranks average a loss on loopback."""

import os
import sys

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(rank)
w = torch.nn.Linear(4, 1)
ddp = torch.nn.parallel.DistributedDataParallel(w)
optimizer = torch.optim.SGD(ddp.parameters(), lr=0.1)
style = sys.argv[1]
for step in range(4):
    x = torch.randn(32, 4)
    loss = ((ddp(x) - x.sum(1, keepdim=True)) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    mean = loss.detach().clone()
    dist.all_reduce(mean)
    mean /= dist.get_world_size()
    if style == "all":
        print(f"[rank {rank}] step {step} loss {loss.item():.5f} mean {mean.item():.5f}", flush=True)
    elif style == "main":
        if rank == 0:
            print(f"step={step} loss={mean.item():.5f} world={dist.get_world_size()}", flush=True)
    elif style == "env":
        print(f"{os.environ['RANK']}/{os.environ['WORLD_SIZE']}: train/loss={loss.item():.4e}", flush=True)
    elif style == "tensor":
        print(step, mean, flush=True)
    dist.barrier()
if style == "fail" and rank == 1:
    print(f"loss={loss.item():.4f}", flush=True)
    raise SystemExit(3)
dist.destroy_process_group()
