'use strict';
const { Key, checkReceipt } = require('./signing');
const { bytes, commission, ship } = require('./client');
const { sign } = require('./sending');

/** One line a vector: name, key id, signature; of a receipt: whether it holds. */
function vectors(file) {
  const line = (v, signature) => console.log(v.name, v.key.id.toString('hex'), signature.toString('hex'));
  const keyed = (list) => list.map((v) => ({ ...v, key: Key.fromSeed(bytes(v.seed)) }));
  for (const v of keyed(file.statements)) line(v, v.key.sign(bytes(v.payload)));
  for (const v of keyed(file.possessions)) line(v, v.key.possession(bytes(v.ledger), v.party));
  for (const v of keyed(file.tokens)) line(v, v.key.token(v.party, bytes(v.ledger), v.purpose, v.iat, v.jti));
  const [config] = keyed([file.bill]);
  const made = commission(config);
  line({ ...config, name: 'bill.commission' }, sign(config.key, made).signature);
  line({ ...config, name: 'bill.ship' }, sign(config.key, ship(config, made.commission.items.slice(0, 500))).signature);
  for (const v of keyed(file.receipts)) {
    const receipt = { recordedAt: v.recorded_at, leaf: bytes(v.leaf), chain: bytes(v.chain) };
    const payload = bytes(v.payload);
    try {
      checkReceipt({ ...receipt, chainBefore: bytes(v.chain_before) }, payload, v.key.id, v.key.sign(payload));
      console.log(v.name, 'true');
    } catch {
      console.log(v.name, 'false');
    }
  }
}

module.exports = { vectors };
