#!/usr/bin/env bash
# Recipes and maps on one GPU, in less than eight minutes and without a network, on JAX alone:
#
#   tests/bench/gpu.sh [--wheels FOLDER] [--seconds 470] [--out benchmarks] --archive FILE
#   tests/bench/gpu.sh --miniature        # the same on a processor, with drawn shapes, in a minute
#
# `python3` (or $PYTHON) has JAX for its GPU; what it lacks lies in FOLDER as wheels. gpu.csv and
# gpu.json in `--out` hold all that was measured, at every moment. docs/performance.md says more.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-python3}
seconds=470 wheels=
options=()
while [ $# -gt 0 ]; do
    case $1 in
        --wheels) wheels=${2:?--wheels needs a folder}; shift 2 ;;
        --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
        *) options+=("$1"); shift ;;
    esac
done
end=$(($(date +%s) + seconds))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$wheels" ]; then
    "$python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-compile \
        --target "$work/site" "$wheels"/*.whl
    export PYTHONPATH="$work/site${PYTHONPATH:+:$PYTHONPATH}"
fi
# It ends by itself a little earlier, unless it compiles at that moment.
status=0
timeout --kill-after=5 $((end - $(date +%s))) "$python" "$root/tests/bench/gpu.py" \
    --work "$work" --end $((end - 15)) "${options[@]}" || status=$?
if [ "$status" = 124 ]; then
    echo "stopped after $seconds seconds, in the middle of a measurement; gpu.csv holds the others"
fi
exit "$status"
