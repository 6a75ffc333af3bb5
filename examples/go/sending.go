// 提交、重试与拒收说明 · Submits statements, tries again where that helps, and says why one was refused.
//
// Copy this file into your own program, with signing.go.

package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "example.com/yuanliu/gen/yuanliu/v1"
)

// connect gives a connection that trusts one certificate; answers have up to 8 MiB.
func connect(server, ca string) (*grpc.ClientConn, error) {
	tls, err := credentials.NewClientTLSFromFile(ca, "")
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(server, grpc.WithTransportCredentials(tls),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(8<<20)))
}

// sign serializes once. Keep these bytes until you hold the receipt: they may be sent again, never made again.
func sign(key Key, statement *pb.Statement) (*pb.SignedStatement, error) {
	payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(statement)
	return &pb.SignedStatement{
		Payload: payload, KeyId: key.id, Signature: key.sign(payload), Algorithm: pb.Algorithm_ALGORITHM_ED25519,
	}, err
}

// again calls until it is answered: the same bytes may be sent again, a second copy gets the first receipt.
func again[T any](call func(context.Context) (T, error)) (T, error) {
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		answer, err := call(ctx)
		cancel()
		switch status.Code(err) {
		case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded:
			if attempt < 4 {
				time.Sleep(200 * time.Millisecond << attempt)
				continue
			}
		}
		return answer, err
	}
}

func submit(ledger pb.LedgerServiceClient, signed *pb.SignedStatement) (*pb.Receipt, error) {
	answer, err := again(func(ctx context.Context) (*pb.SubmitStatementResponse, error) {
		return ledger.SubmitStatement(ctx, &pb.SubmitStatementRequest{Statement: signed})
	})
	if err != nil {
		return nil, err
	}
	return checked(answer.Receipt, signed)
}

// submitBatch sends many statements: a stream of batches, results in order.
func submitBatch(ledger pb.LedgerServiceClient, batch []*pb.SignedStatement) ([]*pb.Receipt, error) {
	answer, err := again(func(ctx context.Context) (*pb.SubmitStatementsResponse, error) {
		stream, err := ledger.SubmitStatements(ctx)
		if err != nil {
			return nil, err
		}
		// What went wrong with sending is told by Recv.
		_ = stream.Send(&pb.SubmitStatementsRequest{Statements: batch})
		_ = stream.CloseSend()
		return stream.Recv()
	})
	if err != nil {
		return nil, err
	}
	var receipts []*pb.Receipt
	for i, result := range answer.Results {
		if rejection := result.GetRejection(); rejection != nil {
			return nil, fmt.Errorf("refused: %v", rejection)
		}
		receipt, err := checked(result.GetReceipt(), batch[i])
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, receipt)
	}
	return receipts, nil
}

func checked(receipt *pb.Receipt, signed *pb.SignedStatement) (*pb.Receipt, error) {
	return receipt, checkReceipt(receipt, signed.Payload, signed.KeyId, signed.Signature)
}

// showRefusal: an error says what and where: a stable reason, and the fields at fault.
func showRefusal(err error) {
	refused, reason, fields := status.Convert(err), "", ""
	for _, detail := range refused.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = detail.Reason
		case *errdetails.BadRequest:
			for _, fault := range detail.FieldViolations {
				fields += fmt.Sprintf("  %s: %s\n", fault.Field, fault.Description)
			}
		}
	}
	// Go calls it InvalidArgument, the other languages INVALID_ARGUMENT.
	code := refused.Code().String()
	if refused.Code() == codes.InvalidArgument {
		code = "INVALID_ARGUMENT"
	}
	fmt.Printf("refused %s %s: %s\n%s", code, reason, refused.Message(), fields)
}
