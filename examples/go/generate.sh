#!/bin/sh
# 由 proto 生成 Go 代码 · Makes gen/ from the protos: sh generate.sh
# Needs protoc; the plugins are built from the versions in go.mod. The protos name no Go package, for
# yours is your own: the M options say it.
set -eu
cd "$(dirname "$0")"
rm -rf gen && mkdir gen
go build -o bin/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
options=
for proto in ../../proto/yuanliu/v1/*.proto; do
    map="M${proto#../../proto/}=example.com/yuanliu/gen;yuanliuv1"
    options="$options --go_opt=$map --go-grpc_opt=$map"
done
# shellcheck disable=SC2086 # words are meant to split
PATH="$PWD/bin:$PATH" ${PROTOC:-protoc} -I ../../proto $options \
    --go_out=gen --go_opt=module=example.com/yuanliu/gen \
    --go-grpc_out=gen --go-grpc_opt=module=example.com/yuanliu/gen \
    ../../proto/yuanliu/v1/*.proto
