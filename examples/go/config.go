package main

import (
	"encoding/hex"
	"encoding/json"
)

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

func readConfig(text []byte) (Config, error) {
	var c Config
	err := json.Unmarshal(text, &c)
	return c, err
}
