#!/bin/bash
# A study by a real Slurm on this machine, against the same study by `reproduce` alone: one controller and three nodes, each
# in UTS and PID namespaces of its own, so that no node sees another's processes. In the middle one node dies with all that
# runs on it, and one job is queued again. Every file of the store must be the same to the last byte.
#
#   bash test/slurm/slurm.sh        needs root and Debian's slurm-wlm (environment.md); about ten minutes on two cores
set -u
skip() { echo "skipped: $1"; exit 0; }
fail() { echo "FAILED: $1"; tail -q -n 20 "$work"/log/*.log "$work"/jobs/*.log 2> /dev/null; exit 1; }
for program in slurmctld slurmd sbatch munged unshare; do
  command -v $program > /dev/null || PATH=$PATH:/usr/sbin command -v $program > /dev/null || skip "$program is not installed"
done
export PATH=$PATH:/usr/sbin
[ "$(id -u)" = 0 ] || skip 'only root can start a cluster'
unshare -upmf --mount-proc true 2> /dev/null || skip 'no namespaces can be made here'

here=$(cd "$(dirname "$0")/../.." && pwd)
distill=$here/lib/bin.cjs
work=$(mktemp -d /tmp/slurm-XXXXXX); chmod 755 "$work"
mkdir "$work"/{log,state,spool}
pids=()
finish() { kill -9 "${pids[@]}" 2> /dev/null; wait 2> /dev/null; [ -n "${KEEP:-}" ] || rm -rf "$work"; }
trap finish EXIT

# ---------------------------------------------------------------------------------------------------------------- the cluster
head -c 1024 /dev/urandom > "$work/munge.key"; chmod 400 "$work/munge.key"
munged --force --foreground --socket="$work/munge.sock" --key-file="$work/munge.key" --pid-file="$work/munge.pid" \
  --log-file="$work/log/munged.log" --seed-file="$work/munge.seed" > "$work/log/munged.out.log" 2>&1 & pids+=($!)
cat > "$work/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=26817
AuthType=auth/munge
AuthInfo=socket=$work/munge.sock
CredType=cred/munge
SlurmUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool/%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/%n.pid
SlurmctldLogFile=$work/log/slurmctld.log
SlurmdLogFile=$work/log/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=5
JobRequeue=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,batch_sched_delay=1
NodeName=n1 NodeHostname=n1 NodeAddr=127.0.0.1 Port=26821 CPUs=1 RealMemory=8000 State=UNKNOWN
NodeName=n2 NodeHostname=n2 NodeAddr=127.0.0.1 Port=26822 CPUs=1 RealMemory=8000 State=UNKNOWN
NodeName=n3 NodeHostname=n3 NodeAddr=127.0.0.1 Port=26823 CPUs=1 RealMemory=8000 State=UNKNOWN
PartitionName=all Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf
sleep 1
slurmctld -D -f "$SLURM_CONF" >> "$work/log/ctld.out.log" 2>&1 & pids+=($!)
declare -A node
for name in n1 n2 n3; do
  unshare -upmf --mount-proc --kill-child sh -c "hostname $name && exec slurmd -D -f $SLURM_CONF -N $name" >> "$work/log/$name.out.log" 2>&1 &
  node[$name]=$!; pids+=($!)
done
for _ in $(seq 60); do [ "$(sinfo -h -t idle -o %D 2> /dev/null)" = 3 ] && break; sleep 1; done
sinfo -N
[ "$(sinfo -h -t idle -o %D)" = 3 ] || fail 'the cluster does not come up'

# ----------------------------------------------------------------------------------------------------------------- the study
export NER_DISTILL_HEARTBEAT=5
plan=(--preset smoke --seeds 2 --threads 1)
out=$work/cluster
"$distill" reproduce "${plan[@]}" --out "$out" --slurm "$work/jobs" --submit > "$work/jobs.txt" || fail 'nothing was submitted'
cat "$work/jobs.txt"
job() { sed -n "s/^$1 //p" "$work/jobs.txt"; }
running() { squeue -h -t R -j "$(job "$1")" -o '%i %N' 2> /dev/null; }
epochs() { ls -d "$out"/runs/*/partial/epoch-* 2> /dev/null | wc -l; }

for _ in $(seq 120); do [ "$(epochs)" -ge 1 ] && break; sleep 0.5; done
victim=$(running teachers | awk 'NR==1 {print $2}')
[ -n "$victim" ] || fail 'no teacher runs'
echo "kills $victim, on which $(running teachers | awk -v n="$victim" '$2==n {print $1}') runs"
"$distill" status --results "$out" | grep running
kill -9 "${node[$victim]}"; wait "${node[$victim]}" 2> /dev/null

for _ in $(seq 300); do [ -n "$(running students)" ] && break; sleep 1; done
sleep 3
again=$(running students | awk 'NR==1 {print $1}')
[ -n "$again" ] || fail 'no student runs'
echo "queues $again again"
scontrol requeue "$again" || fail 'the job was not queued again'

for _ in $(seq 3600); do [ -z "$(squeue -h)" ] && break; sleep 1; done
"$distill" status --results "$out" | tail -n 1
grep -h 'waiting for' "$out"/logs/*.log
grep -q 'goes on after epoch' "$out"/logs/*.log && grep -h 'goes on after epoch' "$out"/logs/*.log
[ -f "$out/report.html" ] || fail 'there is no report'

# -------------------------------------------------------------------------------------------------------- the same by itself
alone=$work/alone
"$distill" reproduce "${plan[@]}" --out "$alone" > "$work/log/alone.log" 2>&1 || fail 'reproduce alone failed'
same=0
# A node that dies after the last file of a run, before it lets go of its lock, leaves that beside the run.
for part in runs initial teacher-logits plan.json lost-facts.csv figure4.svg; do
  diff -rq -x lock "$alone/$part" "$out/$part" || same=1
done
[ $same = 0 ] || fail 'the two studies differ'
echo "the same: $(find "$out/runs" -type f | wc -l) files of $(ls "$out/runs" | wc -l) runs, $(du -sh "$out/runs" | cut -f1)"
