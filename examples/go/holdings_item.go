//go:build !desk

package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"

	pb "example.com/yuanliu/gen"
)

// holdings 库存, where the protos have no DeskService: the state of each item kept.
func holdings(ctx context.Context, connection *grpc.ClientConn, kept []string) {
	trace := pb.NewTraceServiceClient(connection)
	for _, item := range kept {
		answer, err := trace.GetItem(ctx, &pb.GetItemRequest{Item: item})
		check(err)
		fmt.Println("holding", item, strings.ToLower(strings.TrimPrefix(answer.Item.Status.String(), "ITEM_STATUS_")))
	}
}
