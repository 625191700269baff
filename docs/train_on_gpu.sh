#!/usr/bin/env bash
# Trains the small model on a GPU within a given time, while the other processors draw scenes.
#
#     docs/train_on_gpu.sh FOLDER MINUTES [MORE OPTIONS OF THE TRAINING]
#
# Two thirds of the time at a constant rate, then a fall to 0 over as many scenes as the last third
# has room for. Leaves FOLDER/fall/weights.safetensors, its log and checkpoints, and FOLDER/run with
# those of the constant rate, from which a longer run can go on. `--start WEIGHTS` goes on from some.
# To try it on a CPU: POOL=64 WORKERS=1 BATCH=4 docs/train_on_gpu.sh /tmp/try 1
set -euo pipefail
folder=$1 minutes=$2
shift 2
workers=${WORKERS:-$(($(nproc) - 2))} pool=${POOL:-120000} batch=${BATCH:-96}
train=(python -m sam_explore.toy.training --cache "$folder/scenes" --pool "$pool" --batches 1
    --scenes-a-batch "$batch" --workers "$workers" --pace "${PACE:-8}")
mkdir -p "$folder/run"

(sleep $((minutes * 40)) && touch "$folder/run/stop") &
"${train[@]}" --folder "$folder/run" "$@"

# 15 seconds are left for starting once more.
fall=$(python - "$folder/run/log.jsonl" "$batch" $((minutes * 20 - 15)) <<'PYTHON'
import json, sys
last = json.loads(open(sys.argv[1]).read().splitlines()[-1])
print(max(1, int(float(sys.argv[3]) / last["seconds a step"])) * int(sys.argv[2]))
PYTHON
)
"${train[@]}" --folder "$folder/fall" --branch "$folder/run/checkpoint.pt" \
    --fall "$fall" "$@"
