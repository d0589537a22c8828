"""Stable-Baselines3 on a bundled environment."""

import sys

import torch
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

style = sys.argv[1]
torch.set_num_threads(1)
if style == "ppo":
    PPO("MlpPolicy", "CartPole-v1", verbose=1, n_steps=256, seed=0).learn(768)
elif style == "a2c":
    A2C("MlpPolicy", "CartPole-v1", verbose=1, seed=0).learn(600, log_interval=50)
elif style == "dqn":
    DQN("MlpPolicy", "CartPole-v1", verbose=1, seed=0, learning_starts=50).learn(400, log_interval=8)
elif style == "eval":
    PPO("MlpPolicy", "CartPole-v1", n_steps=256, seed=0).learn(
        1024, callback=EvalCallback(make_vec_env("CartPole-v1"), eval_freq=256, n_eval_episodes=3)
    )
elif style == "pendulum":
    PPO("MlpPolicy", "Pendulum-v1", verbose=1, n_steps=400, seed=0).learn(800)
elif style == "policy":
    model = PPO("MlpPolicy", "CartPole-v1", n_steps=128, seed=0)
    for i in range(3):
        model.learn(256)
        mean, std = evaluate_policy(model, model.get_env(), 4)
        print(f"iteration {i}: mean_reward={mean:.2f} +/- {std:.2f}")
