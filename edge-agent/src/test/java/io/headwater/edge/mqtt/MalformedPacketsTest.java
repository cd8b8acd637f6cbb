package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the decoder lets pass and the server must not: each is answered by its code, and the server
 * serves on.
 */
class MalformedPacketsTest extends Conversation {
  private static final int FRESH = 16;

  /**
   * Something that is wrong.
   *
   * @param answer pattern of what comes before the end of the connection; empty for nothing
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Wrong(String what, int level, boolean connected, byte[] packet, String answer) {
    @Override
    public String toString() {
      return what + " (" + level + ")";
    }
  }

  private static Wrong connect5(String what, byte[] packet, String code) {
    return new Wrong(what, 5, false, packet, "20..00" + code + ".*");
  }

  private static Wrong connect4(String what, byte[] packet, String answer) {
    return new Wrong(what, 4, false, packet, answer);
  }

  private static Wrong live5(String what, int first, String hex, String code) {
    return new Wrong(what, 5, true, packet(first, hex), "e0.." + code + ".*");
  }

  private static Wrong live4(String what, int first, String hex) {
    return new Wrong(what, 4, true, packet(first, hex), "");
  }

  private static byte[] will5(int flags, String properties, String topic) {
    return connect5("m", CLEAN | WILL | flags, "", properties(properties) + text(topic) + "0000");
  }

  static Stream<Wrong> all() {
    var all = new ArrayList<Wrong>();
    all.add(live5("second CONNECT", 0x10, "00044d5154540502003c00" + text("m"), "82"));
    all.add(live4("second CONNECT", 0x10, "00044d5154540402003c" + text("m")));
    all.add(live5("CONNACK of a client", 0x20, "000000", "82"));
    all.add(live5("SUBACK of a client", 0x90, "00010000", "82"));
    all.add(live5("UNSUBACK of a client", 0xb0, "00010000", "82"));
    all.add(live5("PINGRESP of a client", 0xd0, "", "82"));
    all.add(live4("CONNACK of a client", 0x20, "0000"));
    all.add(live4("SUBACK of a client", 0x90, "000100"));
    all.add(live4("PINGRESP of a client", 0xd0, ""));
    all.add(connect5("will QoS 3", will5(0x18, "", "w"), "81"));
    all.add(connect4("will QoS 3", connect4("m", 0x1e, text("w") + "0000"), ""));
    for (int bits : new int[] {8, 16, 32, 56}) {
      all.add(connect5("will bits " + bits, connect5("m", CLEAN | bits, "", ""), "81"));
      all.add(connect4("will bits " + bits, connect4("m", CLEAN | bits, ""), ""));
    }
    all.add(connect4("password without user", connect4("m", CLEAN | 0x40, text("p")), ""));
    for (String topic : List.of("a/+", "#", "")) {
      all.add(connect5("will topic '" + topic + "'", will5(0, "", topic), "90"));
      all.add(
          connect4(
              "will topic '" + topic + "'", connect4("m", CLEAN | WILL, text(topic) + "0000"), ""));
    }
    all.add(connect5("long identifier", connect5("m".repeat(257), CLEAN, "", ""), "85"));
    all.add(connect4("long identifier", connect4("m".repeat(257), CLEAN, ""), "20020002"));
    all.add(connect4("no identifier", connect4("", 0, ""), "20020002"));
    all.add(live5("empty topic", 0x32, "0000" + "0001" + "00", "82"));
    all.add(live4("empty topic", 0x32, "0000" + "0001"));
    all.add(live5("DUP at QoS 0", 0x38, text("t") + "00", "81"));
    all.add(live4("DUP at QoS 0", 0x38, text("t")));
    all.add(live5("SUBSCRIBE of nothing", 0x82, "0001" + "00", "82"));
    all.add(live4("SUBSCRIBE of nothing", 0x82, "0001"));
    all.add(live5("UNSUBSCRIBE of nothing", 0xa2, "0001" + "00", "82"));
    all.add(live4("UNSUBSCRIBE of nothing", 0xa2, "0001"));
    all.add(live5("bit 6 of the options", 0x82, "0001" + "00" + text("t") + "40", "81"));
    all.add(live5("bit 7 of the options", 0x82, "0001" + "00" + text("t") + "80", "81"));
    for (String options : List.of("04", "08", "10", "20", "40", "80")) {
      all.add(live4("options " + options, 0x82, "0001" + text("t") + options));
    }
    all.add(connect5("twice", connect5("m", CLEAN, "210001" + "210001", ""), "82"));
    all.add(connect5("twice in the will", will5(0, "1800000001" + "1800000001", "w"), "82"));
    all.add(live5("twice", 0x30, text("t") + properties("230001" + "230001"), "82"));
    all.add(live5("twice", 0x82, "0001" + properties("0b01" + "0b02") + text("t") + "00", "82"));
    all.add(live5("twice", 0xe0, "00" + properties("1100000001" + "1100000001"), "82"));
    all.add(live5("twice", 0x40, "0001" + "00" + properties("1f000161" + "1f000161"), "82"));
    all.add(connect5("wrong packet", connect5("m", CLEAN, "230001", ""), "81"));
    all.add(connect5("wrong packet", will5(0, "230001", "w"), "81"));
    for (String property : List.of("210001", "0b01", "1100000001", "1f000161", "1800000001")) {
      all.add(live5("property " + property, 0x30, text("t") + properties(property), "81"));
    }
    all.add(live5("wrong packet", 0x82, "0001" + properties("230001") + text("t") + "00", "81"));
    all.add(live5("wrong packet", 0xa2, "0001" + properties("0b01") + text("t"), "81"));
    all.add(live5("wrong packet", 0xe0, "00" + properties("1300ff"), "81"));
    for (int first : new int[] {0x40, 0x50, 0x62, 0x70}) {
      all.add(live5("wrong packet", first, "0001" + "00" + properties("0b01"), "81"));
    }
    for (String value : List.of("210000", "2700000000", "1702", "1902", "160000")) {
      all.add(connect5("property " + value, connect5("m", CLEAN, value, ""), "82"));
    }
    all.add(connect5("payload format 2 of a will", will5(0, "0102", "w"), "82"));
    all.add(live5("payload format 2", 0x30, text("t") + properties("0102"), "82"));
    all.add(live5("identifier 0", 0x82, "0001" + properties("0b00") + text("t") + "00", "82"));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void answeredByItsCodeAndTheServerServesOn(Wrong wrong) throws IOException {
    try (RawClient client = wrong.connected() ? wrong.level() == 5 ? fresh() : old() : open()) {
      client.send(wrong.packet());
      if (!wrong.answer().isEmpty()) {
        assertThat(client.receive()).matches(wrong.answer());
      }
      assertClosed(client);
    }
    for (int i = 0; i < FRESH; i++) {
      (i % 2 == 0 ? fresh() : old()).close();
    }
  }

  @ParameterizedTest
  @MethodSource("filters")
  void filterThatIsNoneIsRefusedInItsSuback(String filter) throws IOException {
    try (RawClient client = fresh();
        RawClient old = old()) {
      client.send(Packets.subscribe(1, filter, 0, 0));
      assertThat(client.receive()).isEqualTo("90040001008f");
      assertSilent(client);
      old.send(packet(0x82, "0001" + text(filter) + "00"));
      assertThat(old.receive()).isEqualTo("9003000180");
      assertSilent(old);
    }
  }

  static List<String> filters() {
    return List.of("", "a/#/b", "a+", "#/a", "a/b#");
  }
}
