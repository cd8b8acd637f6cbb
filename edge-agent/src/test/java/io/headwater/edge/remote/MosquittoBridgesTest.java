package io.headwater.edge.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class MosquittoBridgesTest {
  @Test
  void aBridgeBecomesARemote() {
    String yaml =
        MosquittoBridges.translate(
            "bridge.conf",
            """
            # a comment
            listener 1883

            connection plant
            address broker.plant:8883 10.0.0.2
            bridge_cafile /etc/ca.crt
            bridge_certfile /etc/site.crt
            bridge_keyfile /etc/site.key
            remote_clientid site-7
            cleansession false
            keepalive_interval 20
            topic sensors/# out 1 "" plant/7/
            topic commands/# in 2
            topic all
            topic "" both 0 state/here state/there
            """);

    assertThat(yaml)
        .isEqualTo(
            """
            # Made from bridge.conf. What has no counterpart is a comment.
            # line 2: listener 1883: not an option of a bridge
            remotes:
              - name: "plant"
                addresses: ["broker.plant:8883", "10.0.0.2:1883"]
                tls: {ca: "/etc/ca.crt", cert: "/etc/site.crt", key: "/etc/site.key"}
                client-id: "site-7"
                clean-session: false
                keep-alive: 20s
                topics:
                  - {pattern: "sensors/#", direction: out, qos: 1, local-prefix: "", remote-prefix: "plant/7/"}
                  - {pattern: "commands/#", direction: in, qos: 2, local-prefix: "", remote-prefix: ""}
                  - {pattern: "all", direction: out, qos: 0, local-prefix: "", remote-prefix: ""}
                  - {pattern: "", direction: both, qos: 0, local-prefix: "state/here", remote-prefix: "state/there"}
            """);
  }

  @Test
  void passwordsAreNeitherPrintedNorDropped() {
    String yaml =
        MosquittoBridges.translate(
            "x",
            """
            connection a
            address h
            remote_username joe
            remote_password s3cret
            local_password l0cal
            bridge_psk c0ffee
            topic t
            """);

    assertThat(yaml)
        .contains(
            "    # line 4: remote_password: write it into /etc/headwater/a.password, mode 600")
        .contains("    user: \"joe\"\n    password-file: \"/etc/headwater/a.password\"\n")
        .contains("# line 5: local_password: ", "# line 6: bridge_psk: ")
        .doesNotContain("s3cret", "l0cal", "c0ffee");
  }

  /** Every option that Mosquitto's manual knows, and some that it does not. */
  @Test
  void noOptionIsDroppedSilently() {
    List<String> options =
        List.of(
            "bridge_alpn mqtt",
            "bridge_attempt_unsubscribe false",
            "bridge_bind_address 10.0.0.1",
            "bridge_capath /etc/ssl/certs",
            "bridge_identity me",
            "bridge_insecure true",
            "bridge_max_packet_size 1000",
            "bridge_max_topic_alias 5",
            "bridge_outgoing_retain false",
            "bridge_protocol_version mqttv311",
            "bridge_receive_maximum 10",
            "bridge_reload_type lazy",
            "bridge_require_ocsp true",
            "bridge_session_expiry_interval 100",
            "bridge_tcp_keepalive 1 2 3",
            "bridge_tcp_user_timeout 5",
            "bridge_tls_version tlsv1.2",
            "idle_timeout 60",
            "local_cleansession true",
            "local_clientid x",
            "local_username x",
            "notification_topic n",
            "notifications false",
            "notifications_local_only true",
            "restart_timeout 10 30",
            "round_robin true",
            "start_type lazy",
            "threshold 10",
            "try_private false",
            "bridge_certfile /only/this",
            "keepalive_interval never",
            "topic a b c d e f",
            "topic a/#/b in 1",
            "topic x sideways 1",
            "topic \"\" in 1 here",
            "address :1883",
            "max_inflight_messages 5",
            "no_such_option 1");
    String yaml =
        MosquittoBridges.translate(
            "x", "connection a\naddress h\ntopic t\n" + String.join("\n", options) + "\n");

    for (int i = 0; i < options.size(); i++) {
      assertThat(yaml).contains("# line " + (i + 4) + ": " + options.get(i) + ": ");
    }
    assertThat(yaml).contains("# line 41: no_such_option 1: not known as an option of a bridge");
  }

  @Test
  void optionsSaidTwiceAndUselessBridgesAreTold() {
    String yaml =
        MosquittoBridges.translate(
            "x",
            """
            connection my bridge
            address h
            remote_clientid one
            clientid two
            topic t
            connection empty
            address h
            remote_clientid three
            bridge_insecure true
            connection nowhere
            topic t in 1
            """);

    assertThat(yaml)
        .contains(
            "# line 1: connection my bridge: its name here is my-bridge",
            "# line 3: remote_clientid one: line 4 says it again",
            "client-id: \"two\"",
            "# line 6: connection empty: left out, as it has no valid topic",
            "# line 7: address h: left out with its connection",
            "# line 8: remote_clientid three: left out with its connection",
            "# line 9: bridge_insecure true: ",
            "# line 10: connection nowhere: left out, as it has no valid address",
            "# line 11: topic t in 1: left out with its connection");
  }

  @Test
  void aFileWithoutBridgesGivesNone() {
    assertThat(MosquittoBridges.translate("x", "listener 1883\n"))
        .isEqualTo(
            """
            # Made from x. What has no counterpart is a comment.
            # line 1: listener 1883: not an option of a bridge
            remotes: []
            """);
  }
}
