#!/bin/sh
# Drop-in for SeaTunnel's client launcher: the same options, run by Millrace. Options for a Java machine are accepted and not used.
case $0 in */*) self=$0 ;; *) self=./$0 ;; esac
home=${SEATUNNEL_HOME:-}
while [ -h "$self" ]; do
  # A link in the bin of an installation: its config and folders count, not those of the program.
  [ -n "$home" ] || [ ! -f "${self%/*}/../config/seatunnel.yaml" ] || home=${self%/*}/..
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=${self%/*}/$link ;; esac
done
folder=${self%/*}
SEATUNNEL_HOME=$(cd "${home:-$folder/..}" && pwd) || exit 1
export SEATUNNEL_HOME
if [ -f "$SEATUNNEL_HOME/config/seatunnel-env.sh" ]; then
  # shellcheck source=/dev/null
  . "$SEATUNNEL_HOME/config/seatunnel-env.sh"
fi
exec "$folder/millrace" seatunnel "$@"
