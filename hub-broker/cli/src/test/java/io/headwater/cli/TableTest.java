package io.headwater.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class TableTest {
  private final Table table =
      new Table("topic", "end", "member")
          .row("readings", 7, null)
          .row("t", 12_345L, "sensor \"one\"");

  private String printed(boolean json) {
    var text = new StringWriter();
    table.print(json, new PrintWriter(text));
    return text.toString();
  }

  @Test
  void alignsNumbersRightAndTextLeft() {
    assertThat(printed(false).lines())
        .containsExactly(
            "TOPIC       END  MEMBER", //
            "readings      7  -",
            "t         12345  sensor \"one\"");
  }

  @Test
  void keepsNumbersAndAbsenceInJson() {
    assertThat(printed(true).strip())
        .isEqualTo(
            """
            [{"topic":"readings","end":7,"member":null},\
            {"topic":"t","end":12345,"member":"sensor \\"one\\""}]\
            """);
  }

  @Test
  void refusesARowOfAnotherWidth() {
    assertThatThrownBy(() -> table.row("x")).isInstanceOf(IllegalArgumentException.class);
  }
}
