package io.headwater.analytics.decode;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;

/** Values that are decimal numbers become numbers, empty ones are left out, others are text. */
final class CsvDecoder implements PayloadFormat.Decoder {
  private final List<String> columns;
  private final ObjectReader lines;

  CsvDecoder(PayloadFormat.Csv format) {
    this.columns = format.columns();
    this.lines =
        CsvMapper.builder()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .build()
            .readerFor(String[].class)
            .with(CsvSchema.emptySchema().withColumnSeparator(format.separator()));
  }

  @Override
  public JsonNode decode(byte[] payload) throws Undecodable {
    String[] values;
    try (MappingIterator<String[]> iterator = lines.readValues(payload)) {
      if (!iterator.hasNextValue()) {
        throw notCsv("there is no line");
      }
      values = iterator.nextValue();
      if (iterator.hasNextValue()) {
        throw notCsv("there is more than one line");
      }
    } catch (JacksonException e) {
      throw notCsv(e.getOriginalMessage());
    } catch (IOException e) {
      throw notCsv(String.valueOf(e.getMessage()));
    }
    if (values.length > columns.size()) {
      throw notCsv(values.length + " values for " + columns.size() + " columns");
    }
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < values.length; i++) {
      OptionalDouble number = NumberDecoder.parse(values[i]);
      if (number.isPresent()) {
        line.put(columns.get(i), number.getAsDouble());
      } else if (!values[i].isEmpty()) {
        line.put(columns.get(i), values[i]);
      }
    }
    return line;
  }

  private static Undecodable notCsv(String cause) {
    return new Undecodable(Undecodable.Reason.NOT_CSV, "the payload is not a CSV line: " + cause);
  }
}
