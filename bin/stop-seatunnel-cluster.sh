#!/bin/sh
# Drop-in for the script that stops a SeaTunnel node.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
exec "$(dirname "$self")/millrace" stop-seatunnel-cluster "$@"
