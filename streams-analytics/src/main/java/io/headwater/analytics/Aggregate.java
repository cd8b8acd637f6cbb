package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Locale;

/** What a query can tell of a window, in the order in which results list it. */
enum Aggregate {
  COUNT {
    @Override
    void write(Accumulator window, JsonGenerator json) throws IOException {
      json.writeNumberField(label(), window.count());
    }
  },
  MIN {
    @Override
    void write(Accumulator window, JsonGenerator json) throws IOException {
      json.writeNumberField(label(), window.min());
    }
  },
  MAX {
    @Override
    void write(Accumulator window, JsonGenerator json) throws IOException {
      json.writeNumberField(label(), window.max());
    }
  },
  MEAN {
    @Override
    void write(Accumulator window, JsonGenerator json) throws IOException {
      json.writeNumberField(label(), window.mean());
    }
  };

  /** Its name in query files and results: {@code count}. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Writes the field {@code label: value}. */
  abstract void write(Accumulator window, JsonGenerator json) throws IOException;
}
