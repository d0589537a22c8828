"""Logistic regression by hand, reported in the words of people of many countries: ``words.py STYLE``."""

import json
import locale
import logging
import math
import random
import sys
import time

STYLE = sys.argv[1]
random.seed(4)
points = []
for _ in range(300):
    u, v = random.gauss(0, 1), random.gauss(0, 1)
    points.append((u, v, 1 if u - 0.5 * v + random.gauss(0, 0.4) > 0 else 0))
w = [0.0, 0.0, 0.0]
if STYLE.startswith("loc_"):
    locale.setlocale(locale.LC_ALL, "")


def num(form: str, x: float, grouping: bool = False) -> str:
    return locale.format_string(form, x, grouping=grouping)


def comma(x: float, digits: int = 4) -> str:
    return f"{x:.{digits}f}".replace(".", ",")


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


start = time.perf_counter()
for n in range(1, 6):
    loss = right = 0.0
    for u, v, t in points:
        p = 1 / (1 + math.exp(-(w[0] + w[1] * u + w[2] * v)))
        loss -= math.log(p if t else 1 - p) / len(points)
        right += (p > 0.5) == (t == 1)
        for i, x in enumerate((1.0, u, v)):
            w[i] += 0.01 * n * (t - p) * x
    acc, ms = right / len(points), (time.perf_counter() - start) * 1000
    f1 = acc * 0.98
    match STYLE:
        case "zh_colon":
            print(f"第{n}轮：损失：{loss:.4f}，准确率：{acc:.4f}。")
        case "zh_percent":
            print(f"【第 {n}/5 轮】训练损失={loss:.3f}；验证准确率={100 * acc:.2f}％（耗时{ms:.1f}毫秒）")
        case "zh_half":
            print(f"轮次: {n}, 损失值: {loss:.6f}, 准确率: {acc:.2%}")
        case "zh_brackets":
            print(f"epoch {n}，精度（{acc:.3f}），召回率「{f1:.3f}」，F1值《{f1:.4f}》")
        case "zh_wide":
            print(wide(f"第{n}轮 准确率={acc:.3f}"))
        case "zh_log":
            if n == 1:
                logging.basicConfig(
                    level=logging.INFO, stream=sys.stdout, format="%(asctime)s [%(levelname)s] %(message)s"
                )
            logging.info("训练中... 当前步数%d 平均loss为%.5f 学习率%.0e", n * 300, loss, 0.01 * n)
        case "zh_json":
            print(
                json.dumps({"轮次": n, "损失": round(loss, 5), "指标": {"准确率": round(acc, 4)}}, ensure_ascii=False)
            )
        case "zh_escaped":
            print(json.dumps({"轮次": n, "损失": round(loss, 5), "acc": acc}))
        case "zh_table":
            if n == 1:
                print("┌──────┬──────────┬──────────┐\n│ 轮次 │   损失   │  准确率  │\n├──────┼──────────┼──────────┤")
            print(f"│ {n:>4} │ {loss:>8.4f} │ {acc:>8.2%} │")
        case "zh_wan":
            print(f"样本数 {n * 1.5:.1f}万，速度 {n * 312.5:.1f} 条/秒，损失 {loss:.4f}")
        case "zh_best":
            print(f"epoch={n} 验证集得分:{acc:.4f}{'（最佳！）' if n == 5 else '、'}")
        case "zh_cpu":
            print(f"用时{ms:.2f}ms" if n < 4 else f"用时{ms / 1000:.4f}s")
        case "zh_tw":
            print(f"第 {n} 回合 → 損失：{loss:.4f}｜正確率：{acc * 100:.1f}%")
        case "zh_pair":
            print(f"准确率：{acc:.2f}，损失：{loss:.1f}!")
        case "gbk":
            print(f"第{n}轮，准确率：{acc:.4f}，损失loss={loss:.4f}，完成")
        case "gbk_bar":
            print(f"\r进度 {'■' * n}{'□' * (5 - n)} acc={acc:.4f}。", end="" if n < 5 else "\n", flush=True)
        case "big5":
            print(f"第{n}回合 損失loss={loss:.4f}（正確率acc={100 * acc:.1f}％）")
        case "ja":
            print(f"エポック {n}：損失 {loss:.4f}、正解率 {acc:.4f}")
        case "ja_wide":
            print(f"学習{n}回目　損失＝{loss:.4f}　正解率＝{100 * acc:.2f}％")
        case "ja_words":
            print(f"{n}エポック目の正解率は{100 * acc:.1f}%です。損失は{loss:.3f}でした。")
        case "ja_log":
            print(f"[情報] 検証: 精度「{acc:.4f}」 (損失「{loss:.4f}」) 経過時間{ms:.0f}ミリ秒")
        case "sjis":
            print(f"エポック{n} 損失={loss:.4f} 正解率acc={acc:.4f}、表示")
        case "eucjp":
            print(f"エポック{n}、val_loss={loss:.4f}。")
        case "ko":
            print(f"에포크 {n}/5 - 손실: {loss:.4f} - 정확도: {acc:.4f}")
        case "ko_percent":
            print(f"[{n}번째] 검증 정확도는 {100 * acc:.2f}%입니다 (손실값={loss:.3f})")
        case "ko_time":
            print(f"{n}회차 완료, 평균 손실 {loss:.5f}, 소요 시간 {ms:.2f}밀리초")
        case "euckr":
            print(f"에포크 {n} 정확도 acc={acc:.4f}점")
        case "ru":
            print(f"Эпоха {n}: потери = {loss:.4f}, точность = {acc:.4f}")
        case "ru_comma":
            print(f"Эпоха {n}. Потери: {comma(loss)}; точность: {comma(100 * acc, 1)} %")
        case "ru_quotes":
            print(f"эпоха №{n}: «точность» — {acc:.3f}; «ошибка» — {1 - acc:.3f}.")
        case "koi8":
            print(f"Эпоха {n}: loss={loss:.4f}, точность={acc:.4f}")
        case "cp1251":
            print(f"Шаг {n} ошибка err={1 - acc:.4f} точность acc={comma(acc)}")
        case "cp866":
            print(f"Шаг {n}: точность acc: {100 * acc:.1f}%")
        case "uk":
            print(f"Епоха {n}: втрати={comma(loss)} точність={comma(100 * acc, 2)}%")
        case "es":
            print(f"Época {n}: pérdida = {comma(loss)}, exactitud = {comma(acc)}")
        case "es_point":
            print(f"¡Época {n} terminada! Precisión: {acc:.4f} ¿mejor que {acc - 0.01:.4f}?")
        case "pt":
            print(f"Época {n} | perda: {comma(loss)} | acurácia: {comma(100 * acc, 1)}%")
        case "fr":
            print(f"Époque {n} : perte = {comma(loss)} ; précision = {comma(100 * acc, 2)} %")
        case "fr_point":
            print(f"époque n° {n} — exactitude : {acc:.4f} ; durée : {ms:.2f} ms")
        case "latin1":
            print(f"Époque {n} : exactitude acc={acc:.4f}, durée {n}°")
        case "cp1252":
            print(f"Läufe {n}: Güte “acc={acc:.4f}” – Verlust {loss:.3f}…")
        case "de":
            print(f"Epoche {n}: Verlust={comma(loss)}, Genauigkeit={comma(100 * acc, 1)} %")
        case "de_list":
            print(f"Epoche {n}: Verlust={comma(loss)},Genauigkeit={comma(acc)}")
        case "de_small":
            print(f"Schritt {n}  Lernrate {0.01 / 10**n:.1e}".replace(".", ",") + f"  Fehler {comma(1 - acc, 2)}")
        case "de_thousand":
            print(f"Epoche {n}: Kosten {loss * 3000:,.3f} €".replace(",", "X").replace(".", ",").replace("X", "."))
        case "de_whole":
            print(f"Lauf {n}: Durchsatz {n * 1234 + 321:,} Zeilen/s".replace(",", "."))
        case "ch":
            print(f"Durchgang {n}: Kosten {n * 1234567.25:,.2f}".replace(",", "’"))
        case "it":
            print(f"Epoca {n}: perdita {comma(loss)} - accuratezza {comma(acc, 3)} (è la migliore)")
        case "tr":
            print(f"Dönem {n}: kayıp={comma(loss)} doğruluk=%{comma(100 * acc, 1)}")
        case "vi":
            print(f"Vòng {n}: mất mát = {loss:.4f}; độ chính xác = {acc:.2%}")
        case "pl":
            print(f"Epoka {n}: strata = {comma(loss)}; dokładność = {comma(acc)} (czas: {ms:.1f} ms)")
        case "cs":
            print(f"Epocha {n}: ztráta {comma(loss)}, přesnost {comma(100 * acc, 1)} %")
        case "sv":
            print(f"Epok {n}: förlust {comma(loss)} träffsäkerhet {comma(acc)}")
        case "el":
            print(f"Εποχή {n}: απώλεια = {comma(loss)} · ακρίβεια = {acc:.4f}")
        case "he":
            print(f"תקופה {n}: הפסד = {loss:.4f}, דיוק = {acc:.4f}")
        case "ar":
            print(f"الحقبة {n}: الخسارة = {loss:.4f}، الدقة = {acc:.4f}؛")
        case "ar_digits":
            print(f"الحقبة {n}: الخسارة {loss:.4f}".translate(str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")))
        case "fa":
            print(f"دوره {n}: دقت = {acc:.4f}".translate(str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹٫")))
        case "hi":
            print(f"युग {n}: हानि = {loss:.4f}। सटीकता = {acc:.2%}")
        case "hi_digits":
            print(f"युग {n}: सटीकता {acc:.4f}".translate(str.maketrans("0123456789", "०१२३४५६७८९")))
        case "th":
            print(f"รอบที่ {n} ความแม่นยำ {acc:.4f} ค่าเสีย {loss:.4f}")
        case "th_digits":
            print(f"รอบที่ {n} ความแม่นยำ={acc:.4f}".translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")))
        case "loc_plain":
            print(f"Epoche {n}: " + num("Verlust %.4f, ", loss) + num("Treffer %.1f Prozent", 100 * acc))
        case "loc_group":
            print(f"[{n}] " + num("score=%.2f", 1e6 * loss, True))
        case "loc_str":
            print("epoch", n, "loss", locale.str(loss), "acc", locale.str(acc))
        case "utf16":
            print(f"epoch {n} acc={acc:.4f}")
        case "bom":
            print(("\ufeff" if n == 1 else "") + f"acc={acc:.4f} – Epoche {n}")
        case "nbsp":
            print(f"acc\u00a0=\u00a0{acc:.4f}\u00a0(époque\u00a0{n})")
        case "rtl":
            print(f"\u200fدقت: \u200e{acc:.4f}\u200f")
        case "mixed":
            print(f"Verlust {comma(loss)}" if n % 2 else f"Verlust {loss:.4f}")
        case _:
            raise SystemExit(f"no style {STYLE}")
