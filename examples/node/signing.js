// 签名、核对收据、读取令牌：按 docs/FORMAT.md 实现，不依赖本项目代码。
//
// Keys, signatures, receipts and read tokens as docs/FORMAT.md describes them (sections 3 and 4).
// Copy this file into your own program; it needs nothing but Node.js.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');

const STATEMENT = 'application/vnd.yuanliu.statement.v1+protobuf';
const POSSESSION = 'application/vnd.yuanliu.possession.v1';
// What stands before the 32 bytes of a seed in PKCS#8 (RFC 8410).
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const sha256 = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest();

/** An Ed25519 key: what a party signs with. 签名密钥 */
class Key {
  constructor(privateKey) {
    this.private = privateKey;
    this.public = Buffer.from(crypto.createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');
    this.id = sha256(Buffer.from('yuanliu/key/v1\0\x01'), this.public); // section 3.1
  }

  static fromSeed(seed) {
    return new Key(crypto.createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' }));
  }

  /** From a PKCS#8 PEM file: one of ours, of `yuanliu keygen --no-passphrase` or of openssl. */
  static open(path) {
    return new Key(crypto.createPrivateKey(fs.readFileSync(path)));
  }

  /** A new key in a new file that only its owner may read. */
  static create(path) {
    const { privateKey } = crypto.generateKeyPairSync('ed25519');
    fs.writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
    return new Key(privateKey);
  }

  /** DSSE, section 3.2: lengths are bytes, in decimal. */
  sign(payload, type = STATEMENT) {
    const head = Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `);
    return crypto.sign(null, Buffer.concat([head, payload]), this.private);
  }

  /** Shows a registrar that we hold the key, section 3.3. */
  possession(ledger, party) {
    return this.sign(Buffer.concat([ledger, this.id, Buffer.from(party)]), POSSESSION);
  }

  /** A read token: a JWT that lives for four minutes, section 3.4. */
  token(party, ledger, purpose, iat = Math.floor(Date.now() / 1000), jti = crypto.randomUUID()) {
    const header = { alg: 'EdDSA', typ: 'yuanliu-read+jwt', kid: this.id.toString('hex') };
    const claims = { iss: party, aud: ledger.toString('hex'), iat, exp: iat + 240, jti, purpose };
    const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${crypto.sign(null, Buffer.from(text), this.private).toString('base64url')}`;
  }
}

/** A UUIDv7: 48 bits of milliseconds, version 7, variant 10, the rest random. */
function newId(milliseconds) {
  const id = crypto.randomBytes(16);
  id.writeUIntBE(milliseconds, 0, 6);
  id[6] = 0x70 | (id[6] & 0x0f);
  id[8] = 0x80 | (id[8] & 0x3f);
  return id;
}

/** Throws unless a receipt is about these bytes and fits together, section 4.6. */
function checkReceipt(receipt, payload, keyId, signature) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(signature.length);
  const envelope = Buffer.concat([Buffer.from([1, 1]), length, keyId, sha256(payload), signature]);
  const leaf = receipt.leaf;
  if (leaf.length !== 80 || leaf.readUInt32BE(0) !== 0x01010000 || leaf.readUInt32BE(12) !== 0)
    throw new Error('the leaf is not that of a statement');
  if (leaf.readBigUInt64BE(4) !== BigInt(receipt.recordedAt))
    throw new Error('the receipt names another time than its leaf');
  if (!leaf.subarray(16, 48).equals(sha256(Buffer.from([0x13]), envelope)))
    throw new Error('the leaf commits to something else than what we signed');
  const leafHash = sha256(Buffer.from([0]), leaf);
  if (!receipt.chain.equals(sha256(Buffer.from([0x10]), receipt.chainBefore, leafHash)))
    throw new Error('the chain does not follow from the leaf');
}

module.exports = { Key, checkReceipt, newId, sha256 };
