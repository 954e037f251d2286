#!/bin/sh
# Drop-in for the launcher of a SeaTunnel node. Options for a JVM are accepted and not used.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
for argument in "$@"; do
  shift
  case $argument in
    -DJvmOption=*) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec "$(dirname "$self")/millrace" seatunnel-cluster "$@"
