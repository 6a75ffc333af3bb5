// 提交、重试与拒收说明 · Submits statements, tries again where that helps, and says why one was refused.
//
// Copy this file into your own program, with signing.js.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');
const { checkReceipt } = require('./signing');

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

const AGAIN = [grpc.status.UNAVAILABLE, grpc.status.RESOURCE_EXHAUSTED, grpc.status.DEADLINE_EXCEEDED];
const deadline = () => ({ deadline: Date.now() + 30_000 });

/** A service of the server that the configuration names; answers have up to 8 MiB. */
function connect(config, service) {
  const tls = grpc.credentials.createSsl(fs.readFileSync(config.ca));
  return new v1[service](config.server, tls, { 'grpc.max_receive_message_length': 8 << 20 });
}

/** One call as a promise; reading needs a token. */
function call(service, method, request, token) {
  const metadata = new grpc.Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve, reject) =>
    service[method](request, metadata, deadline(), (error, answer) => (error ? reject(error) : resolve(answer))));
}

/** Serialized once. Keep these bytes until you hold the receipt: they may be sent again, never made again. */
function sign(key, statement) {
  const payload = Buffer.from(Statement.encode(Statement.fromObject(statement)).finish());
  return { payload, keyId: key.id, signature: key.sign(payload), algorithm: 'ALGORITHM_ED25519' };
}

/** Calls until it is answered: the same bytes may be sent again, a second copy gets the first receipt. */
async function again(attempted) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await attempted();
    } catch (error) {
      if (!AGAIN.includes(error.code) || attempt === 4) throw error;
      await sleep(200 * 2 ** attempt);
    }
  }
}

async function submit(ledger, statement) {
  return checked((await again(() => call(ledger, 'submitStatement', { statement }))).receipt, statement);
}

/** Many statements: a stream of batches, results in order. */
async function submitBatch(ledger, statements) {
  const results = await again(async () => {
    const stream = ledger.submitStatements(new grpc.Metadata(), deadline());
    stream.write({ statements });
    stream.end();
    const answered = [];
    for await (const answer of stream) answered.push(...answer.results);
    return answered;
  });
  return results.map(({ receipt, rejection }, i) => {
    if (rejection) throw new Error(`refused: ${JSON.stringify(rejection)}`);
    return checked(receipt, statements[i]);
  });
}

function checked(receipt, signed) {
  checkReceipt(receipt, signed.payload, signed.keyId, signed.signature);
  return receipt;
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

module.exports = { call, connect, showRefusal, sign, submit, submitBatch };
