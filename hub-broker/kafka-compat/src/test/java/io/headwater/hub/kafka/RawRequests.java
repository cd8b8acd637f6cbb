package io.headwater.hub.kafka;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;

/** Requests without a client, in the version that a test wants. */
final class RawRequests {
  private int correlation;

  /** Sends one request and reads the answer. */
  AbstractResponse send(Socket socket, ApiKeys key, int version, ApiMessage body)
      throws IOException {
    var header = new RequestHeader(key, (short) version, "test", ++correlation);
    ByteBuffer request =
        RequestUtils.serialize(header.data(), header.headerVersion(), body, (short) version);
    var frame = ByteBuffer.allocate(Integer.BYTES + request.remaining());
    frame.putInt(request.remaining()).put(request);
    socket.getOutputStream().write(frame.array());
    var in = new DataInputStream(socket.getInputStream());
    byte[] response = new byte[in.readInt()];
    in.readFully(response);
    return AbstractResponse.parseResponse(ByteBuffer.wrap(response), header);
  }
}
