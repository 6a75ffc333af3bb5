package com.example.yuanliu;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.StatusException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import yuanliu.v1.TraceServiceGrpc;
import yuanliu.v1.TraceServiceOuterClass.GetItemRequest;
import yuanliu.v1.TraceServiceOuterClass.Item;

/** 库存, where the protos have no DeskService: the state of each item kept. */
final class Holdings {
  private Holdings() {}

  static void print(Channel channel, ClientInterceptor authorization, List<String> kept, PrintStream out)
      throws StatusException {
    var trace = TraceServiceGrpc.newBlockingV2Stub(channel).withInterceptors(authorization);
    for (String name : kept) {
      GetItemRequest request = GetItemRequest.newBuilder().setItem(name).build();
      Item item = trace.withDeadlineAfter(30, TimeUnit.SECONDS).getItem(request).getItem();
      String status = item.getStatus().name().replace("ITEM_STATUS_", "").toLowerCase(Locale.ROOT);
      out.println("holding " + item.getItem() + " " + status);
    }
  }
}
