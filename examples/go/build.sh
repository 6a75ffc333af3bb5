#!/bin/sh
# 编译 · Builds ./client, with ListHoldings where the protos have it.
set -eu
cd "$(dirname "$0")"
tags=
if [ -e ../../proto/yuanliu/v1/desk_service.proto ]; then tags=desk; fi
go build -tags "$tags" -o client .
