package com.example.yuanliu;

import static com.example.yuanliu.Sending.reader;
import static com.example.yuanliu.Sending.sign;
import static com.example.yuanliu.Sending.soon;
import static com.example.yuanliu.Sending.submit;
import static com.example.yuanliu.Signing.bytes;
import static com.example.yuanliu.Signing.hex;

import com.example.yuanliu.Config.Fixed;
import com.example.yuanliu.Signing.Key;
import com.google.gson.Gson;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import yuanliu.v1.Commission;
import yuanliu.v1.DeskServiceGrpc;
import yuanliu.v1.GetItemHistoryRequest;
import yuanliu.v1.GetLedgerRequest;
import yuanliu.v1.Header;
import yuanliu.v1.ListHoldingsRequest;
import yuanliu.v1.LedgerServiceGrpc;
import yuanliu.v1.Receipt;
import yuanliu.v1.Ship;
import yuanliu.v1.SignedStatement;
import yuanliu.v1.Statement;
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
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Client() {}

  /** The head of a statement. Id and salt are random unless the configuration fixes them. */
  private static Header header(Config config, Fixed fixed, int seconds) {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    return Header.newBuilder()
        .setLedger(ByteString.copyFrom(bytes(config.ledger())))
        // The id bears the time of signing, also where the act is long past.
        .setId(ByteString.copyFrom(fixed == null ? Signing.newId(now / 1000) : bytes(fixed.id())))
        .setSalt(ByteString.copyFrom(fixed == null ? Signing.random(16) : bytes(fixed.salt())))
        .setParty(config.party())
        // µs; effects come after causes
        .setOccurredAt((config.occurred_at() == 0 ? now : config.occurred_at()) + seconds * 1_000_000L)
        .setOffsetMinutes(480) // UTC+8
        .setBusinessKey(config.bill()) // our own number: the ledger takes it once for each kind
        .build();
  }

  /** 赋码入库: 503 units come into being, three of them as samples to keep. */
  static Statement commission(Config config) {
    Commission body = Commission.newBuilder()
        .addAllItems(IntStream.range(0, 503)
            .mapToObj(n -> String.format("sgtin:%s.%s-%03d", GTIN, config.bill(), n)).toList())
        .setLot("lot:gtin:" + GTIN + "." + config.bill())
        .setRegistration("国药准字SJ20219901")
        .setMadeOn("2026-01-05")
        .setExpiresOn("2029-01-04")
        .setUnitsPerCode(3)
        .setMarket("CN")
        .build();
    return Statement.newBuilder().setHeader(header(config, config.commission(), 0)).setCommission(body).build();
  }

  /** 出库: units leave for the buyer. */
  static Statement ship(Config config, List<String> items) {
    Ship body = Ship.newBuilder().addAllItems(items).setAddressee(config.buyer()).setReason("sale").build();
    return Statement.newBuilder().setHeader(header(config, config.ship(), 1)).setShip(body).build();
  }

  private static void bill(Config config, ManagedChannel channel) throws Exception {
    Key key = Key.open(Path.of(config.key()));
    var ledger = LedgerServiceGrpc.newBlockingV2Stub(channel);
    String found = hex(soon(ledger).getLedger(GetLedgerRequest.getDefaultInstance()).getLedger().toByteArray());
    if (!found.equals(config.ledger())) throw new IllegalStateException("this server keeps another ledger: " + found);

    Statement statement = commission(config);
    Commission made = statement.getCommission();
    List<String> items = made.getItemsList();
    List<SignedStatement> both = List.of(sign(key, statement), sign(key, ship(config, items.subList(0, 500))));
    List<String> names = List.of("commission", "ship");
    for (int i = 0; i < 2; i++) {
      String digest = hex(Signing.sha256(both.get(i).getPayload().toByteArray()));
      OUT.println(names.get(i) + " signed " + digest + " " + hex(both.get(i).getSignature().toByteArray()));
    }
    // One alone, then both in a batch: the first is sent again on purpose.
    List<Receipt> receipts = new ArrayList<>(List.of(submit(ledger, both.get(0))));
    receipts.addAll(Sending.submitBatch(ledger, both));
    for (int i = 0; i < receipts.size(); i++) {
      String word = receipts.get(i).getRecordedBefore() ? "recorded before" : "recorded";
      OUT.println(names.get(i / 2) + " entry " + receipts.get(i).getIndex() + " " + word);
    }

    Config other = config.renumbered(config.bill() + "-X");
    try {
      submit(ledger, sign(key, ship(other, List.of(items.get(0), "sgtin:09520000010011.1"))));
      throw new IllegalStateException("a wrong check digit was taken");
    } catch (StatusException error) {
      Sending.showRefusal(error, OUT);
    }

    // Reading: a token of our own making goes with every call.
    long now = Instant.now().getEpochSecond();
    String token = key.token(config.party(), bytes(config.ledger()), "stock check", now, UUID.randomUUID().toString());
    var trace = reader(TraceServiceGrpc.newBlockingV2Stub(channel), token);
    var events = soon(trace)
        .getItemHistory(GetItemHistoryRequest.newBuilder().setItem(items.get(0)).build()).getEventsList();
    for (int i = 0; i < events.size(); i++) {
      boolean same = events.get(i).getEntry().getPayload().equals(both.get(i).getPayload());
      OUT.println("history " + items.get(0) + " entry " + events.get(i).getIndex() + " " + events.get(i).getKind()
          + (same ? " as signed" : " with other bytes"));
    }
    // 库存: what we have now of the lot, page by page.
    var desk = reader(DeskServiceGrpc.newBlockingV2Stub(channel), token);
    var request = ListHoldingsRequest.newBuilder().setLot(made.getLot());
    do {
      var answer = soon(desk).listHoldings(request.build());
      answer.getHoldingsList().forEach(h -> OUT.println("holding " + h.getItem() + " " + h.getCondition()));
      request.setPageToken(answer.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
  }

  private static void bill(Config config) throws Exception {
    ManagedChannel channel = Sending.connect(config.server(), config.ca());
    try {
      bill(config, channel);
    } catch (StatusException error) {
      Sending.showRefusal(error, OUT);
      System.exit(1);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`. */
  private static void enrol(Config config) throws Exception {
    Path path = Path.of(config.key());
    Key key = Files.exists(path) ? Key.open(path) : Key.create(path);
    String possession = hex(key.possession(bytes(config.ledger()), config.party()));
    OUT.println(new Gson().toJson(Map.of("enrolKey", Map.of(
        "algorithm", "ed25519", "party", config.party(), "publicKey", hex(key.publicKey),
        "possession", possession, "uses", List.of("sign", "read")))));
    System.err.println("key id " + hex(key.id));
  }

  public static void main(String[] args) throws Exception {
    String text = Files.readString(Path.of(args[1]));
    switch (args[0]) {
      case "enrol" -> enrol(new Gson().fromJson(text, Config.class));
      case "bill" -> bill(new Gson().fromJson(text, Config.class));
      case "vectors" -> Vectors.print(text, OUT);
      default -> throw new IllegalArgumentException("enrol, bill or vectors, not " + args[0]);
    }
  }
}
