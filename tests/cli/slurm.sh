#!/bin/sh
# A Slurm of our own runs the job scripts of docs/jobs: tasks are killed, stopped, requeued, and the
# study is that of one process. Skipped where Slurm cannot start.
# Usage: slurm.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$PATH:/usr/sbin
skip()
{
    echo "skipped: $*"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "Slurm's daemons are started by root only"
for program in pgrep ps slurmctld slurmd sbatch scontrol squeue munged; do
    command -v $program >/dev/null || skip "no $program"
done
work=$(mktemp -d)
munged=
slurmd=
end()
{
    scontrol shutdown >/dev/null 2>&1 || true
    [ -z "$slurmd" ] || kill "$slurmd" 2>/dev/null || true
    [ -z "$munged" ] || kill "$munged" 2>/dev/null || true
    sleep 1
    rm -rf "$work"
}
trap end EXIT
chmod 755 "$work"
bin=$(cd "$(dirname "$libflow")" && pwd)
PATH=$bin:$PATH
export PATH
fail()
{
    echo "slurm.sh: $*" >&2
    tail -n 20 "$work"/*.out 2>/dev/null >&2 || true
    exit 1
}

# A munge of our own, unless one is running.
MUNGE_SOCKET=
if ! munge -n >/dev/null 2>&1; then
    mkdir -m 755 "$work/munge"
    chown munge: "$work/munge"
    MUNGE_SOCKET=$work/munge/socket
    runuser -u munge -- munged --foreground --socket="$MUNGE_SOCKET" --pid-file="$work/munge/pid" \
        --log-file="$work/munge/log" --seed-file="$work/munge/seed" >"$work/munged.log" 2>&1 &
    munged=$!
    sleep 1
    munge -n --socket="$MUNGE_SOCKET" >/dev/null 2>&1 || skip "munge does not start"
fi

host=$(hostname -s)
port=$((20000 + $$ % 20000))
mkdir "$work/state" "$work/spool"
cat >"$work/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
AuthType=auth/munge
${MUNGE_SOCKET:+AuthInfo=socket=$MUNGE_SOCKET}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
SchedulerParameters=sched_interval=2,requeue_setup_env_fail
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
SLURM_CONF=$work/slurm.conf
export SLURM_CONF
slurmctld -f "$SLURM_CONF" || skip "slurmctld does not start: $(tail -2 "$work/slurmctld.log")"
slurmd -f "$SLURM_CONF" -N "$host" || skip "slurmd does not start: $(tail -2 "$work/slurmd.log")"
slurmd=$(cat "$work/slurmd.pid" 2>/dev/null || true)
tries=0
until sinfo -h -o %T 2>/dev/null | grep -q idle; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || skip "no node comes up: $(tail -2 "$work/slurmctld.log")"
    sleep 0.5
done
timeout 60 srun -n 1 true 2>"$work/srun.err" || skip "jobs do not start: $(tail -2 "$work/srun.err")"

data=${LIBFLOW_DATA:-$root/../shared/data}
if [ -d "$data/conflicts/mali2012" ]; then
    cp -r "$data/conflicts/mali2012" "$work/scenario"
    chmod -R u+w "$work/scenario"
else
    cp -r "$root/scenarios/south-sudan-2013" "$work/scenario"
fi
cd "$work"
cat >plan.yaml <<'END'
scenario: scenario
days: 200
design: latin_hypercube
n: 48
seed: 3
replicates: 6
files: 48
vary:
  - {key: hop.max_move_speed, min: 200, max: 500}
  - {key: hop.conflict_movechance, min: 0.5, max: 1}
indicators: [{name: error}, {name: persons}]
series: {of: people, every: 50}
END
libflow sweep plan plan.yaml -o plan.csv -q
(unset SLURM_CONF && libflow sweep run plan.csv -o serial -q)
libflow sweep collect serial -o serial.nc -q

state()
{
    scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | head -1
}
# wait_for SECONDS COMMAND...
wait_for()
{
    left=$(($1 * 5))
    shift
    until "$@"; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.2
    done
}
# The process of a task.
pid_of()
{
    for p in $(pgrep -f '^libflow sweep run plan.csv -o array'); do
        [ "$(readlink "/proc/$p/cwd" 2>/dev/null)" = "$work" ] || continue
        ! tr '\0' '\n' 2>/dev/null <"/proc/$p/environ" | grep -q "^SLURM_ARRAY_TASK_ID=$1$" || echo "$p"
    done
}
runs_of_task()
{
    [ "$(find array -name '*.runs' 2>/dev/null | wc -l)" -ge 2 ] && [ -n "$(pid_of "$1")" ]
}
is_over() { ! squeue -h -j "$1" 2>/dev/null | grep -q .; }

job=$(sbatch --parsable --output=task-%a.out "$root/docs/jobs/array.sbatch" plan.csv array)
wait_for 60 runs_of_task 1 || fail "task 1 does not run: $(squeue; tail -3 slurmctld.log)"
# One task is killed, another told that its time is up.
kill -9 $(pid_of 1)
wait_for 60 runs_of_task 2 || fail "task 2 does not run: $(squeue)"
# As Slurm does before the end of its time: the script gets the signal, not the process.
script=$(ps -o ppid= -p "$(pid_of 2)" | tr -d ' ')
[ -n "$script" ] || fail "task 2 has no script"
kill -s USR1 "$script"
failed() { [ "$(state "${job}_1")" = FAILED ]; }
wait_for 60 failed || fail "the killed task is $(state "${job}_1")"
scontrol requeue "${job}_1"
wait_for 300 is_over "$job" || fail "the array does not end: $(squeue)"
for task in 1 2 3 4; do
    [ "$(state "${job}_$task")" = COMPLETED ] || fail "task $task: $(scontrol show job "${job}_$task")"
done
grep -q "stopped after" task-2.out || fail "task 2 was not stopped: $(cat task-2.out)"
scontrol show job "${job}_1" | grep -q "Restarts=[1-9]" || fail "task 1 was not started again"
scontrol show job "${job}_2" | grep -q "Restarts=[1-9]" || fail "task 2 was not started again"
libflow sweep collect array -o array.nc -q
cmp serial.nc array.nc || fail "the study of the array differs"

# The same with MPI, where it was built and Slurm knows how to start it.
if [ -x "$bin/libflow-mpi" ] && srun --mpi=list 2>&1 | grep -qw pmix; then
    job=$(sbatch --parsable --output=mpi.out --overcommit "$root/docs/jobs/mpi.sbatch" plan.csv ranks)
    wait_for 300 is_over "$job" || fail "the MPI job does not end: $(squeue)"
    [ "$(state "$job")" = COMPLETED ] || fail "the MPI job is $(state "$job"): $(cat mpi.out)"
    grep -q "on 2 threads" mpi.out || fail "not two ranks: $(cat mpi.out)"
    libflow sweep collect ranks -o ranks.nc -q
    cmp serial.nc ranks.nc || fail "the study of the ranks differs"
    echo "slurm.sh: array and MPI"
else
    echo "slurm.sh: array; no MPI"
fi
