package io.headwater.edge.sparkplug;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric.ValueCase;

/** Types of metrics (Sparkplug 3.0, section 6.4.16), and in which fields their values stand. */
enum DataType {
  INT8(1, "Int8", ValueCase.INT_VALUE),
  INT16(2, "Int16", ValueCase.INT_VALUE),
  INT32(3, "Int32", ValueCase.INT_VALUE),
  INT64(4, "Int64", ValueCase.LONG_VALUE),
  UINT8(5, "UInt8", ValueCase.INT_VALUE),
  UINT16(6, "UInt16", ValueCase.INT_VALUE),
  /** Implementations differ in the field. */
  UINT32(7, "UInt32", ValueCase.INT_VALUE, ValueCase.LONG_VALUE),
  UINT64(8, "UInt64", ValueCase.LONG_VALUE),
  FLOAT(9, "Float", ValueCase.FLOAT_VALUE),
  DOUBLE(10, "Double", ValueCase.DOUBLE_VALUE),
  BOOLEAN(11, "Boolean", ValueCase.BOOLEAN_VALUE),
  STRING(12, "String", ValueCase.STRING_VALUE),
  DATE_TIME(13, "DateTime", ValueCase.LONG_VALUE),
  TEXT(14, "Text", ValueCase.STRING_VALUE),
  UUID(15, "UUID", ValueCase.STRING_VALUE),
  DATA_SET(16, "DataSet", ValueCase.DATASET_VALUE),
  BYTES(17, "Bytes", ValueCase.BYTES_VALUE),
  FILE(18, "File", ValueCase.BYTES_VALUE),
  TEMPLATE(19, "Template", ValueCase.TEMPLATE_VALUE),
  INT8_ARRAY(22, "Int8Array", ValueCase.BYTES_VALUE),
  INT16_ARRAY(23, "Int16Array", ValueCase.BYTES_VALUE),
  INT32_ARRAY(24, "Int32Array", ValueCase.BYTES_VALUE),
  INT64_ARRAY(25, "Int64Array", ValueCase.BYTES_VALUE),
  UINT8_ARRAY(26, "UInt8Array", ValueCase.BYTES_VALUE),
  UINT16_ARRAY(27, "UInt16Array", ValueCase.BYTES_VALUE),
  UINT32_ARRAY(28, "UInt32Array", ValueCase.BYTES_VALUE),
  UINT64_ARRAY(29, "UInt64Array", ValueCase.BYTES_VALUE),
  FLOAT_ARRAY(30, "FloatArray", ValueCase.BYTES_VALUE),
  DOUBLE_ARRAY(31, "DoubleArray", ValueCase.BYTES_VALUE),
  BOOLEAN_ARRAY(32, "BooleanArray", ValueCase.BYTES_VALUE),
  STRING_ARRAY(33, "StringArray", ValueCase.BYTES_VALUE),
  DATE_TIME_ARRAY(34, "DateTimeArray", ValueCase.BYTES_VALUE);

  private static final Map<Integer, DataType> BY_CODE =
      Arrays.stream(values()).collect(Collectors.toMap(type -> type.code, Function.identity()));

  private final int code;
  private final String text;
  private final ValueCase field;
  private final ValueCase otherField;

  DataType(int code, String text, ValueCase field) {
    this(code, text, field, field);
  }

  DataType(int code, String text, ValueCase field, ValueCase otherField) {
    this.code = code;
    this.text = text;
    this.field = field;
    this.otherField = otherField;
  }

  static Optional<DataType> of(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  int code() {
    return code;
  }

  /** As the specification writes it. */
  String text() {
    return text;
  }

  /** Whether a value of this type may stand in a field. */
  boolean stands(ValueCase in) {
    return in == field || in == otherField;
  }
}
