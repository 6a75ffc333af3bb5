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
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "example.com/yuanliu/gen/yuanliu/v1"
)

const gtin = "09520000010010"

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
func (c Config) commission() (*pb.Statement, *pb.Commission) {
	body := &pb.Commission{
		Items: make([]string, 503), Lot: "lot:gtin:" + gtin + "." + c.Bill, Registration: "国药准字SJ20219901",
		MadeOn: "2026-01-05", ExpiresOn: "2029-01-04", UnitsPerCode: 3, Market: "CN",
	}
	for n := range body.Items {
		body.Items[n] = fmt.Sprintf("sgtin:%s.%s-%03d", gtin, c.Bill, n)
	}
	return &pb.Statement{Header: c.header(c.Commission, 0), Body: &pb.Statement_Commission{Commission: body}}, body
}

// ship 出库: units leave for the buyer.
func (c Config) ship(items []string) *pb.Statement {
	body := &pb.Ship{Items: items, Addressee: c.Buyer, Reason: "sale"}
	return &pb.Statement{Header: c.header(c.Ship, 1), Body: &pb.Statement_Ship{Ship: body}}
}

func bill(c Config) {
	key := must(openKey(c.Key))
	connection := must(connect(c.Server, c.CA))
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ledger := pb.NewLedgerServiceClient(connection)
	if facts := must(ledger.GetLedger(ctx, &pb.GetLedgerRequest{})); !bytes.Equal(facts.Ledger, c.Ledger) {
		check(fmt.Errorf("this server keeps another ledger: %x", facts.Ledger))
	}

	statement, made := c.commission()
	names := []string{"commission", "ship"}
	both := []*pb.SignedStatement{must(sign(key, statement)), must(sign(key, c.ship(made.Items[:500])))}
	for i, signed := range both {
		fmt.Printf("%s signed %x %x\n", names[i], hash(signed.Payload), signed.Signature)
	}
	// One alone, then both in a batch: the first is sent again on purpose.
	receipts := []*pb.Receipt{must(submit(ledger, both[0]))}
	receipts = append(receipts, must(submitBatch(ledger, both))...)
	for i, receipt := range receipts {
		word := map[bool]string{false: "recorded", true: "recorded before"}[receipt.RecordedBefore]
		fmt.Println(names[i/2], "entry", receipt.Index, word) // alone, again, then the other
	}

	faulty := c
	faulty.Bill, faulty.Ship = c.Bill+"-X", Fixed{}
	wrong := must(sign(key, faulty.ship([]string{made.Items[0], "sgtin:09520000010011.1"})))
	if _, err := submit(ledger, wrong); err != nil {
		showRefusal(err)
	} else {
		check(errors.New("a wrong check digit was taken"))
	}

	// Reading: a token of our own making goes with every call.
	token := key.token(c.Party, c.Ledger, "stock check", time.Now().Unix(), newUUID())
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	trace, desk := pb.NewTraceServiceClient(connection), pb.NewDeskServiceClient(connection)
	history := must(trace.GetItemHistory(ctx, &pb.GetItemHistoryRequest{Item: made.Items[0]}))
	for i, event := range history.Events {
		same := map[bool]string{true: "as signed", false: "with other bytes"}[bytes.Equal(event.Entry.Payload, both[i].Payload)]
		fmt.Println("history", made.Items[0], "entry", event.Index, event.Kind, same)
	}
	// 库存: what we have now of the lot, page by page.
	for request := (&pb.ListHoldingsRequest{Lot: made.Lot}); ; {
		answer := must(desk.ListHoldings(ctx, request))
		for _, holding := range answer.Holdings {
			fmt.Println("holding", holding.Item, holding.Condition)
		}
		if request.PageToken = answer.NextPageToken; request.PageToken == "" {
			return
		}
	}
}

// enrol prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`.
func enrol(c Config) {
	key, err := openKey(c.Key)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = createKey(c.Key)
	}
	check(err)
	text := must(json.Marshal(map[string]any{"enrolKey": map[string]any{
		"algorithm": "ed25519", "party": c.Party, "publicKey": hex.EncodeToString(key.public),
		"possession": hex.EncodeToString(key.possession(c.Ledger, c.Party)), "uses": []string{"sign", "read"},
	}}))
	fmt.Println(string(text))
	fmt.Fprintf(os.Stderr, "key id %x\n", key.id)
}

func main() {
	if len(os.Args) != 3 {
		check(errors.New("usage: client enrol|bill|vectors FILE.json"))
	}
	text := must(os.ReadFile(os.Args[2]))
	switch os.Args[1] {
	case "enrol":
		enrol(must(readConfig(text)))
	case "bill":
		bill(must(readConfig(text)))
	case "vectors":
		vectors(text)
	}
}

// check ends the program at an error: what the ledger refused is shown, with its reasons.
func check(err error) {
	if _, answered := status.FromError(err); err != nil && answered {
		showRefusal(err)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
	}
	if err != nil {
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}
