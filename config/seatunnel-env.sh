#!/bin/sh
# Read by every script of bin before it starts. Set variables here that all of them need, for example:
#   export MILLRACE_DATA=/var/lib/millrace
#   export MILLRACE_WORKERS=4
SPARK_HOME=${SPARK_HOME:-/opt/spark}
FLINK_HOME=${FLINK_HOME:-/opt/flink}
