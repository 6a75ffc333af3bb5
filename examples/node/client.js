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
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');
const { Key, checkReceipt, newId, sha256 } = require('./signing');

// The protos are read at start; nothing is generated.
const PROTOS = path.join(__dirname, '../../proto');
const root = new protobuf.Root();
root.resolvePath = (_, target) => path.join(PROTOS, target);
root.loadSync(fs.readdirSync(path.join(PROTOS, 'yuanliu/v1')).map((name) => `yuanliu/v1/${name}`));
const Statement = root.lookupType('yuanliu.v1.Statement');
const options = { longs: Number, enums: String, defaults: true, oneofs: true };
const { v1 } = grpc.loadPackageDefinition(loader.fromJSON(root.toJSON(), options)).yuanliu;
// Details of errors (google.rpc), as far as they are needed here.
const details = protobuf.parse(`syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; }
  message Violation { string field = 1; string description = 2; }
  message BadRequest { repeated Violation field_violations = 1; }`).root;

const GTIN = '09520000010010';
const AGAIN = [grpc.status.UNAVAILABLE, grpc.status.RESOURCE_EXHAUSTED, grpc.status.DEADLINE_EXCEEDED];
const CHANNEL = { 'grpc.max_receive_message_length': 8 << 20 };
const bytes = (hex) => Buffer.from(hex, 'hex');

/** The head of a statement. Id and salt are random unless the configuration fixes them. */
function header(config, fixed, seconds) {
  const now = Date.now();
  const occurredAt = config.occurred_at || now * 1000;
  return {
    ledger: bytes(config.ledger),
    // The id bears the time of signing, also where the act is long past.
    id: fixed ? bytes(fixed.id) : newId(now),
    salt: fixed ? bytes(fixed.salt) : crypto.randomBytes(16),
    party: config.party,
    occurredAt: occurredAt + seconds * 1_000_000, // µs; effects come after causes
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
  const body = { items, addressee: config.buyer, reason: 'sale' };
  return { header: header(config, config.ship, 1), ship: body };
}

/** Serialized once. Keep these bytes until you hold the receipt: they may be sent again, never made again. */
function sign(key, statement) {
  const payload = Buffer.from(Statement.encode(Statement.fromObject(statement)).finish());
  return { payload, keyId: key.id, signature: key.sign(payload), algorithm: 'ALGORITHM_ED25519' };
}

/** One call as a promise. */
function call(service, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) =>
    service[method](request, metadata, { deadline: Date.now() + 30_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer)));
}

/** Sends the same bytes until they are answered: a second copy gets the first receipt. */
async function submit(ledger, statement) {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await call(ledger, 'submitStatement', { statement })).receipt;
    } catch (error) {
      if (!AGAIN.includes(error.code) || attempt === 4) throw error;
      await sleep(200 * 2 ** attempt);
    }
  }
}

function accept(name, receipt, signed) {
  checkReceipt(receipt, signed.payload, signed.keyId, signed.signature);
  console.log(`${name} entry ${receipt.index} ${receipt.recordedBefore ? 'recorded before' : 'recorded'}`);
}

/** An error says what and where: a stable reason, and the fields at fault. */
function showRefusal(error) {
  let reason = '', fields = [];
  const packed = error.metadata.get('grpc-status-details-bin')[0]; // none where the ledger did not answer
  for (const any of details.lookupType('Status').decode(packed ?? Buffer.alloc(0)).details) {
    if (any.typeUrl.endsWith('/google.rpc.ErrorInfo')) reason = details.lookupType('ErrorInfo').decode(any.value).reason;
    if (any.typeUrl.endsWith('/google.rpc.BadRequest'))
      fields = details.lookupType('BadRequest').decode(any.value).fieldViolations;
  }
  console.log(`refused ${grpc.status[error.code]} ${reason}: ${error.details}`);
  for (const fault of fields) console.log(`  ${fault.field}: ${fault.description}`);
}

async function bill(config) {
  const key = Key.open(config.key);
  const tls = grpc.credentials.createSsl(fs.readFileSync(config.ca));
  const ledger = new v1.LedgerService(config.server, tls, CHANNEL);
  const facts = await call(ledger, 'getLedger', {});
  if (!facts.ledger.equals(bytes(config.ledger)))
    throw new Error(`this server keeps another ledger: ${facts.ledger.toString('hex')}`);

  const statement = commission(config);
  const items = statement.commission.items;
  const names = ['commission', 'ship'];
  const both = [sign(key, statement), sign(key, ship(config, items.slice(0, 500)))];
  both.forEach(({ payload, signature }, i) =>
    console.log(`${names[i]} signed ${sha256(payload).toString('hex')} ${signature.toString('hex')}`));
  accept(names[0], await submit(ledger, both[0]), both[0]);

  // Many statements: a stream of batches, results in order. The first is sent again on purpose.
  const stream = ledger.submitStatements(new grpc.Metadata(), { deadline: Date.now() + 30_000 });
  stream.write({ statements: both });
  stream.end();
  for await (const answer of stream) {
    answer.results.forEach(({ receipt, rejection }, i) => {
      if (rejection) throw new Error(`${names[i]} refused: ${JSON.stringify(rejection)}`);
      accept(names[i], receipt, both[i]);
    });
  }

  const faulty = ship({ ...config, ship: undefined, bill: `${config.bill}-X` }, [items[0], 'sgtin:09520000010011.1']);
  try {
    await submit(ledger, sign(key, faulty));
    throw new Error('a wrong check digit was taken');
  } catch (error) {
    if (error.code === undefined) throw error;
    showRefusal(error);
  }

  // Reading: a token of our own making goes with every call.
  const read = (service, method, request) => {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${key.token(config.party, bytes(config.ledger), 'stock check')}`);
    return call(service, method, request, metadata);
  };
  const trace = new v1.TraceService(config.server, tls, CHANNEL);
  const { events } = await read(trace, 'getItemHistory', { item: items[0] });
  events.forEach(({ index, kind, entry }, i) => {
    const same = entry.payload.equals(both[i].payload) ? 'as signed' : 'with other bytes';
    console.log(`history ${items[0]} entry ${index} ${kind} ${same}`);
  });
  await holdings(config, tls, read);
  [ledger, trace].forEach((service) => service.close());
}

/** 库存: what we have now. */
async function holdings(config, tls, read) {
  const desk = new v1.DeskService(config.server, tls, CHANNEL);
  let pageToken = '';
  do {
    const answer = await read(desk, 'listHoldings', { lot: `lot:gtin:${GTIN}.${config.bill}`, pageToken });
    for (const holding of answer.holdings) console.log(`holding ${holding.item} ${holding.condition}`);
    pageToken = answer.nextPageToken;
  } while (pageToken);
  desk.close();
}

/** Prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`. */
function enrol(config) {
  const key = fs.existsSync(config.key) ? Key.open(config.key) : Key.create(config.key);
  const possession = key.possession(bytes(config.ledger), config.party).toString('hex');
  const body = { algorithm: 'ed25519', party: config.party, publicKey: key.public.toString('hex'), possession };
  console.log(JSON.stringify({ enrolKey: { ...body, uses: ['sign', 'read'] } }));
  console.error(`key id ${key.id.toString('hex')}`);
}

module.exports = { bytes, commission, ship, sign };

if (require.main === module) {
  const config = JSON.parse(fs.readFileSync(process.argv[3], 'utf8'));
  const commands = { bill, enrol, vectors: (file) => require('./vectors').vectors(file) };
  Promise.resolve(commands[process.argv[2]](config)).catch((error) => {
    if (error.metadata) showRefusal(error);
    else console.error('client:', error.message);
    process.exitCode = 1;
  });
}
