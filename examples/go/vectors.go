package main

import (
	"encoding/json"
	"fmt"

	pb "example.com/yuanliu/gen/yuanliu/v1"
)

// Vector is one of examples/vectors/signatures.json.
type Vector struct {
	Name, Party, Purpose, Jti          string
	Seed, Payload, Ledger, Leaf, Chain Hex
	Iat                                int64
	RecordedAt                         int64 `json:"recorded_at"`
}

// vectors prints one line a vector: name, key id, signature; of a receipt: whether it holds.
func vectors(text []byte) {
	var file struct {
		Statements, Possessions, Tokens []Vector
		Receipts                        []struct {
			Vector
			ChainBefore Hex `json:"chain_before"`
		}
		Bill Config
	}
	check(json.Unmarshal(text, &file))
	for _, v := range file.Statements {
		key := keyFromSeed(v.Seed)
		fmt.Printf("%s %x %x\n", v.Name, key.id, key.sign(v.Payload))
	}
	for _, v := range file.Possessions {
		key := keyFromSeed(v.Seed)
		fmt.Printf("%s %x %x\n", v.Name, key.id, key.possession(v.Ledger, v.Party))
	}
	for _, v := range file.Tokens {
		key := keyFromSeed(v.Seed)
		fmt.Printf("%s %x %s\n", v.Name, key.id, key.token(v.Party, v.Ledger, v.Purpose, v.Iat, v.Jti))
	}
	key := keyFromSeed(file.Bill.Seed)
	statement, made := file.Bill.commission()
	fmt.Printf("bill.commission %x %x\n", key.id, must(sign(key, statement)).Signature)
	fmt.Printf("bill.ship %x %x\n", key.id, must(sign(key, file.Bill.ship(made.Items[:500]))).Signature)
	for _, v := range file.Receipts {
		key := keyFromSeed(v.Seed)
		receipt := &pb.Receipt{RecordedAt: v.RecordedAt, Leaf: v.Leaf, ChainBefore: v.ChainBefore, Chain: v.Chain}
		fmt.Println(v.Name, checkReceipt(receipt, v.Payload, key.id, key.sign(v.Payload)) == nil)
	}
}
