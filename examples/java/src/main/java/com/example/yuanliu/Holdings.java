package com.example.yuanliu;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.StatusException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import yuanliu.v1.DeskServiceGrpc;
import yuanliu.v1.Holding;
import yuanliu.v1.ListHoldingsRequest;

/** 库存: what we have now of the lot. */
final class Holdings {
  private Holdings() {}

  static void print(Channel channel, ClientInterceptor authorization, List<String> kept, PrintStream out)
      throws StatusException {
    var desk = DeskServiceGrpc.newBlockingV2Stub(channel).withInterceptors(authorization);
    String unit = kept.get(0);
    String lot = unit.substring(0, unit.lastIndexOf('-')).replace("sgtin:", "lot:gtin:");
    String page = "";
    do {
      var request = ListHoldingsRequest.newBuilder().setLot(lot).setPageToken(page).build();
      var answer = desk.withDeadlineAfter(30, TimeUnit.SECONDS).listHoldings(request);
      for (Holding holding : answer.getHoldingsList()) {
        out.println("holding " + holding.getItem() + " " + holding.getCondition());
      }
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
  }
}
