// 签名、核对收据、读取令牌：按 docs/FORMAT.md 实现，不依赖本项目代码。
//
// Keys, signatures, receipts and read tokens as docs/FORMAT.md describes them (sections 3 and 4).
// Copy this file into your own program; it needs nothing but Go's standard library.

package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	statementType  = "application/vnd.yuanliu.statement.v1+protobuf"
	possessionType = "application/vnd.yuanliu.possession.v1"
)

// hash is SHA-256 over the parts, one after the other.
func hash(parts ...[]byte) []byte {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return sum[:]
}

// Key is an Ed25519 key: what a party signs with. 签名密钥
type Key struct {
	private ed25519.PrivateKey
	public  []byte
	id      []byte
}

func newKey(private ed25519.PrivateKey) Key {
	public := []byte(private.Public().(ed25519.PublicKey))
	return Key{private, public, hash([]byte("yuanliu/key/v1\x00\x01"), public)} // section 3.1
}

func keyFromSeed(seed []byte) Key { return newKey(ed25519.NewKeyFromSeed(seed)) }

// openKey reads a PKCS#8 PEM file: one of ours, of `yuanliu keygen --no-passphrase` or of openssl.
func openKey(path string) (Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, fmt.Errorf("%s is not a PEM file", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, err
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("%s holds no Ed25519 key", path)
	}
	return newKey(private), nil
}

// createKey makes a new key in a new file that only its owner may read.
func createKey(path string) (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, err
	}
	err = pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return newKey(private), errors.Join(err, file.Close())
}

// signAs signs in the manner of DSSE, section 3.2: lengths are bytes, in decimal.
func (k Key) signAs(kind string, payload []byte) []byte {
	message := fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(kind), kind, len(payload))
	return ed25519.Sign(k.private, append(message, payload...))
}

func (k Key) sign(payload []byte) []byte { return k.signAs(statementType, payload) }

// possession shows a registrar that we hold the key, section 3.3.
func (k Key) possession(ledger []byte, party string) []byte {
	return k.signAs(possessionType, bytes.Join([][]byte{ledger, k.id, []byte(party)}, nil))
}

// token makes a read token: a JWT that lives for four minutes, section 3.4.
func (k Key) token(party string, ledger []byte, purpose string, iat int64, jti string) string {
	header := struct {
		Alg string `json:"alg"`
		Typ string `json:"typ"`
		Kid string `json:"kid"`
	}{"EdDSA", "yuanliu-read+jwt", hex.EncodeToString(k.id)}
	claims := struct {
		Iss     string `json:"iss"`
		Aud     string `json:"aud"`
		Iat     int64  `json:"iat"`
		Exp     int64  `json:"exp"`
		Jti     string `json:"jti"`
		Purpose string `json:"purpose"`
	}{party, hex.EncodeToString(ledger), iat, iat + 240, jti, purpose}
	text := part(header) + "." + part(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.private, []byte(text)))
}

// part is JSON without white space in base64url. Go writes <, > and & as \u003c and so on unless told
// not to: a server reads both.
func part(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // two structs of texts and numbers
	}
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}

// random gives n random bytes.
func random(n int) []byte {
	data := make([]byte, n)
	rand.Read(data) // never fails: it ends the program
	return data
}

// newID makes a UUIDv7: 48 bits of milliseconds, version 7, variant 10, the rest random.
func newID(at time.Time) []byte {
	id := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli())<<16)
	id = append(id[:6], random(10)...)
	id[6] = 0x70 | id[6]&0x0f
	id[8] = 0x80 | id[8]&0x3f
	return id
}

// newUUID writes random bytes as a UUIDv4.
func newUUID() string {
	b := random(16)
	b[6], b[8] = 0x40|b[6]&0x0f, 0x80|b[8]&0x3f
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// receipt is what generated receipts have.
type receipt interface {
	GetRecordedAt() int64
	GetLeaf() []byte
	GetChainBefore() []byte
	GetChain() []byte
}

// checkReceipt says whether a receipt is about these bytes and fits together, section 4.6.
func checkReceipt(r receipt, payload, keyID, signature []byte) error {
	envelope := binary.BigEndian.AppendUint16([]byte{1, 1}, uint16(len(signature)))
	envelope = bytes.Join([][]byte{envelope, keyID, hash(payload), signature}, nil)
	leaf := r.GetLeaf()
	switch {
	case len(leaf) != 80 || !bytes.Equal(leaf[:4], []byte{1, 1, 0, 0}) || !bytes.Equal(leaf[12:16], make([]byte, 4)):
		return errors.New("the leaf is not that of a statement")
	case binary.BigEndian.Uint64(leaf[4:]) != uint64(r.GetRecordedAt()):
		return errors.New("the receipt names another time than its leaf")
	case !bytes.Equal(leaf[16:48], hash([]byte{0x13}, envelope)):
		return errors.New("the leaf commits to something else than what we signed")
	case !bytes.Equal(r.GetChain(), hash([]byte{0x10}, r.GetChainBefore(), hash([]byte{0}, leaf))):
		return errors.New("the chain does not follow from the leaf")
	}
	return nil
}
