// 用 Node.js 向源流账本提交一张 500 件的单据并查询结果。
//
// Submits a bill of 500 items to a Yuanliu ledger and asks what became of it. See examples/README.md.
//
//   node client.js enrol CONFIG.json     make the key if there is none; print its enrolment
//   node client.js bill CONFIG.json      submit, check receipts, read history and holdings
//   node client.js vectors FILE.json     what this code signs, to compare with the published vectors
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const { call, connect, showRefusal, sign, submit, submitBatch } = require('./sending');
const { Key, newId, sha256 } = require('./signing');

const GTIN = '09520000010010';
const bytes = (hex) => Buffer.from(hex, 'hex');

/** The head of a statement. Id and salt are random unless the configuration fixes them. */
function header(config, fixed, seconds) {
  const now = Date.now();
  return {
    ledger: bytes(config.ledger),
    // The id bears the time of signing, also where the act is long past.
    id: fixed ? bytes(fixed.id) : newId(now),
    salt: fixed ? bytes(fixed.salt) : crypto.randomBytes(16),
    party: config.party,
    occurredAt: (config.occurred_at || now * 1000) + seconds * 1_000_000, // µs; effects come after causes
    offsetMinutes: 480, // UTC+8
    businessKey: config.bill, // our own number: the ledger takes it once for each kind
  };
}

/** 赋码入库: 503 units come into being, three of them as samples to keep. */
function commission(config) {
  const body = {
    items: Array.from({ length: 503 }, (_, n) => `sgtin:${GTIN}.${config.bill}-${String(n).padStart(3, '0')}`),
    lot: `lot:gtin:${GTIN}.${config.bill}`,
    registration: '国药准字SJ20219901',
    madeOn: '2026-01-05',
    expiresOn: '2029-01-04',
    unitsPerCode: 3,
    market: 'CN',
  };
  return { header: header(config, config.commission, 0), commission: body };
}

/** 出库: units leave for the buyer. */
function ship(config, items) {
  return { header: header(config, config.ship, 1), ship: { items, addressee: config.buyer, reason: 'sale' } };
}

async function bill(config) {
  const key = Key.open(config.key);
  const [ledger, trace, desk] = ['LedgerService', 'TraceService', 'DeskService'].map((name) => connect(config, name));
  const facts = await call(ledger, 'getLedger', {});
  if (!facts.ledger.equals(bytes(config.ledger)))
    throw new Error(`this server keeps another ledger: ${facts.ledger.toString('hex')}`);

  const made = commission(config);
  const { items, lot } = made.commission;
  const names = ['commission', 'ship'];
  const both = [sign(key, made), sign(key, ship(config, items.slice(0, 500)))];
  both.forEach(({ payload, signature }, i) =>
    console.log(`${names[i]} signed ${sha256(payload).toString('hex')} ${signature.toString('hex')}`));
  // One alone, then both in a batch: the first is sent again on purpose.
  const receipts = [await submit(ledger, both[0]), ...await submitBatch(ledger, both)];
  receipts.forEach(({ index, recordedBefore }, i) =>
    console.log(`${[names[0], ...names][i]} entry ${index} ${recordedBefore ? 'recorded before' : 'recorded'}`));

  const faulty = ship({ ...config, ship: undefined, bill: `${config.bill}-X` }, [items[0], 'sgtin:09520000010011.1']);
  try {
    await submit(ledger, sign(key, faulty));
    throw new Error('a wrong check digit was taken');
  } catch (error) {
    if (error.code === undefined) throw error;
    showRefusal(error);
  }

  // Reading: a token of our own making goes with every call.
  const token = () => key.token(config.party, bytes(config.ledger), 'stock check');
  const { events } = await call(trace, 'getItemHistory', { item: items[0] }, token());
  events.forEach(({ index, kind, entry }, i) => {
    const same = entry.payload.equals(both[i].payload) ? 'as signed' : 'with other bytes';
    console.log(`history ${items[0]} entry ${index} ${kind} ${same}`);
  });
  // 库存: what we have now of the lot, page by page.
  let pageToken = '';
  do {
    const answer = await call(desk, 'listHoldings', { lot, pageToken }, token());
    for (const holding of answer.holdings) console.log(`holding ${holding.item} ${holding.condition}`);
    pageToken = answer.nextPageToken;
  } while (pageToken);
  [ledger, trace, desk].forEach((service) => service.close());
}

/** Prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`. */
function enrol(config) {
  const key = fs.existsSync(config.key) ? Key.open(config.key) : Key.create(config.key);
  const possession = key.possession(bytes(config.ledger), config.party).toString('hex');
  const body = { algorithm: 'ed25519', party: config.party, publicKey: key.public.toString('hex'), possession };
  console.log(JSON.stringify({ enrolKey: { ...body, uses: ['sign', 'read'] } }));
  console.error(`key id ${key.id.toString('hex')}`);
}

module.exports = { bytes, commission, ship };

if (require.main === module) {
  const config = JSON.parse(fs.readFileSync(process.argv[3], 'utf8'));
  const commands = { bill, enrol, vectors: (file) => require('./vectors').vectors(file) };
  Promise.resolve(commands[process.argv[2]](config)).catch((error) => {
    if (error.metadata) showRefusal(error);
    else console.error('client:', error.message);
    process.exitCode = 1;
  });
}
