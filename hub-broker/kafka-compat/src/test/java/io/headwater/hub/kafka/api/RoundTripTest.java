package io.headwater.hub.kafka.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Encodes and decodes each message of each announced API and version, with every field set. */
@Timeout(60)
class RoundTripTest {
  static Stream<ApiKeys> apis() {
    return ApiTable.pinned().keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("apis")
  void everyFieldOfEveryAnnouncedVersionComesBack(ApiKeys key) throws Exception {
    ApiTable.Versions versions = Objects.requireNonNull(ApiTable.pinned().get(key));
    int oldest = Math.max(versions.oldest(), key.messageType.lowestSupportedVersion());
    for (int version = oldest; version <= versions.latest(); version++) {
      assertComesBack(
          key.messageType.newRequest(),
          key.messageType.newRequest(),
          key.messageType.requestSchemas()[version],
          version);
      assertComesBack(
          key.messageType.newResponse(),
          key.messageType.newResponse(),
          key.messageType.responseSchemas()[version],
          version);
    }
  }

  private static void assertComesBack(ApiMessage sent, ApiMessage read, Schema schema, int version)
      throws ReflectiveOperationException {
    fill(sent, schema);
    var cache = new ObjectSerializationCache();
    var buffer = ByteBuffer.allocate(sent.size(cache, (short) version));
    sent.write(new ByteBufferAccessor(buffer), cache, (short) version);
    assertThat(buffer.remaining()).as("%s version %d: its size", sent, version).isZero();
    read.read(new ByteBufferAccessor(buffer.flip()), (short) version);

    assertThat(read).as("version %d", version).isEqualTo(sent);
    assertThat(buffer.remaining()).as("%s version %d: unread", sent, version).isZero();
  }

  /** Sets every field that the schema has. */
  private static void fill(Object message, Schema schema) throws ReflectiveOperationException {
    for (BoundField field : schema.fields()) {
      if (field.def.type instanceof TaggedFields tagged) {
        for (Field one : tagged.fields().values()) {
          set(message, one);
        }
      } else {
        set(message, field.def);
      }
    }
  }

  private static void set(Object message, Field field) throws ReflectiveOperationException {
    String name = "set" + camelCase(field.name);
    Method setter =
        Arrays.stream(message.getClass().getMethods())
            .filter(method -> method.getName().equals(name) && method.getParameterCount() == 1)
            .findFirst()
            .orElseThrow(() -> new NoSuchMethodException(message.getClass() + "." + name));
    setter.invoke(message, value(setter, field.type));
  }

  private static String camelCase(String name) {
    var result = new StringBuilder();
    for (String word : name.split("_", -1)) {
      if (!word.isEmpty()) {
        result.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
      }
    }
    return result.toString();
  }

  private static Object value(Method setter, Type type) throws ReflectiveOperationException {
    Class<?> wanted = setter.getParameterTypes()[0];
    if (Collection.class.isAssignableFrom(wanted)) {
      return collection(setter, wanted, type.arrayElementType().orElseThrow());
    }
    return single(wanted, type);
  }

  private static Object collection(Method setter, Class<?> wanted, Type type)
      throws ReflectiveOperationException {
    if (wanted == List.class) {
      var parameter = (ParameterizedType) setter.getGenericParameterTypes()[0];
      var element = (Class<?>) parameter.getActualTypeArguments()[0];
      return new ArrayList<>(List.of(single(element, type)));
    }
    // A collection of its own, which finds its elements by key.
    var element =
        (Class<?>) ((ParameterizedType) wanted.getGenericSuperclass()).getActualTypeArguments()[0];
    Object collection = wanted.getConstructor().newInstance();
    Collection.class.getMethod("add", Object.class).invoke(collection, single(element, type));
    return collection;
  }

  /** A value that is no field's default. */
  private static Object single(Class<?> wanted, Type type) throws ReflectiveOperationException {
    if (wanted == boolean.class) {
      return true;
    } else if (wanted == byte.class || wanted == Byte.class) {
      return (byte) 3;
    } else if (wanted == short.class || wanted == Short.class) {
      return (short) 3;
    } else if (wanted == int.class || wanted == Integer.class) {
      return 3;
    } else if (wanted == long.class || wanted == Long.class) {
      return 3L;
    } else if (wanted == double.class) {
      return 3.5;
    } else if (wanted == String.class) {
      return "text";
    } else if (wanted == Uuid.class) {
      return new Uuid(3, 4);
    } else if (wanted == byte[].class) {
      return "bytes".getBytes(StandardCharsets.UTF_8);
    } else if (wanted == ByteBuffer.class) {
      return ByteBuffer.wrap("buffer".getBytes(StandardCharsets.UTF_8));
    } else if (wanted == BaseRecords.class) {
      return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1L, new byte[] {1}));
    }
    Object struct = wanted.getConstructor().newInstance();
    fill(struct, (Schema) type);
    return struct;
  }
}
