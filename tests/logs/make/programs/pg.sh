# A PostgreSQL server for one recipe; pg.sh COMMAND... runs with it.
home=$(mktemp -d); chown postgres "$home"
runuser -u postgres -- env LC_ALL=C.UTF-8 bash -c "initdb -D $home/d -A trust -E UTF8 >/dev/null 2>&1 && pg_ctl -D $home/d -w -o \"-k $home -h '' -p 5499\" start >/dev/null 2>&1"
export PGHOST=$home PGPORT=5499 PGUSER=postgres
"$@"
runuser -u postgres -- pg_ctl -D "$home/d" -m immediate stop >/dev/null 2>&1
rm -rf "$home"
