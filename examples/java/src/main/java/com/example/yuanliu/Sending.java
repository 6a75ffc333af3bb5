package com.example.yuanliu;

import com.example.yuanliu.Signing.Key;
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
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import yuanliu.v1.Algorithm;
import yuanliu.v1.LedgerServiceGrpc.LedgerServiceBlockingV2Stub;
import yuanliu.v1.Receipt;
import yuanliu.v1.SignedStatement;
import yuanliu.v1.Statement;
import yuanliu.v1.StatementResult;
import yuanliu.v1.SubmitStatementRequest;
import yuanliu.v1.SubmitStatementsRequest;

/**
 * 提交、重试与拒收说明。Submits statements, tries again where that helps, and says why one was refused.
 *
 * <p>Copy this file into your own program, with Signing.java.
 */
final class Sending {
  private static final Set<Status.Code> AGAIN =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED, Status.Code.DEADLINE_EXCEEDED);

  private Sending() {}

  /** A channel that trusts one certificate; answers have up to 8 MiB. */
  static ManagedChannel connect(String server, String ca) throws IOException {
    return NettyChannelBuilder.forTarget(server)
        .sslContext(GrpcSslContexts.forClient().trustManager(new File(ca)).build())
        .maxInboundMessageSize(8 << 20)
        .build();
  }

  /** A stub whose next call must be answered in time. */
  static <S extends AbstractStub<S>> S soon(S stub) {
    return stub.withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  /** A stub that shows a read token with every call. */
  static <S extends AbstractStub<S>> S reader(S stub, String token) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  /** Serialized once. Keep these bytes until you hold the receipt: they may be sent again, never made again. */
  static SignedStatement sign(Key key, Statement statement) throws GeneralSecurityException {
    byte[] payload = statement.toByteArray();
    return SignedStatement.newBuilder()
        .setPayload(ByteString.copyFrom(payload))
        .setKeyId(ByteString.copyFrom(key.id))
        .setSignature(ByteString.copyFrom(key.sign(payload)))
        .setAlgorithm(Algorithm.ALGORITHM_ED25519)
        .build();
  }

  /** Calls until it is answered: the same bytes may be sent again, a second copy gets the first receipt. */
  private static <T> T again(Callable<T> call) throws Exception {
    for (int attempt = 0; ; attempt++) {
      try {
        return call.call();
      } catch (StatusException error) {
        if (!AGAIN.contains(error.getStatus().getCode()) || attempt == 4) throw error;
        Thread.sleep(200L << attempt);
      }
    }
  }

  static Receipt submit(LedgerServiceBlockingV2Stub ledger, SignedStatement signed) throws Exception {
    SubmitStatementRequest request = SubmitStatementRequest.newBuilder().setStatement(signed).build();
    return checked(again(() -> soon(ledger).submitStatement(request)).getReceipt(), signed);
  }

  /** Many statements: a stream of batches, results in order. */
  static List<Receipt> submitBatch(LedgerServiceBlockingV2Stub ledger, List<SignedStatement> batch) throws Exception {
    SubmitStatementsRequest request = SubmitStatementsRequest.newBuilder().addAllStatements(batch).build();
    var answer = again(() -> {
      var stream = soon(ledger).submitStatements();
      stream.write(request);
      stream.halfClose();
      return stream.read();
    });
    List<Receipt> receipts = new ArrayList<>();
    for (StatementResult result : answer.getResultsList()) {
      if (result.hasRejection()) throw new IllegalStateException("refused: " + result.getRejection());
      receipts.add(checked(result.getReceipt(), batch.get(receipts.size())));
    }
    return receipts;
  }

  private static Receipt checked(Receipt receipt, SignedStatement signed) throws GeneralSecurityException {
    Signing.checkReceipt(
        receipt.getRecordedAt(), receipt.getLeaf().toByteArray(), receipt.getChainBefore().toByteArray(),
        receipt.getChain().toByteArray(), signed.getPayload().toByteArray(), signed.getKeyId().toByteArray(),
        signed.getSignature().toByteArray());
    return receipt;
  }

  /** An error says what and where: a stable reason, and the fields at fault. */
  static void showRefusal(StatusException error, PrintStream out) throws IOException {
    String reason = "";
    BadRequest fields = BadRequest.getDefaultInstance();
    for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
      if (detail.is(ErrorInfo.class)) reason = detail.unpack(ErrorInfo.class).getReason();
      if (detail.is(BadRequest.class)) fields = detail.unpack(BadRequest.class);
    }
    Status status = error.getStatus();
    out.println("refused " + status.getCode() + " " + reason + ": " + status.getDescription());
    for (BadRequest.FieldViolation fault : fields.getFieldViolationsList()) {
      out.println("  " + fault.getField() + ": " + fault.getDescription());
    }
  }
}
