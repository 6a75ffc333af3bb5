package com.example.yuanliu;

/** One JSON file; examples/README.md lists its fields. */
record Config(
    String server, String ca, String ledger, String party, String buyer, String key, String seed, String bill,
    long occurred_at, Fixed commission, Fixed ship) {

  /** Id and salt of a statement, where they are not to be random. */
  record Fixed(String id, String salt) {}

  /** The same under another number, with nothing fixed. */
  Config renumbered(String number) {
    return new Config(server, ca, ledger, party, buyer, key, seed, number, occurred_at, null, null);
  }
}
