#!/bin/sh
# 由 proto 生成 Go 代码 · Makes gen/ from the protos: sh generate.sh
# Needs protoc; the plugins are built from the versions in go.mod.
set -eu
cd "$(dirname "$0")"
rm -rf gen && mkdir gen
go build -o bin/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
PATH="$PWD/bin:$PATH" ${PROTOC:-protoc} -I ../../proto \
    --go_out=gen --go_opt=paths=source_relative --go-grpc_out=gen --go-grpc_opt=paths=source_relative \
    ../../proto/yuanliu/v1/*.proto
