"""一个用中文打印的 PyTorch 小程序。"""

import sys

import torch

torch.manual_seed(0)
样式 = sys.argv[1]
数据 = torch.randn(200, 6)
标签 = (数据[:, :2].sum(1) > 0).long()
模型 = torch.nn.Linear(6, 2)
优化器 = torch.optim.SGD(模型.parameters(), lr=0.5)
for 轮 in range(1, 5):
    输出 = 模型(数据)
    损失 = torch.nn.functional.cross_entropy(输出, 标签)
    优化器.zero_grad()
    损失.backward()
    优化器.step()
    准确率 = (输出.argmax(1) == 标签).float().mean()
    if 样式 == "张量":
        print("轮次", 轮, "损失", 损失, "准确率", 准确率)
    elif 样式 == "字典":
        print({"轮次": 轮, "损失": 损失.item(), "准确率": 准确率.item()})
    elif 样式 == "进度":
        print(f"\r训练进度：{轮}/4，损失：{损失:.4f}", end="" if 轮 < 4 else "\n", flush=True)
    elif 样式 == "统计":
        print(f"测试集：平均损失：{损失:.4f}，准确率：{int(准确率 * 200)}/200（{准确率:.1%}）")
