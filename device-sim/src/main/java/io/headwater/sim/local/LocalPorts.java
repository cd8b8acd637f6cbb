package io.headwater.sim.local;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the processes listen, all on loopback.
 *
 * @param mqtt the edge agent, for sensors
 * @param uplink the bridge's broker, for gateways
 * @param kafka the hub
 * @param zookeeper inside the hub
 */
public record LocalPorts(
    int mqtt,
    int uplink,
    int kafka,
    int zookeeper,
    int hubHttp,
    int edgeHttp,
    int bridgeHttp,
    int analyticsHttp) {
  public static final LocalPorts DEFAULTS =
      new LocalPorts(1883, 1884, 9092, 2181, 8080, 8081, 8082, 8083);

  /** Eight ports that are free at this moment, for tests. */
  public static LocalPorts free() {
    var open = new ArrayList<ServerSocket>();
    try {
      int[] ports = new int[8];
      for (int i = 0; i < ports.length; i++) {
        var socket = new ServerSocket();
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        open.add(socket);
        ports[i] = socket.getLocalPort();
      }
      return new LocalPorts(
          ports[0], ports[1], ports[2], ports[3], ports[4], ports[5], ports[6], ports[7]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      open.forEach(LocalPorts::close);
    }
  }

  /**
   * Looks whether all are free.
   *
   * @param wayOut added to each line
   * @throws UserError that names each taken port with its holder, a line for each
   */
  public void requireFree(String wayOut) {
    var taken = new ArrayList<String>();
    named()
        .forEach((what, port) -> {
          HostPort address = new HostPort("127.0.0.1", port);
          try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true); // as Netty does: what lingers is no hindrance
            socket.bind(address.socketAddress());
          } catch (IOException e) {
            taken.add(Ports.inUse(what, address, e).getMessage() + wayOut);
          }
        });
    if (!taken.isEmpty()) {
      throw UserError.failure(String.join(System.lineSeparator(), taken));
    }
  }

  HostPort address(int port) {
    return new HostPort("127.0.0.1", port);
  }

  /** The part's process listens for metrics here. */
  public HostPort http(Part part) {
    return address(
        switch (part) {
          case HUB -> hubHttp;
          case BRIDGE -> bridgeHttp;
          case EDGE -> edgeHttp;
          case ANALYTICS -> analyticsHttp;
          case MOSQUITTO -> throw new AssertionError(part);
        });
  }

  public HostPort mqttAddress() {
    return address(mqtt);
  }

  public HostPort kafkaAddress() {
    return address(kafka);
  }

  public HostPort uplinkAddress() {
    return address(uplink);
  }

  List<String> arguments(Part part, LocalLinks links) {
    String hub = "--hub=" + links.hub().orElse(kafkaAddress());
    var arguments = new ArrayList<String>();
    switch (part) {
      case HUB -> {
        arguments.addAll(List.of("--port=" + kafka, "--set", "zookeeper=" + address(zookeeper)));
        links.hub().ifPresent(proxy -> arguments.addAll(List.of("--set", "advertised=" + proxy)));
      }
      case BRIDGE -> arguments.addAll(List.of("--port=" + uplink, hub));
      case EDGE ->
          arguments.addAll(
              List.of("--port=" + mqtt, "--bridge=" + links.uplink().orElse(uplinkAddress())));
      case ANALYTICS -> arguments.add(hub);
      case MOSQUITTO -> throw new AssertionError(part);
    }
    arguments.addAll(List.of("--set", "http=" + http(part)));
    return arguments;
  }

  private Map<String, Integer> named() {
    var ports = new LinkedHashMap<String, Integer>();
    ports.put("MQTT", mqtt);
    ports.put("uplink MQTT", uplink);
    ports.put("Kafka", kafka);
    ports.put("ZooKeeper", zookeeper);
    ports.put("hub HTTP", hubHttp);
    ports.put("edge HTTP", edgeHttp);
    ports.put("bridge HTTP", bridgeHttp);
    ports.put("analytics HTTP", analyticsHttp);
    return ports;
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It was only to find a number.
    }
  }
}
