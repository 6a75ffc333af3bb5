#!/bin/sh
# 由 proto 生成 Python 代码 · Makes gen/ from the protos: sh generate.sh
set -eu
cd "$(dirname "$0")"
rm -rf gen && mkdir gen
"${PYTHON:-python3}" -m grpc_tools.protoc -I ../../proto --python_out=gen --grpc_python_out=gen \
    ../../proto/yuanliu/v1/*.proto
