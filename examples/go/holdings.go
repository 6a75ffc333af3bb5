package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"

	pb "example.com/yuanliu/gen/yuanliu/v1"
)

// holdings 库存: what we have now of the lot.
func holdings(ctx context.Context, connection *grpc.ClientConn, kept []string) {
	lot := strings.Replace(kept[0][:strings.LastIndex(kept[0], "-")], "sgtin:", "lot:gtin:", 1)
	request := &pb.ListHoldingsRequest{Lot: lot}
	for {
		answer, err := pb.NewDeskServiceClient(connection).ListHoldings(ctx, request)
		check(err)
		for _, holding := range answer.Holdings {
			fmt.Println("holding", holding.Item, holding.Condition)
		}
		if request.PageToken = answer.NextPageToken; request.PageToken == "" {
			return
		}
	}
}
