package com.example.yuanliu;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * 签名、核对收据、读取令牌：按 docs/FORMAT.md 实现，不依赖本项目代码。
 *
 * <p>Keys, signatures, receipts and read tokens as docs/FORMAT.md describes them (sections 3 and 4). Copy
 * this file into your own program; it needs nothing but the JDK and a JSON writer.
 */
final class Signing {
  static final String STATEMENT = "application/vnd.yuanliu.statement.v1+protobuf";
  static final String POSSESSION = "application/vnd.yuanliu.possession.v1";
  static final SecureRandom RANDOM = new SecureRandom();
  /** What stands before the 32 bytes of a seed in PKCS#8 (RFC 8410). */
  private static final byte[] PKCS8 = bytes("302e020100300506032b657004220420");
  private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();

  private Signing() {}

  static byte[] concat(byte[]... parts) {
    ByteBuffer all = ByteBuffer.allocate(Arrays.stream(parts).mapToInt(p -> p.length).sum());
    for (byte[] part : parts) all.put(part);
    return all.array();
  }

  static byte[] sha256(byte[]... parts) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(concat(parts));
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** An Ed25519 key: what a party signs with. 签名密钥 */
  static final class Key {
    private final KeyPair pair;
    final byte[] publicKey;
    final byte[] id;

    Key(byte[] seed) throws GeneralSecurityException {
      // The JDK makes the public half only while it generates: so it is handed the seed as its random bytes.
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      generator.initialize(NamedParameterSpec.ED25519, new SecureRandom() {
        @Override
        public void nextBytes(byte[] bytes) {
          System.arraycopy(seed, 0, bytes, 0, bytes.length);
        }
      });
      pair = generator.generateKeyPair();
      byte[] encoded = pair.getPublic().getEncoded();
      publicKey = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
      id = sha256(utf8("yuanliu/key/v1\0\1"), publicKey); // section 3.1
    }

    /** From a PKCS#8 PEM file: one of ours, of `yuanliu keygen --no-passphrase` or of openssl. */
    static Key open(Path path) throws IOException, GeneralSecurityException {
      String text = Files.readString(path).replaceAll("-----[A-Z ]+-----|\\s", "");
      byte[] der = Base64.getDecoder().decode(text);
      if (der.length != 48 || !Arrays.equals(der, 0, 16, PKCS8, 0, 16)) {
        throw new GeneralSecurityException(path + " holds no plain Ed25519 key");
      }
      return new Key(Arrays.copyOfRange(der, 16, 48));
    }

    /** A new key in a new file that only its owner may read. */
    static Key create(Path path) throws IOException, GeneralSecurityException {
      byte[] seed = random(32);
      String body = Base64.getEncoder().encodeToString(concat(PKCS8, seed));
      var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
      try (var file = Files.newByteChannel(
          path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), owner)) {
        file.write(ByteBuffer.wrap(
            utf8("-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n")));
      }
      return new Key(seed);
    }

    private byte[] raw(byte[] message) throws GeneralSecurityException {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(pair.getPrivate());
      signature.update(message);
      return signature.sign();
    }

    /** DSSE, section 3.2: lengths are bytes, in decimal. */
    byte[] sign(byte[] payload, String type) throws GeneralSecurityException {
      String head = "DSSEv1 " + type.length() + " " + type + " " + payload.length + " ";
      return raw(concat(utf8(head), payload));
    }

    byte[] sign(byte[] payload) throws GeneralSecurityException {
      return sign(payload, STATEMENT);
    }

    /** Shows a registrar that we hold the key, section 3.3. */
    byte[] possession(byte[] ledger, String party) throws GeneralSecurityException {
      return sign(concat(ledger, id, utf8(party)), POSSESSION);
    }

    /** A read token: a JWT that lives for four minutes, section 3.4. */
    String token(String party, byte[] ledger, String purpose, long iat, String jti)
        throws GeneralSecurityException {
      Map<String, Object> header = new LinkedHashMap<>();
      header.put("alg", "EdDSA");
      header.put("typ", "yuanliu-read+jwt");
      header.put("kid", hex(id));
      Map<String, Object> claims = new LinkedHashMap<>();
      claims.put("iss", party);
      claims.put("aud", hex(ledger));
      claims.put("iat", iat);
      claims.put("exp", iat + 240);
      claims.put("jti", jti);
      claims.put("purpose", purpose);
      Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
      String text = base64.encodeToString(utf8(JSON.toJson(header))) + "."
          + base64.encodeToString(utf8(JSON.toJson(claims)));
      return text + "." + base64.encodeToString(raw(utf8(text)));
    }
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  /** A UUIDv7: 48 bits of milliseconds, version 7, variant 10, the rest random. */
  static byte[] newId(long milliseconds) {
    byte[] id = concat(ByteBuffer.allocate(8).putLong(milliseconds << 16).array(), random(8));
    byte[] more = random(2);
    id[6] = (byte) (0x70 | more[0] & 0x0f);
    id[7] = more[1];
    id[8] = (byte) (0x80 | id[8] & 0x3f);
    return id;
  }

  /** Throws unless a receipt is about these bytes and fits together, section 4.6. */
  static void checkReceipt(
      long recordedAt, byte[] leaf, byte[] chainBefore, byte[] chain, byte[] payload, byte[] keyId, byte[] signature)
      throws GeneralSecurityException {
    byte[] length = ByteBuffer.allocate(2).putShort((short) signature.length).array();
    byte[] envelope = concat(new byte[] {1, 1}, length, keyId, sha256(payload), signature);
    ByteBuffer fields = ByteBuffer.wrap(leaf);
    if (leaf.length != 80 || fields.getInt(0) != 0x01010000 || fields.getInt(12) != 0) {
      throw new GeneralSecurityException("the leaf is not that of a statement");
    }
    if (fields.getLong(4) != recordedAt) {
      throw new GeneralSecurityException("the receipt names another time than its leaf");
    }
    if (!Arrays.equals(leaf, 16, 48, sha256(new byte[] {0x13}, envelope), 0, 32)) {
      throw new GeneralSecurityException("the leaf commits to something else than what we signed");
    }
    byte[] leafHash = sha256(new byte[] {0}, leaf);
    if (!Arrays.equals(chain, sha256(new byte[] {0x10}, chainBefore, leafHash))) {
      throw new GeneralSecurityException("the chain does not follow from the leaf");
    }
  }
}
