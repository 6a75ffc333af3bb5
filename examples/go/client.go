// 用 Go 向源流账本提交一张 500 件的单据并查询结果。
//
// Submits a bill of 500 items to a Yuanliu ledger and asks what became of it. See examples/README.md.
//
//	client enrol CONFIG.json     make the key if there is none; print its enrolment
//	client bill CONFIG.json      submit, check receipts, read history and holdings
//	client vectors FILE.json     what this code signs, to compare with the published vectors
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "example.com/yuanliu/gen/yuanliu/v1"
)

const gtin = "09520000010010"

// Hex is bytes, written as hexadecimal digits in JSON.
type Hex []byte

func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// Fixed holds id and salt of a statement where they are not to be random.
type Fixed struct{ ID, Salt Hex }

// Config is one JSON file; examples/README.md lists its fields.
type Config struct {
	Server, CA, Key, Party, Buyer, Bill string
	Ledger, Seed                        Hex
	OccurredAt                          int64 `json:"occurred_at"`
	Commission, Ship                    Fixed
}

// header is the head of a statement. Id and salt are random unless the configuration fixes them.
func (c Config) header(fixed Fixed, seconds int64) *pb.Header {
	occurredAt := c.OccurredAt
	if occurredAt == 0 {
		occurredAt = time.Now().UnixMicro()
	}
	if fixed.ID == nil {
		// The id bears the time of signing, also where the act is long past.
		fixed = Fixed{newID(time.Now()), random(16)}
	}
	return &pb.Header{
		Ledger: c.Ledger, Id: fixed.ID, Salt: fixed.Salt, Party: c.Party,
		OccurredAt:    occurredAt + seconds*1_000_000, // µs; effects come after causes
		OffsetMinutes: 480,                            // UTC+8
		BusinessKey:   c.Bill,                         // our own number: the ledger takes it once for each kind
	}
}

// commission 赋码入库: 503 units come into being, three of them as samples to keep.
func (c Config) commission() (*pb.Statement, []string) {
	items := make([]string, 503)
	for n := range items {
		items[n] = fmt.Sprintf("sgtin:%s.%s-%03d", gtin, c.Bill, n)
	}
	body := &pb.Commission{
		Items: items, Lot: "lot:gtin:" + gtin + "." + c.Bill, Registration: "国药准字SJ20219901",
		MadeOn: "2026-01-05", ExpiresOn: "2029-01-04", UnitsPerCode: 3, Market: "CN",
	}
	return &pb.Statement{Header: c.header(c.Commission, 0), Body: &pb.Statement_Commission{Commission: body}}, items
}

// ship 出库: units leave for the buyer.
func (c Config) ship(items []string) *pb.Statement {
	body := &pb.Ship{Items: items, Addressee: c.Buyer, Reason: "sale"}
	return &pb.Statement{Header: c.header(c.Ship, 1), Body: &pb.Statement_Ship{Ship: body}}
}

// sign serializes once. Keep these bytes until you hold the receipt: they may be sent again, never made again.
func sign(key Key, statement *pb.Statement) *pb.SignedStatement {
	payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(statement)
	check(err)
	return &pb.SignedStatement{
		Payload: payload, KeyId: key.id, Signature: key.sign(payload), Algorithm: pb.Algorithm_ALGORITHM_ED25519,
	}
}

// submit sends the same bytes until they are answered: a second copy gets the first receipt.
func submit(ledger pb.LedgerServiceClient, signed *pb.SignedStatement) (*pb.Receipt, error) {
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		answer, err := ledger.SubmitStatement(ctx, &pb.SubmitStatementRequest{Statement: signed})
		cancel()
		switch status.Code(err) {
		case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded:
			if attempt < 4 {
				time.Sleep(200 * time.Millisecond << attempt)
				continue
			}
		}
		return answer.GetReceipt(), err
	}
}

func accept(name string, receipt *pb.Receipt, signed *pb.SignedStatement) {
	check(checkReceipt(receipt, signed.Payload, signed.KeyId, signed.Signature))
	word := map[bool]string{false: "recorded", true: "recorded before"}[receipt.RecordedBefore]
	fmt.Println(name, "entry", receipt.Index, word)
}

// showRefusal: an error says what and where: a stable reason, and the fields at fault.
func showRefusal(err error) {
	refused, reason, fields := status.Convert(err), "", []string{}
	for _, detail := range refused.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = detail.Reason
		case *errdetails.BadRequest:
			for _, fault := range detail.FieldViolations {
				fields = append(fields, fmt.Sprintf("  %s: %s", fault.Field, fault.Description))
			}
		}
	}
	// Go calls it InvalidArgument, the other languages INVALID_ARGUMENT.
	code := refused.Code().String()
	if refused.Code() == codes.InvalidArgument {
		code = "INVALID_ARGUMENT"
	}
	fmt.Println(strings.Join(append([]string{"refused " + code + " " + reason + ": " + refused.Message()}, fields...), "\n"))
}

func bill(c Config) {
	key, err := openKey(c.Key)
	check(err)
	tls, err := credentials.NewClientTLSFromFile(c.CA, "")
	check(err)
	connection, err := grpc.NewClient(c.Server, grpc.WithTransportCredentials(tls),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(8<<20)))
	check(err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ledger := pb.NewLedgerServiceClient(connection)
	facts, err := ledger.GetLedger(ctx, &pb.GetLedgerRequest{})
	check(err)
	if !bytes.Equal(facts.Ledger, c.Ledger) {
		check(fmt.Errorf("this server keeps another ledger: %x", facts.Ledger))
	}

	statement, items := c.commission()
	names, both := []string{"commission", "ship"}, []*pb.SignedStatement{sign(key, statement), sign(key, c.ship(items[:500]))}
	for i, signed := range both {
		fmt.Printf("%s signed %x %x\n", names[i], hash(signed.Payload), signed.Signature)
	}
	receipt, err := submit(ledger, both[0])
	if err != nil {
		showRefusal(err)
		os.Exit(1)
	}
	accept(names[0], receipt, both[0])

	// Many statements: a stream of batches, results in order. The first is sent again on purpose.
	stream, err := ledger.SubmitStatements(ctx)
	check(err)
	check(stream.Send(&pb.SubmitStatementsRequest{Statements: both}))
	check(stream.CloseSend())
	answer, err := stream.Recv()
	check(err)
	for i, signed := range both {
		if rejection := answer.Results[i].GetRejection(); rejection != nil {
			check(fmt.Errorf("%s refused: %v", names[i], rejection))
		}
		accept(names[i], answer.Results[i].GetReceipt(), signed)
	}

	faulty := c
	faulty.Bill, faulty.Ship = c.Bill+"-X", Fixed{}
	if _, err = submit(ledger, sign(key, faulty.ship([]string{items[0], "sgtin:09520000010011.1"}))); err == nil {
		check(errors.New("a wrong check digit was taken"))
	}
	showRefusal(err)

	// Reading: a token of our own making goes with every call.
	token := key.token(c.Party, c.Ledger, "stock check", time.Now().Unix(), newUUID())
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	history, err := pb.NewTraceServiceClient(connection).GetItemHistory(ctx, &pb.GetItemHistoryRequest{Item: items[0]})
	check(err)
	for i, event := range history.Events {
		same := map[bool]string{true: "as signed", false: "with other bytes"}[bytes.Equal(event.Entry.Payload, both[i].Payload)]
		fmt.Println("history", items[0], "entry", event.Index, event.Kind, same)
	}
	holdings(ctx, connection, items[500:])
}

// enrol prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`.
func enrol(c Config) {
	key, err := openKey(c.Key)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = createKey(c.Key)
	}
	check(err)
	text, err := json.Marshal(map[string]any{"enrolKey": map[string]any{
		"algorithm": "ed25519", "party": c.Party, "publicKey": hex.EncodeToString(key.public),
		"possession": hex.EncodeToString(key.possession(c.Ledger, c.Party)), "uses": []string{"sign", "read"},
	}})
	check(err)
	fmt.Println(string(text))
	fmt.Fprintf(os.Stderr, "key id %x\n", key.id)
}

func main() {
	if len(os.Args) != 3 {
		check(errors.New("usage: client enrol|bill|vectors FILE.json"))
	}
	text, err := os.ReadFile(os.Args[2])
	check(err)
	var config Config
	switch os.Args[1] {
	case "enrol":
		check(json.Unmarshal(text, &config))
		enrol(config)
	case "bill":
		check(json.Unmarshal(text, &config))
		bill(config)
	case "vectors":
		vectors(text)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}
