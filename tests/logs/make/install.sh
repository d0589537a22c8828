#!/usr/bin/env bash
# Install what record.py runs: Debian's programs for the whole machine (as root), Python's into virtual environments.
# install.sh ENVS
set -eux
envs=${1:?folder for the virtual environments}
mkdir -p "$envs"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends locales libsvm-tools fasttext zstd sysbench hyperfine time pv bc gawk lz4 xz-utils \
    liblinear-tools redis-server redis-tools apache2-utils fio glpk-utils gfortran gcc ruby lua5.4 php-cli jq gnuplot-nox stress-ng \
    iperf3 p7zip-full coinor-cbc r-base-core r-cran-glmnet r-cran-randomforest r-cran-nnet r-cran-boot ffmpeg octave \
    postgresql postgresql-contrib default-jdk-headless nodejs perl wget curl openssl rsync sqlite3 valgrind tcl iputils-ping git rustc
for tag in de_DE fr_FR zh_CN ja_JP ru_RU ar_EG es_ES pt_BR it_IT pl_PL ko_KR tr_TR cs_CZ sv_SE hi_IN fa_IR uk_UA vi_VN; do
    localedef -i "$tag" -f UTF-8 "$tag.UTF-8"
done
localedef -i zh_CN -f GBK zh_CN.GBK
localedef -i ja_JP -f EUC-JP ja_JP.EUC-JP
localedef -i ru_RU -f KOI8-R ru_RU.KOI8-R
localedef -i de_DE -f ISO-8859-1 de_DE.ISO-8859-1
python3 -m venv "$envs/torch"
"$envs/torch/bin/pip" install torch==2.13.0 numpy lightning transformers accelerate stable-baselines3 gymnasium tqdm rich pytorch-ignite
python3 -m venv "$envs/boost"
"$envs/boost/bin/pip" install xgboost-cpu lightgbm catboost scikit-learn vowpalwabbit spacy gensim loguru structlog rich tqdm \
    python-json-logger statsmodels alive-progress pandas click pytest
python3 -m venv "$envs/keras"
"$envs/keras/bin/pip" install tensorflow-cpu
