"""What is run for the corpus: one recipe for each excerpt."""

from __future__ import annotations

from dataclasses import dataclass, field

UTF8 = "C.UTF-8"


@dataclass(frozen=True)
class Recipe:
    """One excerpt.

    Attributes:
        name: ``folder/file`` of the excerpt, without its ending.
        program: The program or framework whose output it is.
        command: For bash, in a folder with everything in ``programs/``; ``{torch}``, ``{boost}`` and ``{keras}`` are the
            Pythons of the environments.
        keep: Which lines of the output, see `record.cut`.
        locale: ``LC_ALL``.
        terminal: Run on a terminal of its own.
        columns: Its width.
        limit_s: Kill after so many seconds.
        env: More of the environment.
    """

    name: str
    program: str
    command: str
    keep: str = ""
    locale: str = UTF8
    terminal: bool = False
    columns: int = 80
    limit_s: float = 60
    env: dict[str, str] = field(default_factory=dict)


RECIPES: list[Recipe] = []


def add(name: str, program: str, command: str, keep: str = "", **more: object) -> None:
    RECIPES.append(Recipe(name, program, command, keep, **more))  # type: ignore[arg-type]


def short(tag: str) -> str:
    """The language of a locale: ``de`` of ``de_DE.UTF-8``, ``c`` of ``C.UTF-8``."""
    return tag.partition(".")[0].partition("_")[0].lower()


# --- programs of the system ----------------------------------------------------------------------------------

_LETTER = 'for i in $(seq 400); do echo "$((i % 7 > 3)) 1:0.$((i * 37 % 100)) 2:0.$(((i % 7 > 3) * 50 + i * 53 % 50))"; done > points; '
_WORDS = (
    'for i in $(seq 600); do if [ $((i * 7 % 5)) -gt 2 ]; then echo "__label__good fine nice w$((i % 9)) well"; '
    'else echo "__label__bad poor awful w$((i % 8)) sad"; fi; done > words; '
)
_FILL = "seq 1 400000 > numbers; "

for style in ("plain", "units", "sci", "table", "hex", "padded", "bar", "back", "nul", "nan"):
    add(f"c/{style}", "C program", f"gcc -O2 bench.c -o bench -lm && ./bench {style}")
add("c/grouped-en", "C program", "gcc -O2 bench.c -o bench -lm && ./bench grouped", locale="C.UTF-8")
add("c/german", "C program", "gcc -O2 bench.c -o bench -lm && ./bench german", locale="de_DE.UTF-8")
add("c/grouped-de", "C program", "gcc -O2 bench.c -o bench -lm && ./bench grouped", locale="de_DE.UTF-8")
add("c/grouped-fr", "C program", "gcc -O2 bench.c -o bench -lm && ./bench grouped", locale="fr_FR.UTF-8")
add("c/table-ru", "C program", "gcc -O2 bench.c -o bench -lm && ./bench table", locale="ru_RU.UTF-8")
add("c/sci-es", "C program", "gcc -O2 bench.c -o bench -lm && ./bench sci", locale="es_ES.UTF-8")
add("fortran/residual", "Fortran program", "gfortran -O2 jacobi.f90 -o jacobi && ./jacobi")
add("fortran/short", "Fortran program", "gfortran -O2 jacobi.f90 -o jacobi && ./jacobi | grep es")
add("java/plain", "Java program", "java Newton.java")
add("java/format", "Java program", "java Newton.java format")
add("java/format-de", "Java program", "java Newton.java format de-DE", locale="de_DE.UTF-8")
add("java/steps-de", "Java program", "java Newton.java de de-DE", locale="de_DE.UTF-8")
add("java/number-fr", "Java program", "java Newton.java nf fr-FR", locale="fr_FR.UTF-8")
add("java/number-ch", "Java program", "java Newton.java nf de-CH", locale="de_DE.UTF-8")
add(
    "java/arabic",
    "Java program",
    "java -Dstdout.encoding=UTF-8 -Dfile.encoding=UTF-8 Newton.java ar ar-EG",
    locale="ar_EG.UTF-8",
)
add("java/persian", "Java program", "java -Dfile.encoding=UTF-8 Newton.java format fa-IR", locale="fa_IR.UTF-8")
add("perl/plain", "Perl script", "perl perceptron.pl")
add("perl/pairs", "Perl script", "perl perceptron.pl pairs")
add("perl/warn", "Perl script", "perl perceptron.pl warn")
add("perl/locale-de", "Perl script", "perl perceptron.pl locale", locale="de_DE.UTF-8")
for style in ("plain", "json", "object", "table"):
    add(f"node/{style}", "Node.js script", f"node descent.js {style}")
add("node/object-tty", "Node.js script", "node descent.js object", terminal=True)
add("node/intl-en", "Node.js script", "node descent.js intl en-US")
for tag in ("de-DE", "fr-FR", "ar-EG", "hi-IN", "de-CH"):
    add(
        f"node/intl-{tag}",
        "Node.js script",
        f"node descent.js intl {tag}",
        locale=tag.replace("-", "_").replace("de_CH", "de_DE") + ".UTF-8",
    )
add("node/percent-fr", "Node.js script", "node descent.js percent fr-FR", locale="fr_FR.UTF-8")
add("node/percent-tr", "Node.js script", "node descent.js percent tr-TR", locale="tr_TR.UTF-8")
for style in ("plain", "hash", "logger"):
    add(f"ruby/{style}", "Ruby script", f"ruby fit.rb {style}")
add("lua/plain", "Lua script", "lua5.4 fit.lua")
add("php/plain", "PHP script", "php fit.php")
add("php/dump", "PHP script", "php fit.php dump")
add("php/french", "PHP script", "php fit.php fr", locale="fr_FR.UTF-8")
add("awk/plain", "awk script", "awk -f kmeans.awk")
add("awk/russian", "gawk script", "gawk --use-lc-numeric -v style=ru -f kmeans.awk", locale="ru_RU.UTF-8")
add(
    "awk/koi8",
    "gawk script",
    "iconv -f UTF-8 -t KOI8-R kmeans.awk > k.awk; gawk -v style=ru -f k.awk",
    locale="ru_RU.KOI8-R",
)
add("awk/polish", "gawk script", "gawk --use-lc-numeric -v style=pl -f kmeans.awk", locale="pl_PL.UTF-8")
add("gnuplot/fit", "gnuplot", "gnuplot fit.gp", "1:22")
add("gnuplot/result", "gnuplot", "gnuplot fit.gp", "/After/+24")
add("gnuplot/final", "gnuplot", "gnuplot fit.gp", "-6:")
add("octave/fit", "Octave", "octave-cli -q --no-window-system fit.m", "1:16")
add("octave/tail", "Octave", "octave-cli -q --no-window-system fit.m", "16:50")
add("libsvm/train", "LIBSVM", _LETTER + "svm-train points model")
add("libsvm/cross", "LIBSVM", _LETTER + "for c in 0.1 1 10; do svm-train -q -v 5 -c $c points; done")
add("libsvm/regression", "LIBSVM", _LETTER + "for c in 0.1 1 10; do svm-train -q -s 3 -v 5 -c $c points; done")
add("libsvm/predict", "LIBSVM", _LETTER + "svm-train -q -b 1 points model; svm-predict -b 1 points model out")
add("libsvm/two", "LIBSVM", _LETTER + "svm-train -t 0 -c 100 points model; svm-predict points model out")
add("liblinear/train", "LIBLINEAR", _LETTER + "liblinear-train -s 2 points model; liblinear-predict points model out")
add("liblinear/find-c", "LIBLINEAR", _LETTER + "liblinear-train -s 0 -C points model", "-14:")
add("liblinear/newton", "LIBLINEAR", _LETTER + "liblinear-train -s 0 points model")
add(
    "fasttext/supervised",
    "fastText",
    _WORDS + "fasttext supervised -input words -output m -dim 4 -epoch 40 -lr 0.1 -thread 1",
    "r-12:",
)
add(
    "fasttext/test",
    "fastText",
    _WORDS
    + "fasttext supervised -input words -output m -dim 4 -epoch 2 -lr 0.1 -thread 1 -verbose 0; fasttext test m.bin words",
)
add(
    "fasttext/skipgram",
    "fastText",
    _WORDS + "fasttext skipgram -input words -output m -dim 4 -epoch 30 -thread 1 -minCount 1",
    "r-10:",
)
add(
    "fasttext/labels",
    "fastText",
    _WORDS
    + "fasttext supervised -input words -output m -dim 4 -epoch 2 -thread 1 -verbose 0; fasttext test-label m.bin words",
)
add(
    "time/gnu",
    "GNU time",
    _FILL + "for k in 1 3 6; do /usr/bin/time sort -k1 -r numbers -o out --parallel=1 -S ${k}M; done",
)
add(
    "time/format",
    "GNU time",
    _FILL + "for k in 1 3 6; do /usr/bin/time -f 'elapsed %e s, user %U, %M KB' sort -S ${k}M -r numbers -o out; done",
)
add("time/portable", "GNU time", _FILL + "for k in 1 6; do /usr/bin/time -p sort -S ${k}M -r numbers -o out; done")
add("time/verbose", "GNU time", _FILL + "/usr/bin/time -v sort -r numbers -o out")
add("time/bash", "bash time", _FILL + "for k in 1 3 6; do time sort -S ${k}M -r numbers -o out; done")
add(
    "time/bash-de",
    "bash time",
    _FILL + "for k in 1 3 6; do time sort -S ${k}M -r numbers -o out; done",
    locale="de_DE.UTF-8",
)
add(
    "time/bash-fr",
    "bash time",
    _FILL + "TIMEFORMAT='durée : %3R s'; for k in 1 3 6; do time sort -S ${k}M -r numbers -o out; done",
    locale="fr_FR.UTF-8",
)
add(
    "time/bash-format",
    "bash time",
    _FILL + "TIMEFORMAT='took %R'; for k in 1 3 6; do time sort -S ${k}M numbers -o out; done",
)
add("time/long", "GNU time", "/usr/bin/time sleep 61.5", limit_s=100)
add("zstd/bench", "zstd", _FILL + "zstd -b1 -e4 -i0 numbers")
add("zstd/bench-tty", "zstd", _FILL + "zstd -b3 -i0 numbers", terminal=True)
add("zstd/quiet", "zstd", _FILL + "zstd -q -b1 -e3 -i0 numbers")
add("zstd/compress", "zstd", _FILL + "for l in 1 3 9; do zstd -f -$l numbers; done")
add("lz4/bench", "lz4", _FILL + "lz4 -b1 -e3 -i0 numbers")
add("7z/bench", "7-Zip", "7z b -mmt1 -md18 1", "/Dict/+7", limit_s=120)
add("7z/archive", "7-Zip", _FILL + "7z a -bt -mx1 -mmt1 n.7z numbers | tail -8")
add("gzip/verbose", "gzip", _FILL + "for l in 1 5 9; do gzip -v -k -f -$l numbers; done")
add("xz/verbose", "xz", _FILL + "for l in 0 1 2; do xz -v -k -f -$l numbers; done; xz -l numbers.xz")
add("sysbench/cpu", "sysbench", "sysbench cpu --time=1 --cpu-max-prime=5000 run")
add("sysbench/memory", "sysbench", "sysbench memory --time=1 run")
add("sysbench/threads", "sysbench", "for t in 1 2; do sysbench threads --threads=$t --time=1 run | tail -18; done")
add("sysbench/report", "sysbench", "sysbench cpu --time=4 --report-interval=1 run", "/Threads/+8")
add("sysbench/mutex", "sysbench", "sysbench mutex --mutex-loops=100 --mutex-locks=1000 run")
add("hyperfine/one", "hyperfine", "hyperfine -N -r 5 'sleep 0.02'")
add("hyperfine/two", "hyperfine", "hyperfine -N -r 4 'sleep 0.01' 'sleep 1.1'")
add("hyperfine/tty", "hyperfine", "hyperfine -N -r 4 'sleep 0.1'", terminal=True)
add("hyperfine/basic", "hyperfine", "hyperfine --style basic --shell bash -r 4 'seq 1000' 'seq 400000'")
add("hyperfine/micro", "hyperfine", "hyperfine -N -r 20 true")
add("hyperfine/json", "hyperfine", "hyperfine -N -r 4 'sleep 0.01' --export-json out.json > /dev/null; cat out.json")
add(
    "hyperfine/markdown",
    "hyperfine",
    "hyperfine -N -r 4 'sleep 0.01' 'sleep 0.03' --export-markdown out.md > /dev/null; cat out.md",
)
for tag in ("C.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "zh_CN.UTF-8", "ru_RU.UTF-8", "ko_KR.UTF-8"):
    add(
        f"dd/{tag[:2].lower().rstrip('.')}",
        "dd",
        "for n in 1 10 200; do dd if=/dev/zero of=/dev/null bs=100k count=$n; done",
        locale=tag,
    )
add("dd/progress", "dd", "timeout -s INT 2.3 dd if=/dev/zero of=/dev/null bs=1M status=progress", terminal=True)
add("pgbench/progress", "pgbench", "bash pg.sh bash -c 'pgbench -q -i -s 1 >/dev/null 2>&1; pgbench -n -P 1 -T 3 -c 2'")
add("pgbench/statements", "pgbench", "bash pg.sh bash -c 'pgbench -q -i -s 1 >/dev/null 2>&1; pgbench -n -r -S -T 1'")
add("pgbench/init", "pgbench", "bash pg.sh bash -c 'pgbench -i -s 2'")
for tag in ("C.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "zh_CN.UTF-8"):
    add(
        f"psql/timing-{tag[:2].lower().rstrip('.')}",
        "psql",
        "printf '\\\\timing on\\nselect count(*) from generate_series(1,1000);\\nselect count(*) from generate_series(1,3000000);\\n' > q; bash pg.sh psql -q -t -f q",
        locale=tag,
    )
add("psql/explain", "psql", "bash pg.sh psql -c 'explain analyze select count(*) from generate_series(1,200000)'")
add(
    "redis/benchmark",
    "redis-benchmark",
    "redis-server --port 6399 --save '' >/dev/null & sleep 1; redis-benchmark -p 6399 -n 3000 -t set,get; redis-cli -p 6399 shutdown nosave",
    "/throughput summary/+4",
)
add(
    "redis/quiet",
    "redis-benchmark",
    "redis-server --port 6399 --save '' >/dev/null & sleep 1; redis-benchmark -p 6399 -n 20000 -q -t set,get,incr; redis-cli -p 6399 shutdown nosave",
)
add(
    "redis/csv",
    "redis-benchmark",
    "redis-server --port 6399 --save '' >/dev/null & sleep 1; redis-benchmark -p 6399 -n 3000 --csv -t set,get,incr; redis-cli -p 6399 shutdown nosave",
)
add(
    "ab/summary",
    "ApacheBench",
    "python3 -m http.server 8399 --bind 127.0.0.1 >/dev/null 2>&1 & p=$!; sleep 2; ab -n 60 -c 2 http://127.0.0.1:8399/; kill $p",
    "/Concurrency/+20",
)
add(
    "curl/timing",
    "curl",
    "python3 -m http.server 8398 --bind 127.0.0.1 >/dev/null 2>&1 & p=$!; sleep 2; for i in 1 2 3; do curl -s -o out -w 'code=%{http_code} time_total=%{time_total}s speed=%{speed_download}B/s\\n' http://127.0.0.1:8398/; done; kill $p",
)
for tag in ("C.UTF-8", "de_DE.UTF-8", "ja_JP.UTF-8"):
    add(
        f"wget/{tag[:2].lower().rstrip('.')}",
        "wget",
        _FILL
        + "python3 -m http.server 8397 --bind 127.0.0.1 >/dev/null 2>&1 & p=$!; sleep 2; wget -O out http://127.0.0.1:8397/numbers; kill $p",
        "-4:",
        locale=tag,
    )
add(
    "fio/read",
    "fio",
    "fio --name=job --rw=randread --size=4m --bs=4k --filename=f --time_based --runtime=1 --ioengine=sync",
    "1:20",
)
add(
    "fio/terse",
    "fio",
    "for b in 1k 16k 256k; do fio --name=job --rw=read --size=8m --bs=$b --filename=f --ioengine=sync | grep -E 'READ|IOPS'; done",
)
add("iperf3/loopback", "iperf3", "iperf3 -s -1 -p 5399 >/dev/null & sleep 1; iperf3 -c 127.0.0.1 -p 5399 -t 3 -i 1")
add("openssl/speed", "openssl speed", "openssl speed -seconds 1 -bytes 1024 sha256 md5 2>&1", "-3:")
add("openssl/doing", "openssl speed", "openssl speed -seconds 1 -bytes 64 sha256 2>&1", "1:1")
add("stress-ng/metrics", "stress-ng", "stress-ng --cpu 1 --cpu-method fft -t 2 --metrics-brief")
add("glpk/simplex", "GLPK", "glpsol --math plan.mod")
add("cbc/solve", "CBC", "glpsol --math plan.mod --wfreemps plan.mps >/dev/null; cbc plan.mps max solve | tail -9")
add("pv/numeric", "pv", "head -c 30000000 /dev/zero | pv -L 10m -i 1 -n -s 30000000 > /dev/null")
add("pv/bar", "pv", "head -c 30000000 /dev/zero | pv -f -L 10m -i 1 -s 30000000 -w 70 > /dev/null")
add("make/recipe", "GNU make", "make -s -f bench.mk")
add("make/german", "GNU make", "make -f bench.mk fail", locale="de_DE.UTF-8")
add("jq/stream", "jq", "node descent.js json | jq -c '{step, loss: (.loss | round), lr}'")
add("jq/pretty", "jq", "node descent.js json | head -3 | jq .")
add(
    "bc/newton",
    "bc",
    'echo \'scale=12; x=3; for (i=0;i<5;i++) { x = x/2+1/x; print "x=", x, " err=", x*x-2, "\\n" }\' | bc -l',
)
add("gcc/report", "gcc", "gcc -O2 -ftime-report -c bench.c -o b.o", "/Time variable/+6")
add(
    "ffmpeg/stats",
    "FFmpeg",
    "ffmpeg -hide_banner -nostdin -f lavfi -i testsrc=s=160x120:d=4 -c:v mpeg4 -y out.mp4",
    "-4:",
)
add(
    "ffmpeg/psnr",
    "FFmpeg",
    "for q in 2 10 30; do ffmpeg -hide_banner -nostats -f lavfi -i testsrc=s=160x120:d=1 -c:v mpeg4 -q:v $q -y out.mp4 2>/dev/null; ffmpeg -hide_banner -nostats -f lavfi -i testsrc=s=160x120:d=1 -i out.mp4 -lavfi psnr -f null - 2>&1 | grep PSNR; done",
)
add(
    "ffmpeg/ssim",
    "FFmpeg",
    "for q in 2 30; do ffmpeg -hide_banner -nostats -f lavfi -i testsrc=s=160x120:d=1 -c:v mpeg4 -q:v $q -y out.mp4 2>/dev/null; ffmpeg -hide_banner -nostats -f lavfi -i testsrc=s=160x120:d=1 -i out.mp4 -lavfi ssim -f null - 2>&1 | grep SSIM; done",
)
add("ffmpeg/volume", "FFmpeg", "ffmpeg -hide_banner -nostdin -f lavfi -i sine=d=1 -af volumedetect -f null -", "-8:")
add(
    "ffmpeg/bench",
    "FFmpeg",
    "ffmpeg -hide_banner -nostdin -benchmark -f lavfi -i testsrc=s=320x240:d=4 -c:v mpeg4 -y out.mp4",
    "-4:",
)


# --- training programs in Python -------------------------------------------------------------------------------

for style in (
    "plain", "mnist", "imagenet", "nanogpt", "detectron", "mmengine", "timm", "tensor", "tensor_acc", "dict", "sci", "percent",
    "mixed_percent", "nan", "json", "fairseq", "log", "log_short", "log_bare", "table", "best", "markdown", "checkpoint", "duration",
    "negative", "posterior", "perplexity", "thousands", "kilo", "yolo", "eta", "warn", "traceback",
):  # fmt: skip
    add(f"pytorch/{style}", "PyTorch", f"{{torch}} torch_loop.py {style}", "1:24")
for style in ("numpy_dict", "numpy_tuple", "numpy_array", "f1_dict"):
    add(f"numpy/{style}", "NumPy", f"{{torch}} torch_loop.py {style}")
for style in ("all", "main", "env", "tensor", "fail"):
    add(
        f"torchrun/{style}",
        "torchrun",
        f"{{torch}} -m torch.distributed.run --nproc-per-node 2 --master-port 29517 torch_ranks.py {style}",
        "1:30",
    )
add(
    "torchrun/tee",
    "torchrun",
    "{torch} -m torch.distributed.run --nproc-per-node 2 --master-port 29517 --tee 3 torch_ranks.py all",
    "1:30",
)
add(
    "torchrun/filter",
    "torchrun",
    "{torch} -m torch.distributed.run --nproc-per-node 2 --master-port 29517 --tee 3 --local-ranks-filter 1 torch_ranks.py env",
    "1:30",
)
for style in ("early", "checkpoint", "print", "metrics", "bar", "test", "validate", "rich_test"):
    add(f"lightning/{style}", "Lightning", f"{{torch}} lightning_run.py {style}", "4:")
add("lightning/bar-tty", "Lightning", "{torch} lightning_run.py bar", "r-8:", terminal=True, columns=150)
add("lightning/rich-tty", "Lightning", "{torch} lightning_run.py rich", "r-10:", terminal=True, columns=120)
add("lightning/narrow-tty", "Lightning", "{torch} lightning_run.py bar", "r-16:", terminal=True, columns=80)
for style in ("plain", "train", "metrics", "best", "history", "bar"):
    add(f"huggingface/{style}", "Hugging Face Trainer", f"{{torch}} hf_run.py {style}", "r-40:")
add("huggingface/bar-tty", "Hugging Face Trainer", "{torch} hf_run.py bar", "r-60:", terminal=True)
for style in ("bar", "two", "early", "checkpoint", "lambda", "nan", "history", "evaluate", "dict", "loop"):
    add(f"keras/{style}", "Keras", f"{{keras}} keras_run.py {style}")
add("keras/tty", "Keras", "{keras} keras_run.py tty", terminal=True)
for style in ("binary", "reg", "multi", "cv", "warn", "early", "sk", "small"):
    add(f"xgboost/{style}", "XGBoost", f"{{boost}} boost.py xgboost {style}", "1:30")
for style in ("binary", "reg", "reg_huber", "multi", "cv", "early", "tiny"):
    add(f"lightgbm/{style}", "LightGBM", f"{{boost}} boost.py lightgbm {style}", "1:30")
for style in ("plain", "cv", "reg", "metric", "early", "slow"):
    add(f"catboost/{style}", "CatBoost", f"{{boost}} boost.py catboost {style}", "1:30")
for style in (
    "mlp", "mlp_loss", "sgd", "gb", "gb_plain", "hgb", "kmeans", "minibatch", "grid", "report", "tsne", "liblinear", "cv", "gmm", "pipeline",
    "forest", "lda", "bgm", "perceptron", "rbm",
):  # fmt: skip
    add(f"sklearn/{style}", "scikit-learn", f"{{boost}} sk.py {style}", "1:40")
add("scipy/minimize", "SciPy", "{boost} sk.py scipy", "1:30")
add("scipy/least-squares", "SciPy", "{boost} sk.py lsq")
add("statsmodels/logit", "statsmodels", "{boost} sk.py statsmodels")
add("statsmodels/arima", "statsmodels", "{boost} sk.py arima")
add("pandas/frames", "pandas", "{boost} sk.py pandas")
add("gensim/word2vec", "gensim", "{boost} sk.py gensim", "/EPOCH 0/+3")
add("numpy/print", "NumPy", "{boost} sk.py numpy")
_VW = "bash vw.sh; {boost} -m vowpalwabbit "
add("vw/logistic", "Vowpal Wabbit", _VW + "--loss_function logistic --binary -d data.vw -f m.vw")
add("vw/squared", "Vowpal Wabbit", _VW + "-d data.vw -P 60")
add("vw/passes", "Vowpal Wabbit", _VW + "-d data.vw -c -k --passes 4 --holdout_off")
add("vw/holdout", "Vowpal Wabbit", _VW + "-d data.vw -c -k --passes 5")
add(
    "vw/test",
    "Vowpal Wabbit",
    _VW + "-d data.vw -f m.vw --quiet; {boost} -m vowpalwabbit -t -i m.vw -d data.vw -p preds",
)
add("vw/bfgs", "Vowpal Wabbit", _VW + "-d data.vw -c -k --passes 6 --bfgs --loss_function logistic --holdout_off")
add(
    "spacy/train",
    "spaCy",
    "{boost} spacy_run.py write; {boost} -m spacy init config c.cfg --pipeline textcat >/dev/null 2>&1; {boost} -m spacy train c.cfg --paths.train train.spacy --paths.dev dev.spacy --training.max_steps 60 --training.eval_frequency 15",
)
add(
    "spacy/train-tty",
    "spaCy",
    "{boost} spacy_run.py write; {boost} -m spacy init config c.cfg --pipeline textcat >/dev/null 2>&1; {boost} -m spacy train c.cfg --paths.train train.spacy --paths.dev dev.spacy --training.max_steps 45 --training.eval_frequency 15",
    "-12:",
    terminal=True,
    columns=100,
)
add("spacy/losses", "spaCy", "{boost} spacy_run.py hand")
add(
    "spacy/evaluate",
    "spaCy",
    "{boost} spacy_run.py write; {boost} -m spacy init config c.cfg --pipeline textcat >/dev/null 2>&1; {boost} -m spacy train c.cfg -o m --paths.train train.spacy --paths.dev dev.spacy --training.max_steps 30 >/dev/null 2>&1; {boost} -m spacy evaluate m/model-last dev.spacy",
)
for style in ("ppo", "a2c", "dqn", "eval", "pendulum", "policy"):
    add(f"sb3/{style}", "Stable-Baselines3", f"{{torch}} sb3_run.py {style}", "-40:")
for style in ("plain", "bar", "log"):
    add(f"ignite/{style}", "PyTorch-Ignite", f"{{torch}} ignite_run.py {style}", "r-30:")
for style in (
    "postfix",
    "postfix_str",
    "desc",
    "write",
    "nested",
    "ordered",
    "rate",
    "logging",
    "colour",
    "erase",
    "up",
    "manual",
):
    add(
        f"tqdm/{style}",
        "tqdm" if style not in ("erase", "up", "manual") else "Python progress",
        f"{{torch}} bars.py {style}".replace("logging", "logging"),
    )
add("tqdm/postfix-tty", "tqdm", "{torch} bars.py postfix", terminal=True)
add("tqdm/nested-tty", "tqdm", "{torch} bars.py nested", terminal=True)
add("tqdm/write-tty", "tqdm", "{torch} bars.py write", terminal=True)
add("click/bar-tty", "click progressbar", "{boost} bars.py click", terminal=True)
add("alive/plain", "alive-progress", "{boost} bars.py alive")
add("alive/tty", "alive-progress", "{boost} bars.py alive tty", terminal=True)
for style in ("table", "narrow", "log", "status", "panel", "handler", "progress"):
    add(f"rich/{style}", "rich", f"{{boost}} bars.py rich_{style}")
for style in ("table", "log", "status", "progress"):
    add(f"rich/{style}-tty", "rich", f"{{boost}} bars.py rich_{style}", "r-40:", terminal=True)
for style in ("loguru", "loguru_json", "loguru_bind", "loguru_plain", "loguru_error"):
    add(f"loguru/{style.removeprefix('loguru_')}", "loguru", f"{{boost}} loggers.py {style}", "1:30")
add("loguru/tty", "loguru", "{boost} loggers.py loguru", terminal=True, columns=120)
for style in ("structlog", "structlog_json", "structlog_kv", "structlog_logfmt"):
    add(f"structlog/{style.removeprefix('structlog_')}", "structlog", f"{{boost}} loggers.py {style}")
add("structlog/tty", "structlog", "{boost} loggers.py structlog", terminal=True, env={"FORCE_COLOR": "1"})
for style in ("json", "json_indent", "lines", "strings"):
    add(f"jsonlines/{style}", "JSON-lines logger", f"{{boost}} loggers.py {style}", "1:40")
for style in ("repr", "pprint", "yaml", "csv", "csv_semicolon", "tsv", "decimal", "complex", "list", "plus_minus", "fraction", "versions", "dates", "traceback", "quoted", "arrow", "emoji", "bits"):  # fmt: skip
    add(
        f"python/{style}",
        "Python script",
        f"{{boost}} loggers.py {style}",
        "1:30",
        locale="de_DE.UTF-8" if style == "csv_semicolon" else UTF8,
    )

# --- R ---------------------------------------------------------------------------------------------------------

for style in (
    "nls", "optim", "nm", "nlminb", "glm", "lm", "step", "nnet", "forest", "class", "glmnet", "cvglmnet", "cat", "print", "message", "kmeans", "time",
    "warning", "boot", "bar", "anova",
):  # fmt: skip
    add(f"r/{style}", "R", f"Rscript models.R {style}", "1:36")
for style, locale in (
    ("comma_lm", "de_DE.UTF-8"),
    ("comma_cat", "de_DE.UTF-8"),
    ("comma_print", "fr_FR.UTF-8"),
    ("format", "de_DE.UTF-8"),
    ("comma_message", "de_DE.UTF-8"),
    ("comma_time", "fr_FR.UTF-8"),
):
    add(f"r/{style}", "R", f"Rscript models.R {style}", "1:30", locale=locale)
for style, locale in (("time", "de_DE.UTF-8"), ("time", "fr_FR.UTF-8"), ("time", "ko_KR.UTF-8")):
    add(f"r/{style}-{locale[:2]}", "R", f"Rscript models.R {style}", "1:30", locale=locale)


# --- other languages -------------------------------------------------------------------------------------------

_WORDS_OF = {
    "zh_CN.UTF-8": "zh_colon zh_percent zh_half zh_brackets zh_wide zh_log zh_json zh_escaped zh_table zh_wan zh_best zh_cpu zh_tw zh_pair",
    "ja_JP.UTF-8": "ja ja_wide ja_words ja_log",
    "ko_KR.UTF-8": "ko ko_percent ko_time",
    "ru_RU.UTF-8": "ru ru_comma ru_quotes",
    "de_DE.UTF-8": "de de_list de_small de_thousand ch loc_plain loc_group loc_str bom mixed",
    "fr_FR.UTF-8": "fr fr_point nbsp",
    "es_ES.UTF-8": "es es_point",
    "pt_BR.UTF-8": "pt",
    "uk_UA.UTF-8": "uk",
    "it_IT.UTF-8": "it",
    "tr_TR.UTF-8": "tr",
    "vi_VN.UTF-8": "vi",
    "pl_PL.UTF-8": "pl",
    "cs_CZ.UTF-8": "cs",
    "sv_SE.UTF-8": "sv",
    "ar_EG.UTF-8": "ar ar_digits he rtl",
    "fa_IR.UTF-8": "fa",
    "hi_IN.UTF-8": "hi hi_digits",
    "C.UTF-8": "el th th_digits",
}
for tag, styles in _WORDS_OF.items():
    for style in styles.split():
        add(f"words/{style}", "Python script", f"{{torch}} words.py {style}", locale=tag)
for style, codec, tag in (
    ("gbk", "gbk", "zh_CN.GBK"), ("gbk_bar", "gbk", "zh_CN.GBK"), ("big5", "big5", UTF8), ("sjis", "shift_jis", UTF8),
    ("eucjp", "euc_jp", "ja_JP.EUC-JP"), ("euckr", "euc_kr", UTF8), ("koi8", "koi8_r", "ru_RU.KOI8-R"), ("cp1251", "cp1251", UTF8),
    ("cp866", "cp866", UTF8), ("latin1", "latin-1", "de_DE.ISO-8859-1"), ("cp1252", "cp1252", UTF8),
):  # fmt: skip
    add(
        f"encodings/{style}",
        "Python script",
        f"{{torch}} words.py {style}",
        locale=tag,
        env={"PYTHONIOENCODING": codec},
    )
for style, name in (("张量", "tensor"), ("字典", "dict"), ("进度", "bar"), ("统计", "test")):
    add(f"pytorch/zh-{name}", "PyTorch", f"{{torch}} tensor_zh.py {style}", locale="zh_CN.UTF-8")


# --- more ways to print a duration ------------------------------------------------------------------------------

for style in ("debug", "fixed", "struct"):
    add(f"rust/{style}", "Rust program", f"rustc -O bench.rs -o b && ./b {style}")
add("node/time", "Node.js script", "node times.js")
add("timeit/units", "Python timeit", 'for n in 10 3000 300000; do python3 -m timeit -n 3 -r 3 "sum(range($n))"; done')
add("timeit/verbose", "Python timeit", 'python3 -m timeit -v -n 2 -r 3 -u msec "sum(range(200000))"')
add("tcl/time", "Tcl script", "tclsh bench.tcl")
add("perl/benchmark", "Perl script", "perl bench.pl")
add("ruby/benchmark", "Ruby script", "ruby bench.rb")
add(
    "sqlite/timer",
    "SQLite",
    "printf '.timer on\\nselect count(*) from generate_series(1,10);\\nwith recursive c(x) as (select 1 union all select x+1 from c where x < 300000) select sum(x) from c;\\n' | sqlite3 :memory:",
)
add("rsync/progress", "rsync", _FILL + "mkdir to; rsync --progress numbers to/")
add("rsync/stats", "rsync", _FILL + "mkdir to; rsync --stats numbers to/", "-12:")
add("rsync/human", "rsync", _FILL + "mkdir to; rsync -h --stats numbers to/", "-3:")
add(
    "valgrind/heap",
    "Valgrind",
    "printf '#include <stdlib.h>\\nint main(void){for(int i=1;i<9;i++)free(malloc(9341*i));return 0;}' > m.c; gcc m.c -o m; valgrind ./m",
    "-9:",
)
add(
    "pytest/durations",
    "pytest",
    "printf 'import time\\ndef test_a(): time.sleep(0.03)\\ndef test_b(): time.sleep(1.2)\\ndef test_c(): time.sleep(0.2)\\n' > test_x.py; {boost} -m pytest -q --durations=3 test_x.py",
)
add(
    "git/clone",
    "git",
    "git init -q a; cd a; seq 1 30000 > f; git add f; git -c user.name=u -c user.email=e commit -qm m; cd ..; git clone --progress file://$PWD/a b",
    "r-8:",
)
add("ping/loopback", "ping", "ping -c 3 -i 0.2 127.0.0.1")
