#!/bin/sh
# Drop-in for SeaTunnel's connector check: lists plug-ins and prints their options.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
exec "$(dirname "$self")/millrace" seatunnel-connector "$@"
