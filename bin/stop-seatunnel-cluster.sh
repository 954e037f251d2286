#!/bin/sh
# Drop-in for the script that stops a SeaTunnel node.
self=$0
while [ -h "$self" ]; do
  # A link in the bin of an installation: its config and folders count, not those of the program.
  near=$(cd "$(dirname "$self")/.." && pwd)
  [ -n "${SEATUNNEL_HOME:-}" ] || [ ! -f "$near/config/seatunnel.yaml" ] || SEATUNNEL_HOME=$near
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
SEATUNNEL_HOME=${SEATUNNEL_HOME:-$(cd "$(dirname "$self")/.." && pwd)}
export SEATUNNEL_HOME
if [ -f "$SEATUNNEL_HOME/config/seatunnel-env.sh" ]; then
  # shellcheck source=/dev/null
  . "$SEATUNNEL_HOME/config/seatunnel-env.sh"
fi
exec "$(dirname "$self")/millrace" stop-seatunnel-cluster "$@"
