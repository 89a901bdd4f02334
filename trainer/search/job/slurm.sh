#!/bin/sh
#SBATCH --job-name={{label .Name}}
#SBATCH --output={{label .Name}}-%j.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
{{- with .CPUs}}
#SBATCH --cpus-per-task={{.}}
{{- end}}
# Runs a search in {{.Shards}} shards, an array job, and merges them when all are done. Submit it from any folder:
#
#     sh {{line .File}} [options of sbatch, such as --partition=short --time=60]
#
# HRNNC names the program, where it is not hrnnc on the path. A task that loses its node, that is killed or whose time is nearly over is
# queued again, and goes on where it was; one that fails by itself stops what waits for it.
set -eu
hrnnc=${HRNNC:-hrnnc}
most=20 # times that a task queues itself again

case ${1-} in
shard)
	child=
	trap 'kill -TERM "$child"' USR1 # 120 seconds before the time is over: a checkpoint is written
	"$hrnnc" search --trials {{sh .Trials}} --shard "$SLURM_ARRAY_TASK_ID/{{.Shards}}" -o {{sh .Folder}}{{with .Data}} --data {{sh .}}{{end}} &
	child=$!
	code=0
	wait "$child" || code=$?
	while kill -0 "$child" 2>/dev/null; do # the trap ends a wait
		code=0
		wait "$child" || code=$?
	done
	if [ "$code" -gt 128 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$most" ]; then
		scontrol requeue "$SLURM_JOB_ID"
		sleep 60 # it is ended before
	fi
	exit "$code"
	;;
merge)
	exec "$hrnnc" search --trials {{sh .Trials}} --merge {{sh .Folder}}
	;;
*)
	cd "$(dirname "$0")"
	script=./$(basename "$0")
	after=
	for round in{{range .Round}} {{.}}{{end}}; do
		array=$(sbatch --parsable --array=1-{{.Shards}} --kill-on-invalid-dep=yes ${after:+"--dependency=afterok:$after"} "$@" "$script" shard)
		after=$(sbatch --parsable --kill-on-invalid-dep=yes --dependency="afterok:${array%%;*}" "$@" "$script" merge)
		after=${after%%;*}
		echo "round $round: array job ${array%%;*}, merged by job $after"
	done
	;;
esac
