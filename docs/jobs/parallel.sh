#!/bin/sh
# Sixteen shards, as many at once as there are cores; started again, only what is missing is run.
# sh parallel.sh PLAN.csv FOLDER
exec parallel --joblog "$2.log" --resume-failed --retries 3 \
    libflow sweep run "$1" -o "$2" --threads 1 --quiet --shard '{}/16' ::: $(seq 16)
