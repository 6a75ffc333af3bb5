package com.example.yuanliu;

import com.example.yuanliu.Signing.Key;
import com.google.gson.Gson;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import yuanliu.v1.Algorithm;
import yuanliu.v1.Commission;
import yuanliu.v1.GetItemHistoryRequest;
import yuanliu.v1.GetLedgerRequest;
import yuanliu.v1.Header;
import yuanliu.v1.HistoryEvent;
import yuanliu.v1.LedgerServiceGrpc.LedgerServiceBlockingV2Stub;
import yuanliu.v1.LedgerServiceGrpc;
import yuanliu.v1.Receipt;
import yuanliu.v1.Ship;
import yuanliu.v1.SignedStatement;
import yuanliu.v1.Statement;
import yuanliu.v1.StatementResult;
import yuanliu.v1.SubmitStatementRequest;
import yuanliu.v1.SubmitStatementsRequest;
import yuanliu.v1.TraceServiceGrpc;

/**
 * 用 Java 向源流账本提交一张 500 件的单据并查询结果。
 *
 * <p>Submits a bill of 500 items to a Yuanliu ledger and asks what became of it. See examples/README.md.
 *
 * <pre>
 * Client enrol CONFIG.json     make the key if there is none; print its enrolment
 * Client bill CONFIG.json      submit, check receipts, read history and holdings
 * Client vectors FILE.json     what this code signs, to compare with the published vectors
 * </pre>
 */
final class Client {
  private static final String GTIN = "09520000010010";
  private static final Set<Status.Code> AGAIN =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED, Status.Code.DEADLINE_EXCEEDED);
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Client() {}

  /** Id and salt of a statement, where they are not to be random. */
  record Fixed(String id, String salt) {}

  /** One JSON file; examples/README.md lists its fields. */
  record Config(
      String server, String ca, String ledger, String party, String buyer, String key, String seed, String bill,
      long occurred_at, Fixed commission, Fixed ship) {
    Config renumbered(String number) {
      return new Config(server, ca, ledger, party, buyer, key, seed, number, occurred_at, null, null);
    }
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** The head of a statement. Id and salt are random unless the configuration fixes them. */
  private static Header header(Config config, Fixed fixed, int seconds) {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    long occurredAt = config.occurred_at == 0 ? now : config.occurred_at;
    return Header.newBuilder()
        .setLedger(ByteString.copyFrom(bytes(config.ledger)))
        // The id bears the time of signing, also where the act is long past.
        .setId(ByteString.copyFrom(fixed == null ? Signing.newId(now / 1000) : bytes(fixed.id)))
        .setSalt(ByteString.copyFrom(fixed == null ? Signing.random(16) : bytes(fixed.salt)))
        .setParty(config.party)
        .setOccurredAt(occurredAt + seconds * 1_000_000L) // µs; effects come after causes
        .setOffsetMinutes(480) // UTC+8
        .setBusinessKey(config.bill) // our own number: the ledger takes it once for each kind
        .build();
  }

  /** 赋码入库: 503 units come into being, three of them as samples to keep. */
  static Statement commission(Config config) {
    Commission body = Commission.newBuilder()
        .addAllItems(IntStream.range(0, 503)
            .mapToObj(n -> String.format("sgtin:%s.%s-%03d", GTIN, config.bill, n)).toList())
        .setLot("lot:gtin:" + GTIN + "." + config.bill)
        .setRegistration("国药准字SJ20219901")
        .setMadeOn("2026-01-05")
        .setExpiresOn("2029-01-04")
        .setUnitsPerCode(3)
        .setMarket("CN")
        .build();
    return Statement.newBuilder().setHeader(header(config, config.commission, 0)).setCommission(body).build();
  }

  /** 出库: units leave for the buyer. */
  static Statement ship(Config config, List<String> items) {
    Ship body = Ship.newBuilder().addAllItems(items).setAddressee(config.buyer).setReason("sale").build();
    return Statement.newBuilder().setHeader(header(config, config.ship, 1)).setShip(body).build();
  }

  /** Serialized once. Keep these bytes until you hold the receipt: they may be sent again, never made again. */
  static SignedStatement sign(Key key, Statement statement) throws Exception {
    byte[] payload = statement.toByteArray();
    return SignedStatement.newBuilder()
        .setPayload(ByteString.copyFrom(payload))
        .setKeyId(ByteString.copyFrom(key.id))
        .setSignature(ByteString.copyFrom(key.sign(payload)))
        .setAlgorithm(Algorithm.ALGORITHM_ED25519)
        .build();
  }

  /** Sends the same bytes until they are answered: a second copy gets the first receipt. */
  private static Receipt submit(LedgerServiceBlockingV2Stub ledger, SignedStatement signed) throws Exception {
    SubmitStatementRequest request = SubmitStatementRequest.newBuilder().setStatement(signed).build();
    for (int attempt = 0; ; attempt++) {
      try {
        return ledger.withDeadlineAfter(30, TimeUnit.SECONDS).submitStatement(request).getReceipt();
      } catch (StatusException error) {
        if (!AGAIN.contains(error.getStatus().getCode()) || attempt == 4) throw error;
        Thread.sleep(200L << attempt);
      }
    }
  }

  private static void accept(String name, Receipt receipt, SignedStatement signed) throws Exception {
    Signing.checkReceipt(
        receipt.getRecordedAt(), receipt.getLeaf().toByteArray(), receipt.getChainBefore().toByteArray(),
        receipt.getChain().toByteArray(), signed.getPayload().toByteArray(), signed.getKeyId().toByteArray(),
        signed.getSignature().toByteArray());
    String word = receipt.getRecordedBefore() ? "recorded before" : "recorded";
    OUT.println(name + " entry " + receipt.getIndex() + " " + word);
  }

  /** An error says what and where: a stable reason, and the fields at fault. */
  private static void showRefusal(StatusException error) throws Exception {
    String reason = "";
    BadRequest fields = BadRequest.getDefaultInstance();
    for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
      if (detail.is(ErrorInfo.class)) reason = detail.unpack(ErrorInfo.class).getReason();
      if (detail.is(BadRequest.class)) fields = detail.unpack(BadRequest.class);
    }
    Status status = error.getStatus();
    OUT.println("refused " + status.getCode() + " " + reason + ": " + status.getDescription());
    for (BadRequest.FieldViolation fault : fields.getFieldViolationsList()) {
      OUT.println("  " + fault.getField() + ": " + fault.getDescription());
    }
  }

  private static void bill(Config config) throws Exception {
    Key key = Key.open(Path.of(config.key));
    byte[] ledgerId = bytes(config.ledger);
    ManagedChannel channel = NettyChannelBuilder.forTarget(config.server)
        .sslContext(GrpcSslContexts.forClient().trustManager(new File(config.ca)).build())
        .maxInboundMessageSize(8 << 20)
        .build();
    try {
      LedgerServiceBlockingV2Stub ledger = LedgerServiceGrpc.newBlockingV2Stub(channel);
      var facts = ledger.withDeadlineAfter(30, TimeUnit.SECONDS).getLedger(GetLedgerRequest.getDefaultInstance());
      if (!facts.getLedger().equals(ByteString.copyFrom(ledgerId))) {
        throw new IllegalStateException("this server keeps another ledger: " + hex(facts.getLedger().toByteArray()));
      }

      Statement statement = commission(config);
      List<String> items = statement.getCommission().getItemsList();
      List<String> names = List.of("commission", "ship");
      List<SignedStatement> both =
          List.of(sign(key, statement), sign(key, ship(config, items.subList(0, 500))));
      for (int i = 0; i < 2; i++) {
        String digest = hex(Signing.sha256(both.get(i).getPayload().toByteArray()));
        OUT.println(names.get(i) + " signed " + digest + " " + hex(both.get(i).getSignature().toByteArray()));
      }
      accept(names.get(0), submit(ledger, both.get(0)), both.get(0));

      // Many statements: a stream of batches, results in order. The first is sent again on purpose.
      var stream = ledger.withDeadlineAfter(30, TimeUnit.SECONDS).submitStatements();
      stream.write(SubmitStatementsRequest.newBuilder().addAllStatements(both).build());
      stream.halfClose();
      List<StatementResult> results = stream.read().getResultsList();
      for (int i = 0; i < 2; i++) {
        if (results.get(i).hasRejection()) {
          throw new IllegalStateException(names.get(i) + " refused: " + results.get(i).getRejection());
        }
        accept(names.get(i), results.get(i).getReceipt(), both.get(i));
      }

      Statement faulty =
          ship(config.renumbered(config.bill + "-X"), List.of(items.get(0), "sgtin:09520000010011.1"));
      try {
        submit(ledger, sign(key, faulty));
        throw new IllegalStateException("a wrong check digit was taken");
      } catch (StatusException error) {
        showRefusal(error);
      }

      // Reading: a token of our own making goes with every call.
      Metadata metadata = new Metadata();
      String token = key.token(
          config.party, ledgerId, "stock check", Instant.now().getEpochSecond(), UUID.randomUUID().toString());
      metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
      var authorization = MetadataUtils.newAttachHeadersInterceptor(metadata);
      var trace = TraceServiceGrpc.newBlockingV2Stub(channel).withInterceptors(authorization);
      GetItemHistoryRequest request = GetItemHistoryRequest.newBuilder().setItem(items.get(0)).build();
      List<HistoryEvent> events =
          trace.withDeadlineAfter(30, TimeUnit.SECONDS).getItemHistory(request).getEventsList();
      for (int i = 0; i < events.size(); i++) {
        boolean same = events.get(i).getEntry().getPayload().equals(both.get(i).getPayload());
        OUT.println("history " + items.get(0) + " entry " + events.get(i).getIndex() + " " + events.get(i).getKind()
            + (same ? " as signed" : " with other bytes"));
      }
      Holdings.print(channel, authorization, items.subList(500, 503), OUT);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`. */
  private static void enrol(Config config) throws Exception {
    Path path = Path.of(config.key);
    Key key = Files.exists(path) ? Key.open(path) : Key.create(path);
    String possession = hex(key.possession(bytes(config.ledger), config.party));
    OUT.println(new Gson().toJson(Map.of("enrolKey", Map.of(
        "algorithm", "ed25519", "party", config.party, "publicKey", hex(key.publicKey),
        "possession", possession, "uses", List.of("sign", "read")))));
    System.err.println("key id " + hex(key.id));
  }

  public static void main(String[] args) throws Exception {
    String text = Files.readString(Path.of(args[1]));
    switch (args[0]) {
      case "enrol" -> enrol(new Gson().fromJson(text, Config.class));
      case "bill" -> {
        try {
          bill(new Gson().fromJson(text, Config.class));
        } catch (StatusException error) {
          showRefusal(error);
          System.exit(1);
        }
      }
      case "vectors" -> Vectors.print(text, OUT);
      default -> throw new IllegalArgumentException("enrol, bill or vectors, not " + args[0]);
    }
  }
}
