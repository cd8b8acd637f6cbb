#!/bin/sh
# What this Linux host is doing, a line for each metric: HOST/METRIC VALUE
#
#   sh host-metrics.sh [HOST [ROUNDS]]      a round a second; default: this host, without end
host=${1:-$(hostname)}
rounds=${2:-}

while :; do
  awk -v host="$host" '{ print host "/load1 " $1 }' /proc/loadavg
  awk -v host="$host" '
    $1 == "MemTotal:" { total = $2 }
    $1 == "MemAvailable:" { printf "%s/memory-used-percent %.1f\n", host, 100 * (total - $2) / total }
  ' /proc/meminfo
  df -P / | awk -v host="$host" 'NR == 2 { sub("%", "", $5); print host "/disk-used-percent " $5 }'
  [ -n "$rounds" ] && rounds=$((rounds - 1)) && [ "$rounds" -le 0 ] && exit 0
  sleep 1
done
