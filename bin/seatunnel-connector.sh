#!/bin/sh
# Drop-in for SeaTunnel's connector check: lists plug-ins and prints their options.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
"$(dirname "$self")/millrace" seatunnel-connector "$@"
status=$?
# The original's output goes through a filter, whose exit code hides the one of the usage text.
[ $status -eq 234 ] && exit 0
exit $status
