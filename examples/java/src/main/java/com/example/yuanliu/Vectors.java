package com.example.yuanliu;

import com.example.yuanliu.Signing.Key;
import com.google.gson.Gson;
import java.io.PrintStream;
import java.security.GeneralSecurityException;
import java.util.List;
import yuanliu.v1.Statement;

/** What this code signs, to compare with examples/vectors/signatures.json. */
final class Vectors {
  private Vectors() {}

  record Vector(
      String name, String seed, String payload, String party, String ledger, long iat, String jti, String purpose,
      long recorded_at, String leaf, String chain_before, String chain) {
    Key key() throws GeneralSecurityException {
      return new Key(Signing.bytes(seed));
    }
  }

  record Published(
      List<Vector> statements, List<Vector> possessions, List<Vector> tokens, List<Vector> receipts,
      Config bill) {}

  /** One line a vector: name, key id, signature; of a receipt: whether it holds. */
  static void print(String text, PrintStream out) throws Exception {
    Published file = new Gson().fromJson(text, Published.class);
    for (Vector v : file.statements) {
      line(out, v.name, v.key(), Signing.hex(v.key().sign(Signing.bytes(v.payload))));
    }
    for (Vector v : file.possessions) {
      line(out, v.name, v.key(), Signing.hex(v.key().possession(Signing.bytes(v.ledger), v.party)));
    }
    for (Vector v : file.tokens) {
      line(out, v.name, v.key(), v.key().token(v.party, Signing.bytes(v.ledger), v.purpose, v.iat, v.jti));
    }
    Key key = new Key(Signing.bytes(file.bill.seed()));
    Statement commission = Client.commission(file.bill);
    Statement ship = Client.ship(file.bill, commission.getCommission().getItemsList().subList(0, 500));
    line(out, "bill.commission", key, Signing.hex(Sending.sign(key, commission).getSignature().toByteArray()));
    line(out, "bill.ship", key, Signing.hex(Sending.sign(key, ship).getSignature().toByteArray()));
    for (Vector v : file.receipts) out.println(v.name + " " + holds(v));
  }

  private static boolean holds(Vector v) throws GeneralSecurityException {
    byte[] payload = Signing.bytes(v.payload);
    byte[] signature = v.key().sign(payload);
    try {
      Signing.checkReceipt(
          v.recorded_at, Signing.bytes(v.leaf), Signing.bytes(v.chain_before), Signing.bytes(v.chain), payload,
          v.key().id, signature);
      return true;
    } catch (GeneralSecurityException unsound) {
      return false;
    }
  }

  private static void line(PrintStream out, String name, Key key, String signature) {
    out.println(name + " " + Signing.hex(key.id) + " " + signature);
  }
}
